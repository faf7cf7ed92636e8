// Limit: one compiled limit: how much of what, by which algorithm, and what happens when the count
// cannot be asked. Immutable and shared; made from a rule file (rls_config.h) or a native rule
// (rule.h).
//
//   algorithm         bounds (kit/rate/decision.h has the exact words)
//   kFixedWindow      `amount` in each window of `period`
//   kSlidingCounter   close to `amount` in every span of `period`
//   kSlidingLog       `amount` in every span of `period`, exactly up to 64 takes
//   kTokenBucket      `burst` at once, then `amount` in each `period`
//   kGcra             the same in fewer bytes; the leaky bucket
//
// Windows are aligned to the Unix epoch, or, with phase_per_key, each key's to a phase of its own:
// then not all keys begin anew in one moment.
//
// `id` is what counts are kept under. It comes from what the rule is called and from its algorithm,
// not from what else it says: so a reload keeps the counts, and a changed limit judges them by its
// new amount (kit/rate: "another rule"). Under another algorithm counts begin anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "kit/rate/fixed_window.h"
#include "kit/rate/gcra.h"
#include "kit/rate/sliding_counter.h"
#include "kit/rate/sliding_log.h"
#include "kit/rate/token_bucket.h"

namespace ashlar::limits {

enum class Algorithm : std::uint8_t {
  kFixedWindow,
  kSlidingCounter,
  kSlidingLog,
  kTokenBucket,
  kGcra,
};

// Where a count is kept when a Redis is configured; without one, always in process.
enum class Keeping : std::uint8_t {
  kExact,   // in Redis, asked for each decision
  kLeased,  // in Redis; each instance takes some of it ahead and decides alone (lease_state.h)
  kLocal,   // in process: each instance counts for itself
};

// What a caller gets when the count cannot be had in time.
enum class OnFailure : std::uint8_t {
  kOpen,    // allowed
  kClosed,  // refused
  kLocal,   // judged by this instance alone, by its share of the limit
};

struct LimitSpec {
  std::string name;  // in answers, headers, metrics: "per-user"
  Algorithm algorithm = Algorithm::kFixedWindow;
  std::uint64_t amount = 0;
  std::chrono::nanoseconds period{0};
  std::uint64_t burst = 0;  // of buckets: the most at once; 0: `amount`
  bool phase_per_key = false;
  bool shadow = false;      // says what it would do, refuses nothing
  bool quota_mode = false;  // refuses only where all of a request's quota limits are over
  Keeping keeping = Keeping::kExact;
  OnFailure on_failure = OnFailure::kOpen;
  // Of counts in Redis (redis_step.h). `group`: what all limits of a batch have in common, the
  // tenant or the domain: in a cluster their counts are on one node.
  std::string group{};
  // The key's text alone names the count, as in envoyproxy/ratelimit, which can share it.
  bool bare_key = false;

  friend bool operator==(const LimitSpec&, const LimitSpec&) = default;
};

class Limit {
 public:
  static constexpr std::size_t kLogEntries = 64;
  using KitRule = std::variant<kit::FixedWindowRule, kit::SlidingCounterRule, kit::SlidingLogRule,
                               kit::TokenBucketRule, kit::GcraRule>;

  // `identity`: what the rule is called, for ever: "tenant/domain/path". Errors: kInvalid, reasons
  // of kit/rate/bounds.h.
  static base::Result<std::shared_ptr<const Limit>> make(LimitSpec spec, std::string_view identity);

  [[nodiscard]] const LimitSpec& spec() const { return spec_; }
  // The same in every process, for ever.
  [[nodiscard]] std::uint64_t id() const { return id_; }
  // Of windows: in phase 0. The key's own phase: phase_of().
  [[nodiscard]] const KitRule& rule() const { return rule_; }
  // The most that can be taken at once: what a caller reads as "limit".
  [[nodiscard]] std::uint64_t capacity() const;

 private:
  Limit(LimitSpec spec, std::uint64_t id, KitRule rule);

  LimitSpec spec_;
  std::uint64_t id_;
  KitRule rule_;
};

// Where this key's windows begin: in [0, period), evenly spread over the keys, the same in every
// process for ever. 0 where the limit has no phase_per_key, or no windows. Some 3 ns.
std::chrono::nanoseconds phase_of(const Limit& limit, std::string_view key);

}  // namespace ashlar::limits
