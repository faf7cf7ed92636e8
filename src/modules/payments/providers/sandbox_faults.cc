#include "modules/payments/providers/sandbox_faults.h"

#include <string>

#include "kit/siphash.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {
namespace {

bool thrown(base::Random& dice, int in_a_thousand) {
  constexpr std::uint64_t kThousand = 1'000;
  return dice.below(kThousand) < static_cast<std::uint64_t>(in_a_thousand);
}

base::Millis up_to(base::Random& dice, base::Millis longest) {
  return base::Millis{
      static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(longest.count()) + 1))};
}

}  // namespace

SandboxFaults SandboxFaults::of_seed(std::uint64_t seed) {
  if (seed == 0) return {};
  return {.seed = seed,
          .declines = 30,
          .not_done = 20,
          .call_lost = 10,
          .arrives_late = 10,
          .answer_lost = 25,
          .answer_late = 30,
          .query_fails = 50,
          .disputes = 15,
          .refund_fails = 30,
          .refund_waits = 50,
          .notice_twice = 100,
          .notice_late = 200,
          .statement_errors = 20};
}

base::Random SandboxDice::throw_for(base::TenantId tenant, std::string_view what,
                                    std::int64_t number) const {
  const kit::SipKey key{faults_.seed, static_cast<std::uint64_t>(tenant.value)};
  return base::Random(kit::siphash(key, what) + static_cast<std::uint64_t>(number));
}

CallFate SandboxDice::fate(const ProviderCall& call, std::int64_t asked) const {
  base::Random dice = throw_for(call.tenant, "fate:" + call.key, asked);
  if (thrown(dice, faults_.not_done)) return CallFate::kNotDone;
  if (thrown(dice, faults_.call_lost)) return CallFate::kCallLost;
  if (thrown(dice, faults_.arrives_late)) return CallFate::kArrivesLate;
  if (thrown(dice, faults_.answer_lost)) return CallFate::kAnswerLost;
  return CallFate::kServed;
}

base::Millis SandboxDice::answer_delay(const ProviderCall& call, std::int64_t asked) const {
  base::Random dice = throw_for(call.tenant, "answer:" + call.key, asked);
  if (!thrown(dice, faults_.answer_late)) return base::Millis{0};
  return up_to(dice, faults_.late);
}

base::Millis SandboxDice::arrival_delay(const ProviderCall& call, std::int64_t asked) const {
  base::Random dice = throw_for(call.tenant, "arrival:" + call.key, asked);
  // Half of what it promises: the rest is for threads that come to their turn late.
  return up_to(dice, base::Millis(faults_.settles) / 2);
}

bool SandboxDice::query_fails(const ProviderCall& call, base::Time now) const {
  base::Random dice = throw_for(call.tenant, "query:" + call.key, base::to_micros(now));
  return thrown(dice, faults_.query_fails);
}

bool SandboxDice::hits(int in_a_thousand, base::TenantId tenant, std::string_view what) const {
  base::Random dice = throw_for(tenant, what, 0);
  return thrown(dice, in_a_thousand);
}

base::Millis SandboxDice::notice_delay(base::TenantId tenant, std::string_view id, int copy) const {
  base::Random dice = throw_for(tenant, id, copy);
  if (!thrown(dice, faults_.notice_late)) return base::Millis{0};
  return up_to(dice, faults_.late);
}

}  // namespace ashlar::payments
