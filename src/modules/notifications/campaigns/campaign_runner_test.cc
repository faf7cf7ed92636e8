#include "modules/notifications/campaigns/campaign_runner.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "modules/notifications/campaigns/campaign_callbacks.h"
#include "modules/notifications/campaigns/campaign_run_store.h"
#include "modules/notifications/categories_store.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/campaign_fixture.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;
using End = CampaignOutcomes::End;

class CampaignRunnerTest : public CampaignFixture {
 protected:
  // How often each address was given to the provider.
  std::map<std::string, int> book(std::int64_t provider) {
    std::map<std::string, int> found;
    for (const Outgoing& out : script(provider).sent()) ++found[out.target.address];
    return found;
  }
  void expect_finished(CampaignId id) {
    EXPECT_EQ(campaign(id).state, CampaignState::kFinished);
    const CampaignCounts n = counts(id);
    EXPECT_EQ(n.sent + n.skipped + n.failed, n.audience);
  }
  static SendResult answer(Verdict verdict, std::string code = {}) {
    SendResult result;
    result.verdict = verdict;
    result.code = std::move(code);
    return result;
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignRunnerTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(CampaignRunnerTest, EverybodyGetsItOnceUnderAnIdOfTheirOwn) {
  add_provider(1);
  const Campaign c = launch(phones(0, 1'203));
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).sent, 1'203);
  EXPECT_EQ(counts(c.id).repeated, 0);
  std::set<std::string> ids;
  for (const Outgoing& out : script(1).sent()) {
    const auto id = campaign_message_id_of(out.id);
    ASSERT_TRUE(id) << out.id;
    EXPECT_EQ(chunk(c.id, id->chunk).members[static_cast<std::size_t>(id->member)].address,
              out.target.address);
    ids.insert(out.id);
    if (ids.size() > 20) break;
  }
  EXPECT_EQ(book(1).size(), 1'203U);
  EXPECT_EQ(script(1).count(), 1'203U);
  EXPECT_EQ(metric(R"(ashlar_notifications_campaign_recipients_total{outcome="sent"})"), 1'203);
}

TEST_P(CampaignRunnerTest, TheRulesHoldForEach) {
  add_provider(1);
  add_recipient("wants");
  add_recipient("wants-not", [](Recipient& r) { r.preferences = R"({"channels":{"sms":false}})"; });
  add_recipient("has-none", [](Recipient& r) { r.phone = ""; });
  add_recipient("suppressed", [](Recipient& r) { r.phone = "+4915199999999"; });
  run([&](storage::Transaction& tx) {
    Suppression s;
    s.channel = Channel::kSms;
    s.address = "+4915199999999";
    s.reason = Suppression::kHardBounce;
    return store::suppress(tx, s);
  });
  std::vector<Member> members{user("has-none"), user("nobody"), user("suppressed"), user("wants"),
                              user("wants-not")};
  members.push_back({Member::Kind::kPhone, "+4915199999999"});
  members.push_back({Member::Kind::kEmail, "x@example.com"});
  const Campaign c = launch(members);
  work();
  expect_finished(c.id);
  const CampaignOutcomes o = chunk(c.id).outcomes;
  const std::vector<std::string_view> reasons{"no_address", "no_address", "suppressed", "",
                                              "opted_out",  "suppressed", "no_address"};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    EXPECT_EQ(o.reason(i), reasons[i]) << i;
    EXPECT_EQ(o.end_of(i), reasons[i].empty() ? End::kSent : End::kSkipped) << i;
  }
  EXPECT_EQ(script(1).count(), 1U);
}

// The process dies with answers outstanding: they go again, under the same id, and are counted.
TEST_P(CampaignRunnerTest, WhoWasBegunByTheDeadIsRepeatedAndNobodyElse) {
  add_provider(1);
  script(1).hold();
  const Campaign c = launch(phones(0, 400));
  std::vector<Begun> lost = begin(*one_);
  eventually([&] { return script(1).count() == CampaignRun::kUnderWay; });
  const std::vector<Outgoing> first = script(1).sent();
  // Its lease runs out; somebody else takes the chunk.
  advance(Seconds{31});
  scripts_[1].always(Verdict::kAccepted);
  Instance two(*this, false);
  std::vector<Begun> again = begin(two);
  ASSERT_EQ(again.size(), 1U);
  eventually([&] { return script(1).count() >= 2 * CampaignRun::kUnderWay; });
  script(1).release();
  finish(again);
  work_with(two);
  expect_finished(c.id);
  const CampaignCounts n = counts(c.id);
  EXPECT_EQ(n.sent, 400);
  EXPECT_EQ(n.repeated, static_cast<std::int64_t>(CampaignRun::kUnderWay));
  std::map<std::string, std::set<std::string>> ids;
  for (const Outgoing& out : script(1).sent()) ids[out.target.address].insert(out.id);
  EXPECT_EQ(ids.size(), 400U);
  for (const auto& [address, of] : ids) EXPECT_EQ(of.size(), 1U) << address;
  const CampaignOutcomes o = chunk(c.id).outcomes;
  const auto repeated = book(1);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(o.repeated(i), repeated.at(chunk(c.id).members[i].address) == 2) << i;
  }
  // What the first one hears now is nobody's any more.
  ASSERT_EQ(lost[0].outcome.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(counts(c.id), n);
  EXPECT_EQ(metric("ashlar_notifications_campaign_chunks_lost_total"), 1);
}

TEST_P(CampaignRunnerTest, ACertainFailureIsTriedAgainAndIsNoRepetition) {
  add_provider(1);
  script(1).answer_with({verdict(Verdict::kRetry), verdict(Verdict::kRetry)});
  const Campaign c = launch(phones(0, 10));
  work();
  EXPECT_EQ(campaign(c.id).state, CampaignState::kRunning);
  EXPECT_EQ(counts(c.id).sent, 8);
  EXPECT_EQ(counts(c.id).waiting(), 2);
  EXPECT_EQ(chunk(c.id).state, ChunkState::kLater);
  EXPECT_EQ(chunk(c.id).outcomes.reason(0), "retry");
  advance(Seconds{6});
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).sent, 10);
  EXPECT_EQ(counts(c.id).repeated, 0);
  EXPECT_EQ(script(1).sent()[0].content.text, "World");
}

TEST_P(CampaignRunnerTest, AnotherProviderTakesOverAtOnceWhatHasCertainlyFailed) {
  add_provider(1);
  add_provider(2);
  script(1).answer_with(std::vector<SendResult>(5, verdict(Verdict::kRetry)));
  const Campaign c = launch(phones(0, 20));
  work();
  expect_finished(c.id);
  EXPECT_EQ(script(1).count(), 20U);
  EXPECT_EQ(script(2).count(), 5U);
  EXPECT_EQ(counts(c.id).repeated, 0);
  EXPECT_EQ(metric("ashlar_notifications_campaign_failovers_total"), 5);
}

TEST_P(CampaignRunnerTest, AnAnswerInDoubtGoesToTheSameProviderAndIsCounted) {
  add_provider(1);
  add_provider(2);
  script(1).answer_with(std::vector<SendResult>(3, verdict(Verdict::kAmbiguous)));
  const Campaign c = launch(phones(0, 20));
  work();
  EXPECT_EQ(counts(c.id).sent, 17);
  advance(Seconds{6});
  work();
  expect_finished(c.id);
  EXPECT_EQ(script(1).count(), 23U);
  EXPECT_EQ(script(2).count(), 0U);
  EXPECT_EQ(counts(c.id).repeated, 3);
  EXPECT_EQ(counts(c.id).sent, 20);
}

TEST_P(CampaignRunnerTest, WhatWasInDoubtWithoutItsProviderIsUnknown) {
  add_provider(1);
  script(1).always(Verdict::kAmbiguous);
  const Campaign c = launch(phones(0, 3));
  work();
  specs_.clear();
  add_provider(2);
  advance(Seconds{6});
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).unknown, 3);
  EXPECT_EQ(script(2).count(), 0U);
  EXPECT_EQ(chunk(c.id).outcomes.reason(0), "provider_gone");
}

TEST_P(CampaignRunnerTest, APausedOneBeginsWithNobodyAndForgetsNobody) {
  add_provider(1);
  script(1).hold();
  const Campaign c = launch(phones(0, 500));
  std::vector<Begun> begun = begin(*one_);
  eventually([&] { return script(1).count() == CampaignRun::kUnderWay; });
  set_state(c.id, CampaignState::kPaused);
  script(1).release();
  finish(begun);
  EXPECT_EQ(script(1).count(), CampaignRun::kUnderWay);
  EXPECT_EQ(counts(c.id).sent, static_cast<std::int64_t>(CampaignRun::kUnderWay));
  EXPECT_EQ(chunk(c.id).state, ChunkState::kIdle);
  set_state(c.id, CampaignState::kRunning);
  feed(c.id);
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).sent, 500);
  EXPECT_EQ(counts(c.id).repeated, 0);
  EXPECT_EQ(script(1).count(), 500U);
}

