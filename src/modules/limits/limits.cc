#include "modules/limits/limits.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "modules/limits/decider.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/recent_checks.h"
#include "modules/limits/rule_source.h"
#include "modules/limits/usage.h"

namespace ashlar::limits {
namespace {

// A mark that a reservation is settled, for at least as long as that one could live.
std::shared_ptr<const Limit> make_mark(base::Millis lasts) {
  LimitSpec spec;
  spec.name = "settled";
  spec.algorithm = Algorithm::kGcra;
  spec.amount = 1;
  spec.period = lasts;
  spec.on_failure = OnFailure::kClosed;
  return Limit::make(spec, "reservation/settled/" + std::to_string(lasts.count())).value();
}

// When the count will have forgotten a take whose `reset_after` this is.
base::Time counts_until(base::Time now, std::chrono::nanoseconds reset_after) {
  constexpr base::Micros kFarthest = std::chrono::days{366 * 40};
  return now + std::min(std::chrono::floor<base::Micros>(reset_after), kFarthest);
}

base::Error too_many_limits(std::string field, std::size_t most) {
  base::Error error =
      base::fail(base::Code::kInvalid, "too_many_limits",
                 "More than " + std::to_string(most) + " rules apply to this request.");
  error.fields.push_back({std::move(field), "too_many_limits", error.detail});
  return error;
}

}  // namespace

// A check on its way: what applies to it, and the texts that its batch points into.
struct Limits::Asked {
  const Check* check = nullptr;
  std::shared_ptr<const RuleSet> rules;
  std::vector<const CompiledRule*> found;
  std::vector<std::string> keys;

  // `pointer`: of the check in the request, for errors.
  base::Status find(const std::string& pointer) {
    ASHLAR_TRY(check_attributes(check->attributes, pointer + "/attributes"));
    if (check->cost && *check->cost > kMaxCost) {
      return base::Error{base::Code::kInvalid,
                         "cost_out_of_range",
                         "A cost is at most 10^12.",
                         {{pointer + "/cost", "cost_out_of_range", "A cost is at most 10^12."}}};
    }
    rules->match(check->attributes, found);
    if (found.size() > Batch::kMaxAsks) {
      return too_many_limits(pointer + "/attributes", Batch::kMaxAsks);
    }
    keys.reserve(found.size());
    for (const CompiledRule* rule : found) {
      RuleSet::append_key(*rule, check->attributes, keys.emplace_back());
    }
    return base::ok_status();
  }

  void fill(WaitedBatch& batch, Action action) const {
    batch.keeps = rules;
    batch.asks.reserve(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::uint64_t cost = check->cost.value_or(found[i]->rule.cost);
      batch.asks.push_back({found[i]->limit.get(), keys[i], cost, action});
    }
  }
};

Limits::Limits(const Options& options, RuleSource& rules, Decider& decider, RecentChecks& recent,
               const base::Clock& clock, base::Entropy& entropy)
    : codec_(options.reservation_secret),
      jitter_(options.jitter_seed),
      marks_{make_mark(base::Seconds{60}), make_mark(base::Seconds{600}),
             make_mark(ReservationCodec::kMaxLife)},
      rules_(rules),
      decider_(decider),
      recent_(recent),
      clock_(clock),
      entropy_(entropy) {}

CheckAnswer Limits::answer_of(const Asked& asked, const WaitedBatch& batch) const {
  CheckAnswer answer;
  answer.rules = asked.rules;
  answer.allowed = asked.found.empty() || batch.allowed;
  answer.by_rule.reserve(asked.found.size());
  for (std::size_t i = 0; i < asked.found.size(); ++i) {
    const CompiledRule* rule = asked.found[i];
    const Outcome& outcome = batch.outcomes[i];
    const auto retry_after =
        jitter_.add_to(outcome.decision.retry_after, *rule->limit, asked.keys[i]);
    if (outcome.over() && !rule->rule.limit.shadow) {
      answer.retry_after = std::max(answer.retry_after, retry_after);
    }
    answer.by_rule.push_back({rule, asked.keys[i], batch.asks[i].cost, outcome, retry_after});
  }
  return answer;
}

base::Result<std::vector<CheckAnswer>> Limits::decide(base::TenantId tenant,
                                                      std::span<const Check> checks, As as,
                                                      bool in_batch) {
  CHECK(checks.size() <= kMaxBatch);
  ASHLAR_ASSIGN(const std::shared_ptr<const RuleSet> rules, rules_.rules_of(tenant));
  std::vector<Asked> asked(checks.size());
  std::vector<WaitedBatch> batches(checks.size());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    asked[i].check = &checks[i];
    asked[i].rules = rules;
    ASHLAR_TRY(asked[i].find(in_batch ? "/checks/" + std::to_string(i) : ""));
    const Action take = checks[i].peek ? Action::kPeek : Action::kTake;
    asked[i].fill(batches[i], as == As::kRefund ? Action::kRefund : take);
  }
  const base::Time time = clock_.now();
  const base::Mono now = limiter_now(time);
  decider_.decide_and_wait(batches, now);
  std::vector<CheckAnswer> answers;
  answers.reserve(checks.size());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const CheckAnswer& answer = answers.emplace_back(answer_of(asked[i], batches[i]));
    if (as == As::kRefund || checks[i].peek) continue;
    for (const RuleAnswer& each : answer.by_rule) {
      if (each.rule->usage) {
        each.rule->usage->note(*each.rule->limit, each.outcome, each.key, now);
      }
    }
    recent_.record(tenant, checks[i].attributes, checks[i].cost, answer.allowed, time);
  }
  return answers;
}

