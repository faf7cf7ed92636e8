// RlsService: what Envoy's rate limit service answers (envoy.service.ratelimit.v3), whatever wire
// it came by. The rules of envoyproxy/ratelimit, from its source; each deliberate difference is
// named here and in docs/limits-rls.md.
//
// Promises
//  1. A descriptor that no rule fits, and one whose rule another replaces: OK, no current_limit.
//  2. unlimited: OK, limit_remaining 2^32 - 1, not counted.
//  3. A limit in the request stands before the rules, if the domain is known: never in shadow.
//  4. hits_addend 0 of the request means 1; of a descriptor: looks, takes nothing.
//  5. OVER_LIMIT iff a limit is over that is neither shadow_mode nor quota_mode, or all quota_mode
//     limits are. A shadow_mode limit that is over says OK with limit_remaining 0.
//  6. duration_until_reset: whole seconds to the end of the unit's window since the Unix epoch.
//  7. Errors: empty domain, no descriptors, no rules loaded yet (gRPC UNKNOWN with ratelimit's
//     words).
// Differences
//  a. A refused request counts nowhere (Consume::kAllOrNone), unless Options::count_refused.
//  b. At most Batch::kMaxAsks limits a request, RlsRequest::kMaxEntries entries: kInvalid.
//  c. A request's limit whose unit is none: kInvalid (ratelimit's process ends there).
//  d. is_negative_hits gives hits back: OK.
//  e. Without the store, LimitSpec::on_failure answers; ratelimit fails the call.
//  f. A rule's metadata is kept also where metrics have another name than the rule.
//
// Any thread, as far as the LimitState lets it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"
#include "modules/limits/rls_call.h"
#include "modules/limits/rls_tree.h"

namespace ashlar::limits {

class LimitState;
class RlsStats;
class RuleUsage;

class RlsService {
 public:
  struct Options {
    bool count_refused = false;     // Consume::kEach: ratelimit's counting, to the letter
    bool all_shadow = false;        // overall_code is always OK (SHADOW_MODE)
    bool all_quota = false;         // QUOTA_MODE
    bool response_headers = false;  // LIMIT_RESPONSE_HEADERS_ENABLED
    bool dynamic_metadata = false;  // RESPONSE_DYNAMIC_METADATA
    std::string limit_header = "RateLimit-Limit";
    std::string remaining_header = "RateLimit-Remaining";
    std::string reset_header = "RateLimit-Reset";
    OnFailure on_failure = OnFailure::kOpen;  // of limits that come with requests
    Keeping keeping = Keeping::kExact;
    std::shared_ptr<RuleUsage> usage{};  // of those, together. Null: noted nowhere
  };
  static constexpr const char* kRequestRule = "request";  // what usage calls them

  // `stats` outlives it; null: none are kept.
  explicit RlsService(Options options, RlsStats* stats = nullptr);
  ~RlsService();
  RlsService(const RlsService&) = delete;
  RlsService& operator=(const RlsService&) = delete;

  // Rules from now on; decisions under way end by the old ones. Any thread.
  void use(std::shared_ptr<const RlsTree> tree);
  // Null: none yet.
  [[nodiscard]] std::shared_ptr<const RlsTree> tree() const;

  // Answers by call.on_answered(), once: within this call, or later where `state` decides later.
  void should_rate_limit(RlsCall& call, LimitState& state, base::Time now) const;

 private:
  friend class RlsCall;

  base::Status prepare(RlsCall& call) const;
  base::Status match(RlsCall& call, std::size_t index) const;
  static void drop_replaced(RlsCall& call);
  base::Status ask(RlsCall& call) const;
  void answer(RlsCall& call) const;  // from RlsCall::on_decided()
  RlsStatus status_of(const RlsCall& call, std::size_t index) const;
  void add_headers(RlsCall& call, const RlsStatus& least) const;
  void record(RlsCall& call, std::size_t index) const;
  void note(const RlsCall& call, std::size_t index) const;
  base::Result<std::shared_ptr<const Limit>> limit_for(std::string_view domain,
                                                       const RlsOverride& wanted) const;

  struct Overrides;

  const Options options_;
  RlsStats* const stats_;
  const std::unique_ptr<Overrides> overrides_;

  mutable std::mutex mutex_;  // guards what follows; held for a copy of the pointer
  std::shared_ptr<const RlsTree> tree_;
};

}  // namespace ashlar::limits