TEST_P(CampaignRunnerTest, OfACancelledOneWhatWaitsIsSkipped) {
  add_provider(1);
  script(1).hold();
  const Campaign c = launch(phones(0, 500));
  std::vector<Begun> begun = begin(*one_);
  eventually([&] { return script(1).count() == CampaignRun::kUnderWay; });
  set_state(c.id, CampaignState::kCancelling);
  script(1).release();
  finish(begun);
  EXPECT_EQ(campaign(c.id).state, CampaignState::kCancelled);
  const CampaignCounts n = counts(c.id);
  EXPECT_EQ(n.sent, static_cast<std::int64_t>(CampaignRun::kUnderWay));
  EXPECT_EQ(n.skipped, 500 - n.sent);
  EXPECT_EQ(chunk(c.id).outcomes.reason(499), "campaign_cancelled");
}

TEST_P(CampaignRunnerTest, ItStopsItselfWhereTooManyFail) {
  add_provider(1);
  script(1).always(Verdict::kRefused);
  const Campaign c = launch(phones(0, 2'000), [](Campaign& campaign) {
    campaign.stop_on = {.failed_percent = 50, .after = 100};
  });
  work();
  EXPECT_EQ(campaign(c.id).state, CampaignState::kStopped);
  EXPECT_EQ(campaign(c.id).stopped_reason, "error_rate");
  EXPECT_LE(script(1).count(), 4 * (CampaignRun::kUnderWay + CampaignRun::kWindow));
  EXPECT_GE(counts(c.id).failed, 100);
  EXPECT_GT(counts(c.id).waiting(), 0);
  EXPECT_EQ(counts(c.id).failed, static_cast<std::int64_t>(script(1).count()));
}