base::Result<CheckAnswer> Limits::check(base::TenantId tenant, const Check& check) {
  ASHLAR_ASSIGN(std::vector<CheckAnswer> answers, decide(tenant, {&check, 1}, As::kCheck, false));
  return std::move(answers.front());
}

base::Result<std::vector<CheckAnswer>> Limits::check_all(base::TenantId tenant,
                                                         std::span<const Check> checks) {
  return decide(tenant, checks, As::kCheck, true);
}

base::Result<CheckAnswer> Limits::refund(base::TenantId tenant, const Check& check) {
  ASHLAR_ASSIGN(std::vector<CheckAnswer> answers, decide(tenant, {&check, 1}, As::kRefund, false));
  return std::move(answers.front());
}

base::Result<Reserved> Limits::reserve(base::TenantId tenant, const Check& check,
                                       base::Millis lasts) {
  CHECK(!check.peek && lasts.count() >= 1 && lasts <= ReservationCodec::kMaxLife);
  Reserved reserved;
  ASHLAR_ASSIGN(reserved.answer, this->check(tenant, check));
  const base::Time now = clock_.now();
  reserved.expires_at = now + lasts;
  if (!reserved.answer.allowed) return reserved;
  Reservation reservation;
  reservation.tenant = tenant;
  reservation.id = entropy_.base62(ReservationCodec::kIdChars);
  reservation.lasts = lasts;
  reservation.expires_at = reserved.expires_at;
  for (const RuleAnswer& each : reserved.answer.by_rule) {
    // Of a shadow rule that is over, and of a count that could not be asked, nothing was taken.
    if (each.outcome.over() || each.outcome.source != Source::kCount) continue;
    reservation.takes.push_back({each.rule->limit->id(), each.key, each.cost,
                                 counts_until(now, each.outcome.decision.reset_after)});
  }
  base::Result<std::string> token = codec_.encode(reservation);
  if (!token.ok()) {
    give_back(reserved.answer, limiter_now(now));
    return std::move(token).error();
  }
  reserved.token = std::move(*token);
  return reserved;
}

void Limits::give_back(const CheckAnswer& answer, base::Mono now) {
  std::array<WaitedBatch, 1> batch;
  batch[0].keeps = answer.rules;
  for (const RuleAnswer& each : answer.by_rule) {
    if (each.outcome.over()) continue;
    batch[0].asks.push_back({each.rule->limit.get(), each.key, each.cost, Action::kRefund});
  }
  decider_.decide_and_wait(batch, now);
}

base::Status Limits::mark_settled(const Reservation& reservation, base::Mono now) {
  const auto mark = std::ranges::find_if(
      marks_, [&](const auto& each) { return each->spec().period >= reservation.lasts; });
  CHECK(mark != marks_.end());
  std::array<WaitedBatch, 1> batch;
  batch[0].asks.push_back({mark->get(), reservation.id, 1, Action::kTake});
  decider_.decide_and_wait(batch, now);
  if (batch[0].outcomes[0].source != Source::kCount) {
    return base::fail(base::Code::kUnavailable, "limits_unavailable",
                      "The counts could not be asked; try again.");
  }
  if (batch[0].allowed) return base::ok_status();
  return base::fail(base::Code::kConflict, "reservation_settled",
                    "This reservation has been settled already; nothing was changed.");
}

base::Result<Settled> Limits::settle(base::TenantId tenant, std::string_view token,
                                     std::uint64_t used) {
  CHECK(used <= kMaxCost);
  ASHLAR_ASSIGN(const Reservation reservation, codec_.decode(tenant, token));
  const base::Time time = clock_.now();
  if (time >= reservation.expires_at) {
    return base::fail(base::Code::kGone, "reservation_expired",
                      "The reservation has expired; what it took counts as used.");
  }
  Settled settled;
  settled.used = used;
  ASHLAR_ASSIGN(settled.rules, rules_.rules_of(tenant));
  const base::Mono now = limiter_now(time);
  ASHLAR_TRY(mark_settled(reservation, now));
  std::array<WaitedBatch, 1> batch;
  batch[0].keeps = settled.rules;
  for (const Reservation::Take& take : reservation.takes) {
    const CompiledRule* rule = settled.rules->find(take.limit_id);
    if (rule == nullptr) continue;  // it is gone, and its count with it
    const bool less = used < take.cost;
    std::uint64_t difference = less ? take.cost - used : used - take.cost;
    if (less && time >= take.counts_until) difference = 0;
    settled.by_rule.push_back({rule, take.key, difference, {}, {}});
    batch[0].asks.push_back(
        {rule->limit.get(), take.key, difference, less ? Action::kRefund : Action::kCharge});
  }
  if (settled.by_rule.empty()) return settled;
  decider_.decide_and_wait(batch, now);
  for (std::size_t i = 0; i < settled.by_rule.size(); ++i) {
    settled.by_rule[i].outcome = batch[0].outcomes[i];
  }
  return settled;
}

}  // namespace ashlar::limits
