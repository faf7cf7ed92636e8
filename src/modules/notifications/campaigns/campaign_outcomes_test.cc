// Outcomes against a model that keeps a struct for each member, over random histories; and what
// decode() refuses.
#include "modules/notifications/campaigns/campaign_outcomes.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "modules/notifications/campaigns/campaign_member.h"

namespace ashlar::notifications {
namespace {

using End = CampaignOutcomes::End;
using Kind = CampaignReports::Kind;

constexpr std::array<std::string_view, 4> kReasons{"opted_out", "quiet_hours", "refused",
                                                   "attempts_used"};

struct Model {
  End end = End::kNone;
  bool begun = false, doubt = false, unknown = false, repeated = false;
  std::string reason;
  std::int64_t rounds = 0;
  std::int64_t not_before = 0;

  void attempted() {
    if (begun && doubt) repeated = true;
    begun = false;
  }
  void ends(End how, std::string_view why, bool maybe) {
    attempted();
    end = how;
    unknown = maybe;
    reason = why;
    doubt = false;
    rounds = not_before = 0;
  }
};

class History {
 public:
  History(std::size_t members, std::uint64_t seed)
      : model_(members), real_(members), random_(seed) {}

  void step() {
    const std::size_t i = random_.below(model_.size());
    Model& m = model_[i];
    const auto reason = kReasons[random_.below(kReasons.size())];
    const base::Time at = base::from_micros(static_cast<std::int64_t>(1 + random_.below(1'000)));
    const bool maybe = random_.chance(0.3);
    switch (random_.below(12)) {
      case 0:
      case 1:
        if (m.end != End::kNone || m.begun) return;
        real_.begin(i, ProviderId(7));
        m.begun = true;
        m.reason.clear();
        return;
      case 2:
        if (!m.begun) return;
        real_.later(i, reason, at, maybe);
        m.attempted();
        m.doubt = m.doubt || maybe;
        m.reason = reason;
        m.not_before = base::to_micros(at);
        if (m.rounds < 255) ++m.rounds;
        return;
      case 3:
        if (!m.begun) return;
        real_.withdraw(i, reason, at);
        m.begun = false;
        m.reason = reason;
        m.not_before = base::to_micros(at);
        return;
      case 4:
        if (m.end != End::kNone || m.begun) return;
        real_.put_off(i, reason, at);
        m.reason = reason;
        m.not_before = base::to_micros(at);
        return;
      case 5:
      case 6:
        if (m.end != End::kNone) return;
        real_.sent(i);
        return m.ends(End::kSent, "", false);
      case 7:
        if (m.end != End::kNone) return;
        real_.skip(i, reason);
        return m.ends(End::kSkipped, reason, false);
      case 8:
        if (m.end != End::kNone) return;
        real_.fail(i, reason, maybe);
        return m.ends(End::kFailed, reason, maybe);
      case 9:
        if (!m.unknown) return;
        real_.found_sent(i);
        m.unknown = false;
        m.end = End::kSent;
        m.reason.clear();
        return;
      default:
        return rarely();
    }
  }

  void rarely() {
    if (!random_.chance(0.02)) return;
    if (random_.chance(0.5)) {
      std::size_t lost = 0;
      for (Model& m : model_) {
        if (!m.begun) continue;
        m.attempted();
        m.doubt = true;
        ++lost;
      }
      EXPECT_EQ(real_.lose(), lost);
      return;
    }
    const bool unknown_too = random_.chance(0.5);
    std::size_t again = 0;
    for (Model& m : model_) {
      if (m.end != End::kFailed || (m.unknown && !unknown_too)) continue;
      m.doubt = m.unknown;
      m.unknown = false;
      m.end = End::kNone;
      m.reason.clear();
      ++again;
    }
    EXPECT_EQ(real_.retry_failed(unknown_too), again);
  }

  void check() {
    const auto decoded = CampaignOutcomes::decode(real_.encode(), model_.size());
    ASSERT_TRUE(decoded.ok());
    ASSERT_TRUE(*decoded == real_);
    CampaignCounts counts;
    counts.audience = static_cast<std::int64_t>(model_.size());
    std::map<std::string, std::int64_t, std::less<>> reasons;
    for (std::size_t i = 0; i < model_.size(); ++i) {
      const Model& m = model_[i];
      ASSERT_EQ(decoded->end_of(i), m.end);
      ASSERT_EQ(decoded->begun(i), m.begun);
      ASSERT_EQ(decoded->in_doubt(i), m.doubt);
      ASSERT_EQ(decoded->unknown(i), m.unknown);
      ASSERT_EQ(decoded->repeated(i), m.repeated);
      ASSERT_EQ(decoded->reason(i), m.reason);
      ASSERT_EQ(decoded->rounds(i), m.rounds);
      ASSERT_EQ(decoded->not_before(i) ? base::to_micros(*decoded->not_before(i)) : 0,
                m.not_before);
      counts.sent += m.end == End::kSent ? 1 : 0;
      counts.skipped += m.end == End::kSkipped ? 1 : 0;
      counts.failed += m.end == End::kFailed ? 1 : 0;
      counts.unknown += m.unknown ? 1 : 0;
      counts.repeated += m.repeated ? 1 : 0;
      if (!m.reason.empty()) ++reasons[m.reason];
    }
    const std::vector<int> variants(model_.size(), 1);
    const CampaignOutcomes::Tally tally = decoded->tally(variants, 2);
    ASSERT_EQ(tally.all, counts);
    ASSERT_EQ(tally.variants.at(1), counts);
    ASSERT_EQ(tally.variants.at(0), CampaignCounts{});
    ASSERT_EQ(tally.reasons, reasons);
    ASSERT_GE(counts.waiting(), 0);
  }

  void cancel() {
    real_.cancel("campaign_cancelled");
    EXPECT_EQ(real_.counts().waiting(), 0);
    for (std::size_t i = 0; i < model_.size(); ++i) {
      const Model& m = model_[i];
      if (m.end != End::kNone) continue;
      EXPECT_EQ(real_.unknown(i), m.begun || m.doubt);
      EXPECT_EQ(real_.end_of(i), m.begun || m.doubt ? End::kFailed : End::kSkipped);
    }
    EXPECT_EQ(real_.next_due(), std::nullopt);
  }

 private:
  std::vector<Model> model_;
  CampaignOutcomes real_;
  base::Random random_;
};

TEST(CampaignOutcomesTest, RandomHistoriesAreThoseOfTheModel) {
  for (const std::size_t members : {1UL, 7UL, 64UL, 65UL, 500UL}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE("members " + std::to_string(members) + " seed " + std::to_string(seed));
      History history(members, seed);
      for (int step = 0; step < 2'000; ++step) {
        history.step();
        if (step % 250 == 0) history.check();
        if (::testing::Test::HasFatalFailure()) return;
      }
      history.check();
      history.cancel();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(CampaignOutcomesTest, NothingThatIsCutOrChangedReadsAsSomethingAgainstTheLaws) {
  History history(65, 3);
  CampaignOutcomes outcomes(65);
  outcomes.sent(0);
  outcomes.fail(1, "refused", true);
  outcomes.begin(2, ProviderId(9));
  outcomes.put_off(3, "quiet_hours", base::from_micros(77));
  const std::string blob = outcomes.encode();
  for (std::size_t cut = 1; cut < blob.size(); ++cut) {
    EXPECT_FALSE(CampaignOutcomes::decode(blob.substr(0, cut), 65).ok()) << cut;
  }
  EXPECT_FALSE(CampaignOutcomes::decode(blob + "x", 65).ok());
  base::Random random(5);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = blob;
    changed[random.below(changed.size())] = static_cast<char>(random.next());
    const auto read = CampaignOutcomes::decode(changed, 65);
    if (!read.ok()) {
      ++refused;
      continue;
    }
    const CampaignCounts counts = read->counts();
    ASSERT_LE(counts.ended(), 65);
    ASSERT_LE(counts.unknown, counts.failed);
  }
  EXPECT_GT(refused, 1'000);
}

TEST(CampaignOutcomesTest, ManyDifferentReasonsEndAsOther) {
  CampaignOutcomes outcomes(500);
  for (std::size_t i = 0; i < 500; ++i) outcomes.fail(i, "reason_" + std::to_string(i));
  const auto decoded = CampaignOutcomes::decode(outcomes.encode(), 500);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->reason(0), "reason_0");
  EXPECT_EQ(decoded->reason(499), "other");
  const auto tally = decoded->tally({}, 0);
  std::int64_t sum = 0;
  for (const auto& [reason, count] : tally.reasons) sum += count;
  EXPECT_EQ(sum, 500);
}

TEST(CampaignOutcomesTest, TheFirstOfThoseThatWaitIsDue) {
  CampaignOutcomes outcomes(3);
  outcomes.put_off(0, "quiet_hours", base::from_micros(50));
  outcomes.put_off(1, "quiet_hours", base::from_micros(40));
  EXPECT_EQ(outcomes.next_due(), base::Time{});
  outcomes.sent(2);
  EXPECT_EQ(outcomes.next_due(), base::from_micros(40));
}

TEST(CampaignReportsTest, RanksNeverGoBack) {
  CampaignReports reports(3);
  EXPECT_TRUE(reports.mark(Kind::kBounced, 0));
  EXPECT_FALSE(reports.mark(Kind::kBounced, 0));
  EXPECT_TRUE(reports.mark(Kind::kDelivered, 0));
  EXPECT_FALSE(reports.mark(Kind::kBounced, 0));
  EXPECT_TRUE(reports.mark(Kind::kOpened, 1));
  EXPECT_FALSE(reports.mark(Kind::kDelivered, 1));
  const CampaignCounts counts = reports.counts();
  EXPECT_EQ(counts.delivered, 2);
  EXPECT_EQ(counts.opened, 1);
  EXPECT_EQ(counts.bounced, 0);
  const auto decoded = CampaignReports::decode(reports.encode(), 3);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, reports);
  EXPECT_FALSE(CampaignReports::decode(reports.encode().substr(0, 2), 3).ok());
}

TEST(CampaignMemberTest, ListsComeBackAndDamagedOnesDoNot) {
  const std::vector<Member> members{
      {.kind = Member::Kind::kUser, .address = "ada"},
      {.kind = Member::Kind::kEmail, .address = "a@example.com", .data = R"({"n":1})"},
      {.kind = Member::Kind::kPhone, .address = "+4915112345678"}};
  const std::string blob = encode_members(members);
  EXPECT_EQ(*decode_members(blob), members);
  for (std::size_t cut = 0; cut < blob.size(); ++cut) {
    EXPECT_FALSE(decode_members(blob.substr(0, cut)).ok()) << cut;
  }
  EXPECT_FALSE(decode_members(blob + "x").ok());
}

TEST(CampaignTest, VariantsFollowTheirWeightsAndStayTheSame) {
  Campaign campaign;
  campaign.id = CampaignId(12);
  EXPECT_EQ(variant_of(campaign, "uada"), -1);
  campaign.variants = {{.key = "a", .weight = 1, .message = {}},
                       {.key = "b", .weight = 3, .message = {}}};
  std::array<int, 2> got{};
  for (int i = 0; i < 40'000; ++i) {
    const std::string key = "u" + std::to_string(i);
    const int variant = variant_of(campaign, key);
    ASSERT_EQ(variant, variant_of(campaign, key));
    ++got.at(static_cast<std::size_t>(variant));
  }
  EXPECT_NEAR(got[0], 10'000, 400);
  // For ever: what was sent so must be counted so by each later version.
  EXPECT_EQ(variant_of(campaign, "u1"), 1);
  EXPECT_EQ(variant_of(campaign, "u3"), 1);
}

TEST(CampaignTest, MessageIdsAreReadAsTheyAreWritten) {
  const CampaignMessageId id{.campaign = CampaignId(12), .chunk = 3, .member = 417};
  EXPECT_EQ(to_text(id), "c12-3-417");
  EXPECT_EQ(campaign_message_id_of("c12-3-417"), id);
  CampaignMessageId with_device = id;
  with_device.device = 99;
  EXPECT_EQ(campaign_message_id_of("c12-3-417-99"), with_device);
  for (const char* wrong :
       {"", "c", "n12", "c12", "c12-3", "c12-3-", "c012-3-4", "c12-3-4-", "c0-1-2", "c12-3-4-5-6",
        "c12--3-4", "c-1-3-4", "c12-3-4x", "c12-3-4-0"}) {
    EXPECT_EQ(campaign_message_id_of(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace ashlar::notifications