TEST_P(CampaignRunnerTest, QuietHoursPutOffOneAndNoOther) {
  add_provider(1);
  add_recipient("asleep", [](Recipient& r) { r.quiet_hours = R"({"from":"22:00","to":"23:00"})"; });
  add_recipient("awake");
  const Campaign c = launch({user("asleep"), user("awake")});
  work();
  // The clock begins at 22:13:20.
  EXPECT_EQ(counts(c.id).sent, 1);
  EXPECT_EQ(chunk(c.id).state, ChunkState::kLater);
  EXPECT_EQ(chunk(c.id).outcomes.reason(0), "quiet_hours");
  advance(Seconds{46 * 60});
  work();
  EXPECT_EQ(counts(c.id).sent, 1);
  advance(Seconds{60});
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).sent, 2);
}

TEST_P(CampaignRunnerTest, CapsCountOtherCampaignsToo) {
  add_provider(1);
  run([&](storage::Transaction& tx) {
    Category category;
    category.name = "news";
    category.settings = R"({"caps":[{"max":1,"per":3600,"excess":"skip"}]})";
    return store::put_category(tx, category, clock_.now());
  });
  add_recipient("carol");
  const Campaign first = launch({user("carol")});
  work();
  const Campaign second = launch({user("carol")});
  work();
  EXPECT_EQ(counts(first.id).sent, 1);
  EXPECT_EQ(counts(second.id).skipped, 1);
  EXPECT_EQ(chunk(second.id).outcomes.reason(0), "frequency_cap");
  // A single message counts it too.
  const auto sent = run([&](storage::Transaction& tx) {
    return store::sent_to(tx, "carol", "news", {}, clock_.now() - Seconds{60}, 10);
  });
  EXPECT_EQ(sent.size(), 1U);
  advance(Seconds{3'601});
  const Campaign third = launch({user("carol")});
  work();
  EXPECT_EQ(counts(third.id).sent, 1);
}

TEST_P(CampaignRunnerTest, AnInboxHoldsItOnceThoughTheChunkIsWorkedAgain) {
  add_recipient("carol");
  add_recipient("dora");
  const Campaign c = launch({user("carol"), user("dora")},
                            [](Campaign& campaign) { campaign.channel = Channel::kInbox; });
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).sent, 2);
  const auto entries = run([&](storage::Transaction& tx) {
    return store::list_inbox(tx, "carol", InboxView::kUnread, InboxEntryId(1'000'000), 10);
  });
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].title, "Hello");
  const auto place = store::inbox_place_of(entries[0].delivery);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->ref, (ChunkRef{c.id, 1}));
  EXPECT_EQ(place->member, 0U);
  const bool again =
      run([&](storage::Transaction& tx) { return store::put_campaign_entry(tx, entries[0]); });
  EXPECT_FALSE(again);
}

