#include "modules/payments/reconcile/ageing.h"

#include <limits>

namespace ashlar::payments::reconcile {
namespace {

Money saturating_add(Money a, Money b) {
  Money sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<Money>::max() : std::numeric_limits<Money>::min();
}

}  // namespace

std::size_t age_of(Day of, Day today) {
  constexpr std::array<std::int64_t, kAges.size() - 1> kUpTo{1, 7, 30, 90};
  const std::int64_t days = days_between(of, today);
  std::size_t age = 0;
  while (age < kUpTo.size() && days > kUpTo[age]) ++age;
  return age;
}

void add_to(Ages& ages, Day of, Day today, const Aged& group) {
  Aged& aged = ages[age_of(of, today)];
  aged.breaks += group.breaks;
  aged.difference = saturating_add(aged.difference, group.difference);
  aged.at_stake = saturating_add(aged.at_stake, group.at_stake);
}

}  // namespace ashlar::payments::reconcile
