#include "modules/notifications/campaigns/campaign_flight.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::notifications {
namespace {

using Kind = CampaignFlight::Result::Kind;

constexpr ProviderId kFirst{1};
constexpr ProviderId kSecond{2};
constexpr base::Time kNow = base::from_micros(1'700'000'000'000'000);

class CampaignFlightTest : public ::testing::Test {
 protected:
  static CampaignFlight flight(const std::vector<std::string>& types, bool in_doubt = false,
                               ProviderId provider = {}) {
    CampaignFlight::Start start;
    start.channel = types.front().empty() ? Channel::kSms : Channel::kPush;
    for (const std::string& type : types) {
      CampaignFlight::Part& part = start.parts.emplace_back();
      part.type = type;
      part.device = static_cast<std::int64_t>(start.parts.size());
    }
    start.in_doubt = in_doubt;
    start.provider = provider;
    start.rounds = in_doubt ? 1 : 0;
    start.since = kNow;
    return CampaignFlight(std::move(start));
  }
  // All of the wave that is wanted goes to the provider, which answers so.
  void fly(CampaignFlight& flight, ProviderId provider, const std::vector<Verdict>& verdicts) {
    const std::vector<std::size_t> wanted = flight.wanted();
    ASSERT_EQ(wanted.size(), verdicts.size());
    flight.launched(wanted, provider);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_TRUE(flight.is_waiting());
      SendResult result;
      result.verdict = verdicts[i];
      const bool last = i + 1 == wanted.size();
      EXPECT_EQ(flight.answered(wanted[i], result, kNow, random_), last);
    }
  }
  base::Random random_{7};
};

TEST_F(CampaignFlightTest, OneAddressOneAnswer) {
  for (const auto& [verdict, kind] :
       {std::pair(Verdict::kAccepted, Kind::kSent), std::pair(Verdict::kRefused, Kind::kFailed),
        std::pair(Verdict::kAmbiguous, Kind::kLater)}) {
    CampaignFlight one = flight({""});
    fly(one, kFirst, {verdict});
    EXPECT_TRUE(one.wanted().empty());
    EXPECT_EQ(one.result().kind, kind);
    EXPECT_EQ(one.result().maybe_sent, verdict == Verdict::kAmbiguous);
  }
}

TEST_F(CampaignFlightTest, ACertainFailureGoesElsewhereUntilNobodyIsLeft) {
  CampaignFlight one = flight({""});
  fly(one, kFirst, {Verdict::kRetry});
  ASSERT_EQ(one.wanted().size(), 1U);
  EXPECT_TRUE(one.is_failover());
  EXPECT_EQ(one.excluded().front(), kFirst);
  EXPECT_FALSE(one.only().is_set());
  fly(one, kSecond, {Verdict::kCredential});
  EXPECT_EQ(one.excluded().size(), 2U);
  one.give_up({});
  EXPECT_TRUE(one.wanted().empty());
  EXPECT_EQ(one.result().kind, Kind::kLater);
  EXPECT_FALSE(one.result().maybe_sent);
}

TEST_F(CampaignFlightTest, AfterAnAnswerInDoubtNobodyElseIsAsked) {
  CampaignFlight one = flight({""}, true, kSecond);
  EXPECT_TRUE(one.repeats());
  EXPECT_EQ(one.only(), kSecond);
  fly(one, kSecond, {Verdict::kRetry});
  EXPECT_TRUE(one.wanted().empty());
  EXPECT_EQ(one.result().kind, Kind::kLater);
}

TEST_F(CampaignFlightTest, WhoIsRefusedInDoubtMayHaveGotIt) {
  CampaignFlight one = flight({""}, true, kFirst);
  fly(one, kFirst, {Verdict::kRefused});
  EXPECT_EQ(one.result().kind, Kind::kUnknown);
  EXPECT_EQ(one.result().reason, "refused");
}

TEST_F(CampaignFlightTest, TheProviderInDoubtIsGone) {
  CampaignFlight one = flight({""}, true, kFirst);
  EXPECT_FALSE(one.pass_over());
  EXPECT_EQ(one.result().kind, Kind::kUnknown);
  EXPECT_EQ(one.result().reason, "provider_gone");
}

TEST_F(CampaignFlightTest, DevicesGoByPlatformAndTheLuckiestCounts) {
  CampaignFlight one = flight({"apns", "apns", "fcm"});
  EXPECT_EQ(one.wanted(), (std::vector<std::size_t>{0, 1}));
  fly(one, kFirst, {Verdict::kAccepted, Verdict::kRetry});
  // The one beside it has it: no other provider is asked.
  EXPECT_EQ(one.wanted(), (std::vector<std::size_t>{2}));
  EXPECT_FALSE(one.only().is_set());
  fly(one, kSecond, {Verdict::kDropToken});
  EXPECT_EQ(one.result().kind, Kind::kSent);
}

TEST_F(CampaignFlightTest, AWaveThatWasTooLargeGoesOnWithTheSameProvider) {
  CampaignFlight one = flight({"apns", "apns"});
  const std::vector<std::size_t> first{0};
  one.launched(first, kFirst);
  EXPECT_TRUE(one.answered(0, {.verdict = Verdict::kRefused}, kNow, random_));
  EXPECT_EQ(one.wanted(), (std::vector<std::size_t>{1}));
  EXPECT_EQ(one.only(), kFirst);
}

TEST_F(CampaignFlightTest, PlatformsBeforeTheOneInDoubtAreNotAskedAgain) {
  CampaignFlight one = flight({"apns", "fcm", "webpush"}, true, kSecond);
  EXPECT_TRUE(one.pass_over());  // the second is no provider of apns
  EXPECT_EQ(one.wanted(), (std::vector<std::size_t>{1}));
  EXPECT_EQ(one.only(), kSecond);
  fly(one, kSecond, {Verdict::kAccepted});
  EXPECT_EQ(one.wanted(), (std::vector<std::size_t>{2}));
  EXPECT_FALSE(one.only().is_set());
  fly(one, kFirst, {Verdict::kAmbiguous});
  EXPECT_EQ(one.result().kind, Kind::kSent);
}

}  // namespace
}  // namespace ashlar::notifications
