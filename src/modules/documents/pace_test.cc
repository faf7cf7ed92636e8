#include "modules/documents/pace.h"

#include <gtest/gtest.h>

namespace ashlar::documents {
namespace {

using base::Micros;
using base::Millis;

TEST(Pace, FewHardlyWaitACrowdDoes) {
  const Pace pace(Millis{50});
  EXPECT_EQ(pace.gap(0), Millis{0});
  EXPECT_EQ(pace.gap(1), Millis{0});
  EXPECT_EQ(pace.gap(2), Millis{2});
  EXPECT_EQ(pace.gap(49), Millis{49});
  EXPECT_EQ(pace.gap(200), Millis{50});
  EXPECT_EQ(pace.gap(1'000), Millis{150});
  EXPECT_EQ(pace.gap(1'001), Micros{150'150});
  EXPECT_EQ(pace.gap(1'000'000), Millis{250});
}

TEST(Pace, TheFirstGoesAtOnceTheNextAfterTheGap) {
  const base::Mono now{Millis{1'000}};
  Pace pace(Millis{50});
  EXPECT_LE(pace.due(100), base::Mono{});
  pace.went(now);
  EXPECT_EQ(pace.due(100), now + Millis{50});
  EXPECT_EQ(pace.due(1), now);  // the others have left
}

TEST(Pace, NoneWhereNoneIsWanted) {
  Pace pace(Millis{0});
  pace.went(base::Mono{Millis{1'000}});
  EXPECT_EQ(pace.gap(5'000), Millis{0});
}

}  // namespace
}  // namespace ashlar::documents
