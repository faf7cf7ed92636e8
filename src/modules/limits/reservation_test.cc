#include "modules/limits/reservation.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "modules/limits/batch.h"

namespace ashlar::limits {
namespace {

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};

Reservation sample() {
  Reservation reservation;
  reservation.tenant = kAlice;
  reservation.id = std::string(ReservationCodec::kIdChars, 'i');
  reservation.lasts = base::Seconds{60};
  reservation.expires_at = base::from_micros(1'800'000'000'000'000);
  reservation.takes = {{0xfedcba9876543210, "alice", 900, base::from_micros(1'700'000'000'000'001)},
                       {1, "", 0, base::from_micros(1)}};
  return reservation;
}

class ReservationTest : public ::testing::Test {
 protected:
  ReservationCodec codec_{std::string(ReservationCodec::kSecretBytes, 's')};
};

TEST_F(ReservationTest, ComesBackAsItWent) {
  const auto text = codec_.encode(sample());
  ASSERT_TRUE(text.ok());
  const auto back = codec_.decode(kAlice, *text);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, sample());
}

TEST_F(ReservationTest, NobodyElseCanMakeOrChangeOne) {
  const std::string text = *codec_.encode(sample());
  EXPECT_STREQ(codec_.decode(kBob, text).error().reason, "reservation_invalid");
  const ReservationCodec other{std::string(ReservationCodec::kSecretBytes, 't')};
  EXPECT_FALSE(other.decode(kAlice, text).ok());
  EXPECT_FALSE(codec_.decode(kAlice, "").ok());
  EXPECT_FALSE(codec_.decode(kAlice, std::string(ReservationCodec::kMaxBytes + 1, 'A')).ok());
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  constexpr std::string_view kAlphabet = "ABCabc012-_=\x01";
  for (int i = 0; i < 20'000; ++i) {
    std::string wrong = text;
    switch (random.below(3)) {
      case 0:
        wrong[random.below(wrong.size())] = kAlphabet[random.below(kAlphabet.size())];
        break;
      case 1:
        wrong.resize(random.below(wrong.size()));
        break;
      default:
        wrong.insert(random.below(wrong.size()), 1, kAlphabet[random.below(kAlphabet.size())]);
    }
    if (wrong == text) continue;
    EXPECT_FALSE(codec_.decode(kAlice, wrong).ok()) << wrong;
  }
}

TEST_F(ReservationTest, TextsAreBounded) {
  Reservation large = sample();
  large.takes.assign(Batch::kMaxAsks, {1, std::string(4000, 'k'), 1, base::from_micros(1)});
  const auto text = codec_.encode(large);
  ASSERT_FALSE(text.ok());
  EXPECT_STREQ(text.error().reason, "reservation_too_large");
}

}  // namespace
}  // namespace ashlar::limits
