#include "modules/payments/reconcile/ageing.h"

#include <gtest/gtest.h>

#include <limits>

namespace ashlar::payments::reconcile {
namespace {

using std::chrono::days;

const Day kToday = *parse_day("2026-11-22");

TEST(Ageing, EveryAgeHasOnePlace) {
  const std::array<std::pair<int, std::string_view>, 11> ages{{{-3, "0-1"},
                                                               {0, "0-1"},
                                                               {1, "0-1"},
                                                               {2, "2-7"},
                                                               {7, "2-7"},
                                                               {8, "8-30"},
                                                               {30, "8-30"},
                                                               {31, "31-90"},
                                                               {90, "31-90"},
                                                               {91, "91+"},
                                                               {4000, "91+"}}};
  for (const auto& [old, name] : ages) {
    EXPECT_EQ(kAges[age_of(kToday - days{old}, kToday)], name) << old;
  }
}

TEST(Ageing, OppositeDifferencesCancelButWhatIsAtStakeDoesNot) {
  Ages ages{};
  add_to(ages, kToday - days{3}, kToday, {1, 50, 50});
  add_to(ages, kToday - days{5}, kToday, {1, -50, 50});
  EXPECT_EQ(ages[1], (Aged{2, 0, 100}));
}

TEST(Ageing, SumsStayAtTheirEdge) {
  constexpr Money kMost = std::numeric_limits<Money>::max();
  Ages ages{};
  add_to(ages, kToday, kToday, {1, kMost, kMost});
  add_to(ages, kToday, kToday, {1, 1, 1});
  EXPECT_EQ(ages[0], (Aged{2, kMost, kMost}));
}

}  // namespace
}  // namespace ashlar::payments::reconcile
