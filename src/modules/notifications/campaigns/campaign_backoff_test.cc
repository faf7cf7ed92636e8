// Those of a chunk who have to wait while others of it are under way.
#include <gtest/gtest.h>

#include <vector>

#include "modules/notifications/campaigns/campaign_runner.h"
#include "modules/notifications/testing/campaign_fixture.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;

class CampaignBackoffTest : public CampaignFixture {};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignBackoffTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(CampaignBackoffTest, WhoFailedIsTriedAgainWhileAnothersAnswerIsAwaited) {
  add_provider(1);
  add_provider(2, Channel::kEmail);
  script(1).answer_with({verdict(Verdict::kRetry)});
  script(2).hold();
  std::vector<Member> members = phones(0, 1);
  members.push_back({Member::Kind::kEmail, "x@example.com"});
  const Campaign c = launch(members, [](Campaign& given) { given.channel.reset(); });
  std::vector<Begun> begun = begin(*one_);
  eventually([&] { return script(1).count() == 1 && script(2).count() == 1; });
  rest();
  advance(Seconds{6});  // the first pause is five at most
  eventually([&] { return script(1).count() == 2; });
  EXPECT_EQ(script(2).count(), 1U);
  script(2).release();
  finish(begun);
  work();
  EXPECT_EQ(campaign(c.id).state, CampaignState::kFinished);
  EXPECT_EQ(counts(c.id).sent, 2);
  EXPECT_EQ(counts(c.id).repeated, 0);
}

}  // namespace
}  // namespace ashlar::notifications
