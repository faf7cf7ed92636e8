#include "modules/tasks/lease_token.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace ashlar::tasks {
namespace {

const std::string kSecret = "0123456789abcdefghijklmnopqrstuv";
constexpr base::TenantId kAlice{7};

LeaseToken token_of(std::int64_t id, int attempt, std::int64_t deadline_ms) {
  return {{jobs::JobId(id), attempt},
          base::from_micros(deadline_ms * 1000),
          base::Millis{deadline_ms % 43'200'000}};
}

TEST(LeaseToken, IsReadAsItWasMade) {
  const LeaseTokens tokens(kSecret);
  base::Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const LeaseToken made = token_of(static_cast<std::int64_t>(random.next() >> (1 + i % 62)),
                                     static_cast<int>(random.below(1'000'000)),
                                     static_cast<std::int64_t>(random.below(1ULL << 50)));
    const std::string text = tokens.make(kAlice, made);
    EXPECT_LE(text.size(), LeaseTokens::kMaxBytes);
    const auto read = tokens.read(kAlice, text);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->lease.id, made.lease.id);
    EXPECT_EQ(read->lease.attempt, made.lease.attempt);
    EXPECT_EQ(read->deadline, made.deadline);
    EXPECT_EQ(read->time, made.time);
  }
}

TEST(LeaseToken, NothingElseIsOne) {
  const LeaseTokens tokens(kSecret);
  const std::string text = tokens.make(kAlice, token_of(123456, 3, 1'700'000'000'000));
  EXPECT_FALSE(tokens.read(base::TenantId(8), text).has_value());
  EXPECT_FALSE(LeaseTokens("1123456789abcdefghijklmnopqrstuv").read(kAlice, text).has_value());
  EXPECT_FALSE(LeaseTokens("0123456789abcdefghijklmnopqrstuw").read(kAlice, text).has_value());
  for (std::size_t i = 0; i <= text.size(); ++i) {
    EXPECT_FALSE(tokens.read(kAlice, text.substr(0, i) + "A" + text.substr(i)).has_value());
    if (i == text.size()) break;
    EXPECT_FALSE(tokens.read(kAlice, text.substr(0, i) + text.substr(i + 1)).has_value());
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.read(kAlice, changed).has_value()) << i;
  }
  EXPECT_FALSE(tokens.read(kAlice, std::string(10'000, 'A')).has_value());
  EXPECT_FALSE(tokens.read(kAlice, "").has_value());
}

}  // namespace
}  // namespace ashlar::tasks
