// Ageing: open breaks by how long they have been open, as an auditor asks for them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::payments::reconcile {

// Days since the day of the statement: 0 to 1, to 7, to 30, to 90, more.
inline constexpr std::array<std::string_view, 5> kAges{"0-1", "2-7", "8-30", "31-90", "91+"};
std::size_t age_of(Day of, Day today);  // index into kAges; what is of the future is the youngest

struct Aged {
  std::int64_t breaks = 0;
  Money difference = 0;  // their sum: what the statements moved beyond what we have
  Money at_stake = 0;    // the sum of their sizes: differences of both signs do not cancel
  friend bool operator==(const Aged&, const Aged&) = default;
};
using Ages = std::array<Aged, kAges.size()>;

// One group of open breaks (of a currency and a day), added to its age. Sums that leave the
// integers stay at their edge.
void add_to(Ages& ages, Day of, Day today, const Aged& group);

}  // namespace ashlar::payments::reconcile
