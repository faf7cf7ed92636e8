#include "base/strong_id.h"

#include <gtest/gtest.h>

#include <concepts>
#include <limits>
#include <type_traits>
#include <unordered_set>

namespace ashlar::base {
namespace {

using LinkId = StrongId<struct LinkTag>;

static_assert(!std::is_convertible_v<std::int64_t, TenantId>);
static_assert(!std::is_convertible_v<TenantId, std::int64_t>);
static_assert(!std::is_constructible_v<TenantId, LinkId>);
static_assert(!std::equality_comparable_with<TenantId, LinkId>);
static_assert(sizeof(TenantId) == sizeof(std::int64_t));
static_assert(std::is_trivially_copyable_v<TenantId>);

TEST(StrongId, ZeroMeansNone) {
  EXPECT_FALSE(TenantId().is_set());
  EXPECT_FALSE(TenantId(0).is_set());
  EXPECT_TRUE(TenantId(1).is_set());
  EXPECT_TRUE(TenantId(-1).is_set());
}

TEST(StrongId, ComparesAndHashesByValue) {
  EXPECT_EQ(TenantId(5), TenantId(5));
  EXPECT_NE(TenantId(5), TenantId(6));
  EXPECT_LT(TenantId(-1), TenantId(6));
  const std::unordered_set<TenantId> ids{TenantId(1), TenantId(2), TenantId(1)};
  EXPECT_EQ(ids.size(), 2U);
  EXPECT_TRUE(ids.contains(TenantId(2)));
}

// Beyond 2^53 a JavaScript number would round.
TEST(StrongId, TextIsExact) {
  EXPECT_EQ(TenantId(9'007'199'254'740'993).to_string(), "9007199254740993");
  EXPECT_EQ(TenantId(std::numeric_limits<std::int64_t>::max()).to_string(), "9223372036854775807");
}

}  // namespace
}  // namespace ashlar::base
