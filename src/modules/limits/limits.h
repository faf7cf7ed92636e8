// Limits: requests judged by a tenant's native rules; the service behind REST. (The rules of
// envoyproxy/ratelimit's files have theirs in rls_service.h; both share the counts' keepers.)
//
// Promises
//  1. A check asks every rule that applies, as one batch: it takes from all of them or from none
//     (batch.h). Where no rule applies it is allowed. A peek takes nothing.
//  2. Check, peek, refund and reserve see the same rules for the same attributes: those of one
//     version of the tenant's rule set (CheckAnswer::rules).
//  3. Waiting times are never too short: retry_after is when the request would pass, or somewhat
//     later (retry_jitter.h).
//  4. A refund gives back at most what counts now. What was taken in an earlier window is not
//     given back to this one by settle(), which knows when it was taken; refund() does not.
//  5. reserve() takes like check() and gives a token (reservation.h) with which any instance can
//     settle: what was used less is given back, what was used more is charged, whether it fits or
//     not. A token settles once: a second time has no effect and says so. Should the instance die
//     between marking it and giving back, or the count fail to answer, the reservation stays as it
//     was taken: what is lost is never in favour of the one who is limited.
//  6. Every check by rule is noted in usage (usage.h), and with its attributes in `recent`
//     (recent_checks.h), for dry runs. Peeks, refunds and settlements are not.
//
// Errors: kInvalid invalid_request (attributes.h), too_many_limits (more rules apply than one batch
// can ask, Batch::kMaxAsks), cost_out_of_range; reservation_too_large, reservation_invalid, kGone
// reservation_expired, kConflict reservation_settled; kUnavailable rules_unavailable (the tenant's
// rules could not be read), limits_unavailable (settling, when the count could not be asked).
// Blocking; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "kit/siphash.h"
#include "modules/limits/attributes.h"
#include "modules/limits/batch.h"
#include "modules/limits/reservation.h"
#include "modules/limits/retry_jitter.h"
#include "modules/limits/rule_set.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base

namespace ashlar::limits {

class Decider;
class RecentChecks;
class RuleSource;
class WaitedBatch;

struct Check {
  std::vector<Attribute> attributes;
  std::optional<std::uint64_t> cost{};  // nullopt: as each rule says; at most kMaxCost
  bool peek = false;
};

struct RuleAnswer {
  const CompiledRule* rule = nullptr;  // of CheckAnswer::rules
  std::string key;
  std::uint64_t cost = 0;
  Outcome outcome;
  std::chrono::nanoseconds retry_after{0};  // with its jitter; kit::kNeverFits stays what it is
};

struct CheckAnswer {
  bool allowed = true;
  std::chrono::nanoseconds retry_after{0};  // the longest of the rules that refused
  std::vector<RuleAnswer> by_rule;
  std::shared_ptr<const RuleSet> rules;
};

struct Reserved {
  CheckAnswer answer;
  std::string token;  // empty: refused
  base::Time expires_at;
};

struct Settled {
  std::uint64_t used = 0;
  std::vector<RuleAnswer> by_rule;  // those that still exist; cost: given back or charged
  std::shared_ptr<const RuleSet> rules;
};

class Limits {
 public:
  static constexpr std::size_t kMaxBatch = 1'000;

  struct Options {
    std::string reservation_secret;  // ReservationCodec::kSecretBytes, the installation's
    kit::SipKey jitter_seed{};
  };

  // All outlive it.
  Limits(const Options& options, RuleSource& rules, Decider& decider, RecentChecks& recent,
         const base::Clock& clock, base::Entropy& entropy);

  base::Result<CheckAnswer> check(base::TenantId tenant, const Check& check);
  // In order, each on its own; nothing is taken where one of them is an error (fields
  // "/checks/INDEX/…"). REQUIRES: at most kMaxBatch.
  base::Result<std::vector<CheckAnswer>> check_all(base::TenantId tenant,
                                                   std::span<const Check> checks);
  // Gives back what such a check took.
  base::Result<CheckAnswer> refund(base::TenantId tenant, const Check& check);

  // `lasts`: 1 ms to ReservationCodec::kMaxLife.
  base::Result<Reserved> reserve(base::TenantId tenant, const Check& check, base::Millis lasts);
  // `used`: the units that were needed in the end; 0 gives all back.
  base::Result<Settled> settle(base::TenantId tenant, std::string_view token, std::uint64_t used);

 private:
  struct Asked;
  enum class As : std::uint8_t { kCheck, kRefund };
  // One for each check.
  base::Result<std::vector<CheckAnswer>> decide(base::TenantId tenant,
                                                std::span<const Check> checks, As as,
                                                bool in_batch);
  [[nodiscard]] CheckAnswer answer_of(const Asked& asked, const WaitedBatch& batch) const;
  base::Status mark_settled(const Reservation& reservation, base::Mono now);
  void give_back(const CheckAnswer& answer, base::Mono now);

  const ReservationCodec codec_;
  const RetryJitter jitter_;
  const std::array<std::shared_ptr<const Limit>, 3> marks_;  // by how long they last
  RuleSource& rules_;
  Decider& decider_;
  RecentChecks& recent_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
};

}  // namespace ashlar::limits
