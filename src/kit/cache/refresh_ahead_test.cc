#include "kit/cache/refresh_ahead.h"

#include <gtest/gtest.h>

namespace ashlar::kit {
namespace {

base::Mono at(std::int64_t nanos) { return base::Mono{std::chrono::nanoseconds{nanos}}; }

TEST(RefreshAhead, IsDueInTheLastPartOfALife) {
  struct Row {
    std::int64_t now, loaded, expiry;
    double part;
    bool due;
  };
  const Row rows[] = {
      {899, 500, 1'000, 0.8, false},
      {900, 500, 1'000, 0.8, true},
      {999, 500, 1'000, 0.8, true},
      {1'001, 500, 1'000, 0.8, true},
      {500, 500, 1'000, 0, true},
      {499, 500, 1'000, 0, false},
      {999, 500, 1'000, 1, false},
      {2'000, 500, 1'000, 1, false},
      {1'000'000, 0, std::numeric_limits<std::int64_t>::max(), 0.5, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(refresh_due(at(row.now), at(row.loaded), at(row.expiry), row.part), row.due)
        << row.now << " of " << row.loaded << ".." << row.expiry << ", " << row.part;
  }
}

}  // namespace
}  // namespace ashlar::kit