TEST_P(CampaignRunnerTest, APaceIsKept) {
  add_provider(1);
  const Campaign c = launch(phones(0, 500), [](Campaign& one) { one.pace_per_s = 100; });
  std::vector<Begun> begun = begin(*one_);
  const base::Time began = clock_.now();
  for (int step = 0; step < 60; ++step) {
    const auto passed = std::chrono::duration<double>(clock_.now() - began).count();
    EXPECT_LE(static_cast<double>(script(1).count()), 100 * passed + 26) << step;
    clock_.advance(base::Millis{100});
    rest();
  }
  finish(begun);
  expect_finished(c.id);
  EXPECT_EQ(script(1).count(), 500U);
}

TEST_P(CampaignRunnerTest, AUsersDevicesAreAskedPlatformByPlatform) {
  add_provider(1, Channel::kPush, "apns");
  add_provider(2, Channel::kPush, "fcm");
  add_recipient("carol");
  add_recipient("dora");
  run([&](storage::Transaction& tx) -> base::Result<bool> {
    for (const auto& [owner, platform, token] :
         {std::tuple("carol", Platform::kFcm, "f1"), std::tuple("carol", Platform::kApns, "a1"),
          std::tuple("carol", Platform::kApns, "a2"), std::tuple("dora", Platform::kFcm, "f2")}) {
      Device device;
      device.user_id = owner;
      device.platform = platform;
      device.token = token;
      ASHLAR_TRY(store::register_device(tx, device, clock_.now()));
    }
    return true;
  });
  script(2).always([](const Outgoing&) { return answer(Verdict::kDropToken); });
  advance(Seconds{1});  // they were registered before they were called gone
  const Campaign c =
      launch({user("carol"), user("dora")}, [](Campaign& one) { one.channel = Channel::kPush; });
  work();
  expect_finished(c.id);
  const CampaignOutcomes o = chunk(c.id).outcomes;
  EXPECT_EQ(o.end_of(0), End::kSent);  // the luckiest of three
  EXPECT_EQ(o.end_of(1), End::kFailed);
  EXPECT_EQ(o.reason(1), "device_gone");
  EXPECT_EQ(script(1).count(), 2U);
  EXPECT_EQ(script(2).count(), 2U);
  const auto left = run([&](storage::Transaction& tx) { return store::devices_of(tx, "carol"); });
  EXPECT_EQ(left.size(), 2U);
}

TEST_P(CampaignRunnerTest, WhatAnAnswerSaysOfAnAddressIsKept) {
  add_provider(1);
  script(1).answer_with({answer(Verdict::kSuppress, "21610")});
  const Campaign c = launch(phones(0, 2));
  work();
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).failed, 1);
  EXPECT_EQ(chunk(c.id).outcomes.reason(0), "suppressed");
  const auto kept = run([&](storage::Transaction& tx) {
    return store::suppressed(tx, Channel::kSms, phone(0), "news");
  });
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->reason, Suppression::kStop);
}

TEST_P(CampaignRunnerTest, ReportsReachTheMarksOnceAndNeverGoBack) {
  add_provider(1);
  script(1).always([n = 0](const Outgoing&) mutable {
    SendResult result = verdict(Verdict::kAccepted);
    result.provider_ref = "SM" + std::to_string(n++);
    return result;
  });
  const Campaign c = launch(phones(0, 4));
  work();
  ProviderAccount account;
  account.id = ProviderId(1);
  account.tenant = kAlice;
  account.channel = Channel::kSms;
  CampaignCallbacks callbacks(*one_->db, clock_);
  const auto tell = [&](Report::Kind kind, const std::string& ref, const std::string& id) {
    Report report;
    report.kind = kind;
    report.provider_ref = ref;
    report.message_id = id;
    const auto heard = callbacks.hear(account, {report});
    EXPECT_TRUE(heard.ok());
    return heard.ok() ? *heard : CampaignCallbacks::Heard{};
  };
  EXPECT_EQ(tell(Report::Kind::kOpened, "SM0", "").taken, 1);
  EXPECT_EQ(tell(Report::Kind::kDelivered, "SM0", "").repeated, 1);
  EXPECT_EQ(tell(Report::Kind::kFailed, "SM0", "").repeated, 1);
  EXPECT_EQ(tell(Report::Kind::kHardBounce, "", script(1).sent()[1].id).taken, 1);
  EXPECT_EQ(tell(Report::Kind::kDelivered, "SM99", "").others.size(), 1U);
  EXPECT_EQ(tell(Report::Kind::kDelivered, "", "c999-1-1").taken, 0);
  const CampaignCounts n = counts(c.id);
  EXPECT_EQ(n.opened, 1);
  EXPECT_EQ(n.delivered, 1);
  EXPECT_EQ(n.bounced, 1);
  EXPECT_EQ(n.sent, 4);
  const auto kept = run([&](storage::Transaction& tx) {
    return store::suppressed(tx, Channel::kSms, script(1).sent()[1].target.address, "");
  });
  EXPECT_TRUE(kept);
}

