// RlsTree: all rule files of a folder, compiled for looking up. Immutable; any thread; replaced
// whole on a reload (rls_holder.h).
//
// A look-up walks the request's entries, one level each:
//   1. the sibling "key_value" exactly; 2. else the first sibling in file order whose pattern (a *
//   anywhere) fits "key_value"; 3. else the sibling "key".
// The limit of the level that the last entry reaches applies; a limit on the way there does not.
// As in ratelimit, what is compared is the joined text: the sibling {key: a_b} answers the entry
// {a, b}.
//
// Cost: one or two hash look-ups a level, whatever the number of siblings; patterns are found by
// the text before their first *: one hash look-up for each different length of it. No allocation
// once `scratch` has grown.
//
// Counts are kept under (unit, key text), and the key text is ratelimit's own cache key without
// its prefix and window: "domain_key_value_key_value_". So rules may move between files, and
// counts in a Redis can be shared with ratelimit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/limits/limit.h"
#include "modules/limits/rls_config.h"
#include "platform/json/value.h"

namespace ashlar::limits {

class RlsStats;
class RlsSeries;
class RuleUsage;

struct RlsEntry {
  std::string_view key;
  std::string_view value;
};

// A descriptor's rate_limit, compiled.
struct RlsRule {
  std::shared_ptr<const Limit> limit;  // null: unlimited
  std::string path;                    // "domain.key_value.key": its name in metrics and reports
  std::string name;                    // what others replace it by
  std::vector<std::string> replaces;
  std::uint32_t requests_per_unit = 0;
  RlsUnit unit = RlsUnit::kUnknown;
  bool unlimited = false;
  bool shadow_mode = false;
  bool quota_mode = false;
  bool detailed_metric = false;
  json::Value::Object metadata;
  bool named_by_requests = false;  // its series has a name that requests make (append_metric())
  // Otherwise its series, once it was hit: RlsService looks it up once.
  mutable std::atomic<RlsSeries*> series{nullptr};
  std::shared_ptr<RuleUsage> usage;  // by Options::usage_of. Null: noted nowhere
};

struct RlsMatch {
  const RlsRule* rule = nullptr;  // null: no limit applies
  // Entries whose value is counted and shown as the pattern that they fit (share_threshold).
  struct Pattern {
    std::size_t entry = 0;
    std::string_view value;
  };
  std::vector<Pattern> patterns;

  // What entry number `index` counts as.
  [[nodiscard]] std::string_view pattern_of(std::size_t index) const;  // empty: its own value
};

// A limit of so much per unit, counted under the unit: two such of one unit share a key's count.
// Of `spec` the algorithm and the period are set here. REQUIRES: a known unit.
base::Result<std::shared_ptr<const Limit>> make_rls_limit(LimitSpec spec, RlsUnit unit);

class RlsTree {
 public:
  struct Options {
    bool merge_domains = false;  // several files may speak of one domain
    bool all_shadow = false;     // nothing is refused (ratelimit's SHADOW_MODE)
    bool all_quota = false;      // every rule is quota_mode (ratelimit's QUOTA_MODE)
    OnFailure on_failure = OnFailure::kOpen;
    Keeping keeping = Keeping::kExact;
    // Where a rule that can refuse is noted (usage.h); called while the tree is made. Null:
    // nowhere.
    std::function<std::shared_ptr<RuleUsage>(const RlsRule&)> usage_of{};
  };
  static constexpr std::size_t kMaxRules = 1'000'000;

  // kInvalid, reason bad_rule_file: "NAME: line N: …": empty or repeated domain or key, units, and
  // what else ratelimit's loader refuses.
  static base::Result<std::shared_ptr<const RlsTree>> compile(std::span<const RlsFile> files,
                                                              const Options& options);
  ~RlsTree();
  RlsTree(const RlsTree&) = delete;
  RlsTree& operator=(const RlsTree&) = delete;

  [[nodiscard]] bool knows_domain(std::string_view domain) const;
  // Into `match`, whose memory is used again.
  void find(std::string_view domain, std::span<const RlsEntry> entries, RlsMatch& match,
            std::string& scratch) const;

  // Appends the text that the count is kept under.
  static void append_key(std::string_view domain, std::span<const RlsEntry> entries,
                         const RlsMatch& match, std::string& out);
  // Appends the rule's name in metrics: its path, or with detailed_metric and value_to_metric what
  // ratelimit makes of the request's values. Not bounded: who keeps such names bounds them.
  void append_metric(std::string_view domain, std::span<const RlsEntry> entries,
                     const RlsMatch& match, std::string& out, std::string& scratch) const;

  // In file order. Compared by path and content for the log line of a reload.
  [[nodiscard]] const std::vector<std::unique_ptr<const RlsRule>>& rules() const { return rules_; }
  [[nodiscard]] std::size_t domains() const;

 private:
  struct Node;
  struct Step;
  struct Domains;
  friend class RlsCompiler;
  RlsTree();

  [[nodiscard]] const Node* domain(std::string_view name) const;
  static Step step(const Node& node, const RlsEntry& entry, std::string& scratch);

  std::unique_ptr<Domains> domains_;
  std::vector<std::unique_ptr<const RlsRule>> rules_;
};

}  // namespace ashlar::limits
