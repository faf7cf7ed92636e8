// RuleBook: every tenant's native rules, versioned in storage and followed by every instance.
//
//   put ──commit──> this instance has them ──notice──> the others, at once
//                                          └─ poll, every kFollowEvery: whoever missed the notice
//
// Promises
//  1. Each change is a new version; who changed what when is kept of the last kKeptVersions. Only
//     what compiles is stored.
//  2. Whoever has the answer to a put, and checks on the same instance, is judged by the new rules;
//     on every other instance within a second while storage answers. No check is dropped or waits
//     meanwhile: the old rules hold until the new ones are compiled.
//  3. A version that cannot be read or compiled here leaves the one before it in place, and the log
//     says so; where there is none, rules_unavailable.
//  4. Sets are loaded when first asked for; at most max_tenants are kept, those asked last.
//
// The tenant that is not set is the installation itself: its rules come from files (set_own()) and
// are not in storage.
//
// Errors beside storage's: rule.h's and rule_json.h's; kPreconditionFailed etag_mismatch; kConflict
// rules_busy (others change them all the time); kNotFound version_not_found. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "kit/siphash.h"
#include "modules/limits/limits_store.h"
#include "modules/limits/rule.h"
#include "modules/limits/rule_source.h"
#include "platform/storage/context.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
}
namespace ashlar::runtime {
class Periodic;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::limits {

class UsageBook;

inline constexpr std::string_view kRulesChannel = "limits";  // payload: rules_notice()
// "TENANT:VERSION"; version 0: the tenant's rules are gone.
std::string rules_notice(base::TenantId tenant, std::int64_t version);

struct RuleDiff {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;

  [[nodiscard]] bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
  // "added a, b; changed c; removed d": names as far as there is room.
  [[nodiscard]] std::string summary() const;
};
RuleDiff diff_of(const std::vector<Rule>& before, const std::vector<Rule>& after);

class RuleBook final : public RuleSource {
 public:
  static constexpr base::Millis kFollowEvery{500};
  static constexpr std::int64_t kKeptVersions = 100;
  // How far back a poll looks: commits that took so long, and clocks that differ so much.
  static constexpr base::Seconds kOverlap{30};

  struct Options {
    std::size_t max_tenants = 4'096;
    kit::SipKey seed{};  // of indices
  };

  // All outlive it; it subscribes to `db`, so it outlives `db`'s threads.
  RuleBook(const Options& options, storage::Database& db, UsageBook& usage,
           const base::Clock& clock, obs::Log& log);
  ~RuleBook() override;
  RuleBook(const RuleBook&) = delete;
  RuleBook& operator=(const RuleBook&) = delete;

  base::Result<std::shared_ptr<const RuleSet>> rules_of(base::TenantId tenant) override;

  // Compiled as a set of its own that counts nothing, for dry runs.
  base::Result<std::shared_ptr<const RuleSet>> try_out(base::TenantId tenant,
                                                       std::vector<Rule> rules) const;

  struct Author {
    storage::Context context;  // of the tenant
    std::string name;
  };
  struct Written {
    store::Version version;  // the last one again, where the rules say what it says
    RuleDiff diff;
  };
  // A new version. `if_version`: the one that the caller has seen; 0 is none.
  base::Result<Written> put(const Author& author, const std::vector<Rule>& rules,
                            std::optional<std::int64_t> if_version);
  // A new version that says what an old one said.
  base::Result<Written> roll_back(const Author& author, std::int64_t version,
                                  std::optional<std::int64_t> if_version);

  // The last version; 0, empty, where there is none. From storage.
  base::Result<store::Version> current(const storage::Context& context);

  // The installation's own rules, from the texts of its rule files (name, text), all or none.
  struct File {
    std::string name;
    std::string text;
  };
  base::Result<RuleDiff> set_own(const std::vector<File>& files);

  void start();
  void stop();
  // One run of what start() does again and again; for tests.
  base::Status follow();

 private:
  using Rules = std::shared_ptr<const RuleSet>;
  struct Entry {
    std::int64_t version = 0;
    Rules rules;
    std::uint64_t asked = 0;  // the greatest was asked last
    bool stale = false;       // there is a later version; it is to be read
  };

  [[nodiscard]] base::Result<Rules> compile(base::TenantId tenant, std::vector<Rule> rules,
                                            UsageBook* usage) const;
  base::Result<Written> write(const Author& author, const std::vector<Rule>& rules,
                              const std::string& summary, std::optional<std::int64_t> if_version);
  base::Result<Rules> load(base::TenantId tenant);
  Rules install(base::TenantId tenant, std::int64_t version, Rules rules);
  void on_notice(bool resync, std::string_view payload);
  void mark(base::TenantId tenant, std::int64_t version);  // REQUIRES: mutex_ held
  void work();

  const Options options_;
  storage::Database& db_;
  UsageBook& usage_;
  const base::Clock& clock_;
  obs::Log& log_;

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<base::TenantId, Entry> entries_;
  std::uint64_t asks_ = 0;
  base::Time followed_at_;  // the last poll that worked began then
  Rules own_;

  std::mutex thread_mutex_;  // guards thread_: notices come from storage's threads
  std::unique_ptr<runtime::Periodic> thread_;
};

}  // namespace ashlar::limits