TEST_P(CampaignRunnerTest, WhatTurnsOutToHaveArrivedIsNoFailureAnyMore) {
  add_provider(1);
  script(1).always(Verdict::kAmbiguous);
  const Campaign c = launch(phones(0, 2));
  work();
  specs_.clear();
  one_->pool.forget_all();
  add_provider(2);
  advance(Seconds{6});
  work();
  EXPECT_EQ(counts(c.id).unknown, 2);
  ProviderAccount account;
  account.tenant = kAlice;
  CampaignCallbacks callbacks(*one_->db, clock_);
  Report report;
  report.kind = Report::Kind::kDelivered;
  report.message_id = script(1).sent()[0].id;
  ASSERT_TRUE(callbacks.hear(account, {report}).ok());
  EXPECT_EQ(counts(c.id).unknown, 1);
  EXPECT_EQ(counts(c.id).sent, 1);
  EXPECT_EQ(counts(c.id).delivered, 1);
}

TEST_P(CampaignRunnerTest, WithoutAProviderItIsCaughtOrFails) {
  const Campaign failed = launch(phones(0, 3));
  work();
  expect_finished(failed.id);
  EXPECT_EQ(counts(failed.id).failed, 3);
  EXPECT_EQ(chunk(failed.id).outcomes.reason(0), "no_provider");
  const Campaign caught = launch(phones(0, 3));
  Instance developer(*this, true);
  work_with(developer);
  EXPECT_EQ(counts(caught.id).sent, 3);
  const auto kept = run([&](storage::Transaction& tx) {
    return store::list_caught(tx, Channel::kSms, 1'000'000, 10);
  });
  EXPECT_EQ(kept.size(), 3U);
}

TEST_P(CampaignRunnerTest, VariantsSayTheirOwn) {
  add_provider(1);
  const Campaign c = launch(phones(0, 400), [](Campaign& one) {
    CampaignVariant a{.key = "a", .weight = 1, .message = {}};
    a.message.content = R"({"text":"A"})";
    CampaignVariant b{.key = "b", .weight = 3, .message = {}};
    b.message.content = R"({"text":"B"})";
    one.variants = {a, b};
  });
  work();
  expect_finished(c.id);
  std::map<std::string, std::int64_t> texts;
  for (const Outgoing& out : script(1).sent()) ++texts[out.content.text];
  EXPECT_EQ(texts["A"] + texts["B"], 400);
  EXPECT_NEAR(static_cast<double>(texts["A"]), 100, 45);
  const auto tally =
      run([&](storage::Transaction& tx) { return store::tally_campaign(tx, c.id, 2); });
  EXPECT_EQ(tally.variants[0].sent, texts["A"]);
  EXPECT_EQ(tally.variants[1].sent, texts["B"]);
}

TEST_P(CampaignRunnerTest, AProviderThatIsAwayCostsNoAttempt) {
  add_provider(1).max_running = 1'000;
  script(1).always(Verdict::kCredential);
  const Campaign c = launch(phones(0, 100));
  work();
  EXPECT_EQ(campaign(c.id).state, CampaignState::kRunning);
  const std::size_t asked = script(1).count();
  advance(Seconds{6});
  work();
  EXPECT_LE(script(1).count(), asked + 5);
  script(1).always(Verdict::kAccepted);
  for (int i = 0; i < 40; ++i) {
    advance(Seconds{30});
    work();
  }
  expect_finished(c.id);
  EXPECT_EQ(counts(c.id).sent, 100);
}

}  // namespace
}  // namespace ashlar::notifications
