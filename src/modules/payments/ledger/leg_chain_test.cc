// LegChain: from any leg any older one is near, and a chain read back goes on as it was.
#include "modules/payments/ledger/leg_chain.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace ashlar::ledger {
namespace {

base::Time at(std::int64_t leg) { return base::from_micros(leg * 10); }

TEST(LegChainTest, JumpsAreThoseOfTheSkewBinaryNumbers) {
  LegChain chain;
  std::vector<std::int64_t> jumps;
  for (std::int64_t leg = 1; leg <= 8; ++leg) {
    const LegLinks links = chain.append(leg * 100, at(leg));
    EXPECT_EQ(links.prev, (leg - 1) * 100);
    EXPECT_EQ(links.jump, links.jump_leg * 100);
    EXPECT_EQ(links.jump_at, links.jump_leg == 0 ? base::Time{} : at(links.jump_leg));
    jumps.push_back(links.jump_leg);
  }
  EXPECT_EQ(jumps, (std::vector<std::int64_t>{0, 1, 0, 3, 4, 3, 0, 7}));
}

TEST(LegChainTest, AnyLegIsReachedInLogarithmicallyManySteps) {
  constexpr std::int64_t kLegs = 3000;
  LegChain chain;
  std::vector<LegLinks> links(1);
  for (std::int64_t leg = 1; leg <= kLegs; ++leg) links.push_back(chain.append(leg, at(leg)));
  for (std::int64_t from = 1; from <= kLegs; from += 7) {
    const int most = 3 * std::bit_width(static_cast<std::uint64_t>(from));
    for (std::int64_t to = 1; to <= from; to += 11) {
      int steps = 0;
      for (std::int64_t leg = from; leg != to; ++steps) {
        const LegLinks& here = links[static_cast<std::size_t>(leg)];
        leg = here.jump >= to ? here.jump : here.prev;
      }
      ASSERT_LE(steps, most) << from << " to " << to;
    }
  }
}

TEST(LegChainTest, GoesOnFromWhatTheStoreHas) {
  LegChain chain;
  std::vector<LegLinks> links(1);
  for (std::int64_t leg = 1; leg <= 200; ++leg) {
    std::vector<LegChain::Place> places;
    for (std::int64_t no = leg - 1; no > 0; no = links[static_cast<std::size_t>(no)].jump) {
      places.push_back({no, no, at(no)});
    }
    LegChain again(places);
    EXPECT_EQ(again, chain);
    EXPECT_EQ(again.legs(), leg - 1);
    EXPECT_EQ(again.last(), leg - 1);
    links.push_back(chain.append(leg, at(leg)));
    EXPECT_EQ(again.append(leg, at(leg)), links.back());
  }
}

}  // namespace
}  // namespace ashlar::ledger
