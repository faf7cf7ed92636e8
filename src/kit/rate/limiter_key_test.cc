#include "kit/rate/limiter_key.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/encoding.h"

namespace ashlar::kit {
namespace {

// The key is 00 01 … 0f, the message the `size` bytes 00 01 … size-1, size >= 8.
std::string digest(std::size_t size) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string rest;
  for (std::size_t i = 8; i < size; ++i) rest += static_cast<char>(i);
  const auto words = siphash128(key, 0x0706050403020100, rest);
  std::string bytes;
  for (const std::uint64_t word : words) {
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(word >> (8 * i));
  }
  return base::hex_encode(bytes);
}

// From the authors' vectors_sip128 (the messages of 8 and 9 bytes) and OpenSSL's SipHash.
TEST(LimiterKey, IsSipHash128) {
  EXPECT_EQ(digest(8), "3b62a9ba6258f5610f83e264f31497b4");
  EXPECT_EQ(digest(9), "264499060ad9baabc47f8b02bb6d71ed");
  EXPECT_EQ(digest(15), "5493e99933b0a8117e08ec0f97cfc3d9");
  EXPECT_EQ(digest(16), "6ee2a4ca67b054bbfd3315bf85230577");
  EXPECT_EQ(digest(23), "c9d184ddd5a9f5e0cf8ce29a9abf691c");
  EXPECT_EQ(digest(24), "2db479ae78bd50d8882a8a178a6132ad");
  EXPECT_EQ(digest(40), "df6a301e95c95dad97ae0cc8c6913bd8");
  EXPECT_EQ(digest(63), "5150d1772f50834a503e069a973fbd7c");
}

TEST(LimiterKey, HoldsApartKeysRulesAndSeeds) {
  const LimiterKeyHasher hasher(SipKey{1, 2});
  const LimiterKeyHasher other(SipKey{1, 3});
  std::set<std::pair<std::uint64_t, std::uint32_t>> seen;
  for (std::uint64_t rule = 0; rule < 50; ++rule) {
    for (int key = 0; key < 1000; ++key) {
      for (const LimiterKeyHasher* one : {&hasher, &other}) {
        const LimiterKey made = (*one)(rule, std::to_string(key));
        EXPECT_TRUE(seen.emplace(made.high, made.low).second);
      }
    }
  }
  EXPECT_EQ(hasher(7, "a"), hasher(7, "a"));
  EXPECT_NE(hasher(7, ""), hasher(7, std::string(1, '\0')));
}

}  // namespace
}  // namespace ashlar::kit
