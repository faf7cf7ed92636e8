// From an audience to chunks: exactly once each, whoever plans and however often that is broken
// off; and what start, pause, resume, cancel and retry do to a campaign.
#include "modules/notifications/campaigns/campaigns.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "modules/notifications/campaigns/campaign_upload.h"
#include "modules/notifications/campaigns/campaigns_json.h"
#include "modules/notifications/segments_store.h"
#include "modules/notifications/testing/campaign_fixture.h"
#include "modules/notifications/topics_store.h"

namespace ashlar::notifications {
namespace {

using storage::Transaction;

// Each look at the time is a turn later: an attempt writes one batch and gives way.
class HastyClock final : public base::Clock {
 public:
  explicit HastyClock(const base::Clock& clock) : clock_(clock) {}
  [[nodiscard]] base::Time now() const override { return clock_.now(); }
  [[nodiscard]] base::Mono mono() const override {
    return base::Mono{std::chrono::seconds{15 * ++looks_}};
  }

 private:
  const base::Clock& clock_;
  mutable std::atomic<std::int64_t> looks_{0};
};

class CampaignsTest : public CampaignFixture {
 protected:
  Campaigns campaigns_on(const base::Clock& clock) {
    return {*one_->db, *jobs_, one_->templates, *feed_, clock, metrics_, log_};
  }

  static Campaign wanted(Campaign::AudienceKind kind, const std::string& key = {}) {
    Campaign c;
    c.name = "Sale";
    c.channel = Channel::kSms;
    c.message.content = R"({"text":"World"})";
    c.audience_kind = kind;
    c.audience_key = key;
    return c;
  }

  CampaignId create(const Campaign& c, const std::vector<std::string>& users = {}) {
    const Campaigns campaigns = campaigns_on(clock_);
    return run([&](Transaction& tx) { return campaigns.create(tx, c, users); }).id;
  }
  Campaign start(CampaignId id) {
    const Campaigns campaigns = campaigns_on(clock_);
    return run([&](Transaction& tx) { return campaigns.start(tx, id); });
  }

  // One attempt of each of its jobs that are ready, by a planner that knows nothing of those
  // before. Whether there was any.
  bool plan_once(const base::Clock& clock) {
    EXPECT_TRUE(jobs_->tend().ok());
    const auto leased = jobs_->lease({.kind = kCampaignPlanJob, .max = 10, .worker = "test"});
    EXPECT_TRUE(leased.ok());
    std::vector<jobs::Ended> ended;
    for (const jobs::LeasedJob& job : *leased) {
      Campaigns campaigns = campaigns_on(clock);
      ended.push_back(
          {job.ref, campaigns.work(jobs::Attempt{job, clock_.mono() + base::Seconds{60}})});
      EXPECT_NE(ended.back().outcome.kind, jobs::Outcome::Kind::kDead)
          << ended.back().outcome.error;
      EXPECT_NE(ended.back().outcome.kind, jobs::Outcome::Kind::kFailed)
          << ended.back().outcome.error;
    }
    EXPECT_TRUE(ended.empty() || jobs_->end_many(ended).ok());
    return !ended.empty();
  }
  int plan_all(const base::Clock& clock) {
    int attempts = 0;
    while (attempts < 100 && plan_once(clock)) ++attempts;
    return attempts;
  }

  // Everybody in its chunks, in their order.
  std::vector<Member> members_of(CampaignId id) {
    std::vector<Member> all;
    for (std::int64_t no = 1; no <= campaign(id).chunks; ++no) {
      const store::LoadedChunk one = chunk(id, no);
      EXPECT_FALSE(one.members.empty());
      EXPECT_LE(one.members.size(), kChunkMembers);
      all.insert(all.end(), one.members.begin(), one.members.end());
    }
    return all;
  }
  void expect_exactly(CampaignId id, std::size_t count) {
    const std::vector<Member> all = members_of(id);
    EXPECT_EQ(all.size(), count);
    std::set<std::string> keys;
    for (const Member& member : all) keys.insert(member.key());
    EXPECT_EQ(keys.size(), count) << "somebody is in it twice";
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Member::key));
    const CampaignCounts counted = counts(id);
    EXPECT_EQ(counted.audience, static_cast<std::int64_t>(count));
    EXPECT_EQ(campaign(id).audience, static_cast<std::int64_t>(count));
  }

  TopicId topic(const std::string& name, int members) {
    const Topic made =
        run([&](Transaction& tx) { return store::find_or_make_topic(tx, name, clock_.now()); });
    std::vector<std::string> users;
    for (int i = 0; i < members; ++i) users.push_back("user-" + std::to_string(i));
    run([&](Transaction& tx) { return store::add_members(tx, made.id, users, clock_.now()); });
    return made.id;
  }
  void upload(CampaignId id, const std::string& lines) {
    const Campaigns campaigns = campaigns_on(clock_);
    const auto read = read_upload_json(lines, Channel::kSms);
    ASSERT_TRUE(read.ok());
    run([&](Transaction& tx) { return campaigns.upload(tx, id, *read); });
  }
  template <class Act>
  base::Result<Campaign> act(CampaignId id, Act what) {
    const Campaigns campaigns = campaigns_on(clock_);
    return one_->db->write(storage::Context::tenant(kAlice),
                           [&](Transaction& tx) { return what(campaigns, tx, id); });
  }
  base::Result<Campaign> pause(CampaignId id) {
    return act(id,
               [](const Campaigns& c, Transaction& tx, CampaignId i) { return c.pause(tx, i); });
  }
  base::Result<Campaign> resume(CampaignId id) {
    return act(id,
               [](const Campaigns& c, Transaction& tx, CampaignId i) { return c.resume(tx, i); });
  }
  base::Result<Campaign> cancel(CampaignId id) {
    return act(id,
               [](const Campaigns& c, Transaction& tx, CampaignId i) { return c.cancel(tx, i); });
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignsTest, storage::both_engines(), storage::engine_name);

TEST_P(CampaignsTest, ATopicIsPlannedThoughEachAttemptIsBrokenOffAfterABatch) {
  topic("news", 12'345);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kTopic, "news"));
  EXPECT_EQ(start(id).state, CampaignState::kPlanning);
  const HastyClock hasty(clock_);
  EXPECT_GE(plan_all(hasty), 3);
  EXPECT_EQ(campaign(id).state, CampaignState::kRunning);
  expect_exactly(id, 12'345);
  EXPECT_EQ(campaign(id).chunks, 25);
}

TEST_P(CampaignsTest, SeveralPlannersAtOnceWriteNobodyDownTwice) {
  topic("news", 12'345);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kTopic, "news"));
  start(id);
  const auto leased = jobs_->lease({.kind = kCampaignPlanJob, .max = 1, .worker = "test"});
  ASSERT_EQ(leased->size(), 1U);
  std::vector<std::thread> planners;
  for (int i = 0; i < 3; ++i) {
    planners.emplace_back([&] {
      Campaigns campaigns = campaigns_on(clock_);
      campaigns.work(jobs::Attempt{leased->front(), clock_.mono() + base::Seconds{60}});
    });
  }
  for (std::thread& planner : planners) planner.join();
  while (campaign(id).state == CampaignState::kPlanning) {
    Campaigns campaigns = campaigns_on(clock_);
    campaigns.work(jobs::Attempt{leased->front(), clock_.mono() + base::Seconds{60}});
  }
  expect_exactly(id, 12'345);
}

TEST_P(CampaignsTest, UploadsAreMergedTheFirstOfEqualOnesCountsAndDuplicatesAreCounted) {
  const CampaignId id = create(wanted(Campaign::AudienceKind::kUpload));
  EXPECT_STREQ(
      act(id, [](const Campaigns& c, Transaction& tx, CampaignId i) { return c.start(tx, i); })
          .error()
          .reason,
      "audience_not_uploaded");
  std::string first;
  std::string second;
  for (int i = 0; i < 3'000; ++i) {
    first += R"({"user_id":"u)" + std::to_string(i) + R"(","data":{"from":1}})" + "\n";
    second += R"({"user_id":"u)" + std::to_string(i + 1'500) + R"(","data":{"from":2}})" + "\n";
  }
  upload(id, first);
  upload(id, second);
  upload(id, R"({"phone":"+49 151 12345678"})"
             "\n"
             R"({"phone":"+4915112345678"})"
             "\n");
  EXPECT_EQ(campaign(id).uploaded, 6'002);
  start(id);
  const HastyClock hasty(clock_);
  plan_all(hasty);
  expect_exactly(id, 4'501);
  EXPECT_EQ(campaign(id).duplicates, 1'501);
  for (const Member& member : members_of(id)) {
    if (member.kind != Member::Kind::kUser) continue;
    const int number = std::stoi(member.address.substr(1));
    EXPECT_EQ(member.data, number < 3'000 ? R"({"from":1})" : R"({"from":2})") << number;
  }
}

TEST_P(CampaignsTest, SegmentsAndEverybody) {
  for (const char* user : {"a", "b", "c"}) {
    add_recipient(user, [&](Recipient& r) { r.locale = user[0] == 'b' ? "en" : "de"; });
  }
  run([&](Transaction& tx) {
    Segment segment;
    segment.name = "germans";
    segment.where = R"({"locale":"de"})";
    return store::put_segment(tx, segment, clock_.now());
  });
  const CampaignId some = create(wanted(Campaign::AudienceKind::kSegment, "germans"));
  const CampaignId all = create(wanted(Campaign::AudienceKind::kEverybody));
  start(some);
  start(all);
  plan_all(clock_);
  expect_exactly(some, 2);
  expect_exactly(all, 3);
  EXPECT_STREQ(one_->db
                   ->write(storage::Context::tenant(kAlice),
                           [&](Transaction& tx) {
                             return campaigns_on(clock_).create(
                                 tx, wanted(Campaign::AudienceKind::kTopic, "nothing"), {});
                           })
                   .error()
                   .reason,
               "topic_not_found");
}

TEST_P(CampaignsTest, NobodyIsFedBeforeAllArePlannedAndAnEmptyAudienceIsFinishedAtOnce) {
  topic("news", 12'000);
  topic("empty", 0);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kTopic, "news"));
  const CampaignId none = create(wanted(Campaign::AudienceKind::kTopic, "empty"));
  start(id);
  const HastyClock hasty(clock_);
  ASSERT_TRUE(plan_once(hasty));
  EXPECT_EQ(campaign(id).state, CampaignState::kPlanning);
  EXPECT_EQ(chunk(id, 1).state, ChunkState::kIdle);
  plan_all(hasty);
  std::int64_t fed = 0;
  for (std::int64_t no = 1; no <= 24; ++no) {
    fed += chunk(id, no).state == ChunkState::kFed ? 1 : 0;
  }
  EXPECT_EQ(fed, CampaignFeed::kAlive);
  start(none);
  plan_all(clock_);
  EXPECT_EQ(campaign(none).state, CampaignState::kFinished);
}

TEST_P(CampaignsTest, PausedWhileItIsPlannedItGoesOnWhereItWas) {
  topic("news", 12'000);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kTopic, "news"));
  start(id);
  const HastyClock hasty(clock_);
  ASSERT_TRUE(plan_once(hasty));
  ASSERT_TRUE(pause(id).ok());
  plan_all(hasty);
  EXPECT_EQ(campaign(id).state, CampaignState::kPaused);
  EXPECT_LT(campaign(id).audience, 12'000);
  EXPECT_EQ(resume(id)->state, CampaignState::kPlanning);
  plan_all(hasty);
  EXPECT_EQ(campaign(id).state, CampaignState::kRunning);
  expect_exactly(id, 12'000);
}

TEST_P(CampaignsTest, ScheduledItIsPlannedInItsTime) {
  topic("news", 10);
  Campaign later = wanted(Campaign::AudienceKind::kTopic, "news");
  later.send_at = clock_.now() + base::Seconds{3'600};
  const CampaignId id = create(later);
  EXPECT_EQ(start(id).state, CampaignState::kScheduled);
  plan_all(clock_);
  EXPECT_EQ(campaign(id).state, CampaignState::kScheduled);
  advance(base::Seconds{3'601});
  plan_all(clock_);
  EXPECT_EQ(campaign(id).state, CampaignState::kRunning);
  expect_exactly(id, 10);
}

TEST_P(CampaignsTest, CancelledWhileNothingIsInWorkAllWhoWaitAreSkipped) {
  topic("news", 12'000);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kTopic, "news"));
  start(id);
  const HastyClock hasty(clock_);
  ASSERT_TRUE(plan_once(hasty));
  const std::int64_t planned = campaign(id).audience;
  ASSERT_GT(planned, 0);
  EXPECT_EQ(cancel(id)->state, CampaignState::kCancelling);
  plan_all(clock_);
  EXPECT_EQ(campaign(id).state, CampaignState::kCancelled);
  ASSERT_TRUE(campaign(id).finished_at);
  const CampaignCounts n = counts(id);
  EXPECT_EQ(n.audience, planned);
  EXPECT_EQ(n.skipped, planned);
  EXPECT_EQ(chunk(id, 1).outcomes.reason(0), "campaign_cancelled");
  EXPECT_STREQ(cancel(id).error().reason, "campaign_state");
}

TEST_P(CampaignsTest, CancelledWhileChunksAreInWorkItEndsWithThem) {
  add_provider(1);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kUpload));
  std::string lines;
  for (const Member& member : phones(0, 12'000)) {
    lines += R"({"phone":")" + member.address + "\"}\n";
  }
  upload(id, lines);
  start(id);
  plan_all(clock_);
  ASSERT_TRUE(cancel(id).ok());
  plan_all(clock_);
  EXPECT_EQ(campaign(id).state, CampaignState::kCancelling);
  work();
  advance(base::Seconds{1});
  plan_all(clock_);
  EXPECT_EQ(campaign(id).state, CampaignState::kCancelled);
  const CampaignCounts n = counts(id);
  EXPECT_EQ(n.sent + n.skipped + n.failed, 12'000);
}

TEST_P(CampaignsTest, RetryFailedTakesThoseAloneWhoFailedForCertain) {
  add_provider(1);
  SendResult refused;
  refused.verdict = Verdict::kRefused;
  script(1).answer_with({refused, refused});
  const CampaignId id = create(wanted(Campaign::AudienceKind::kUpload));
  upload(id, R"({"phone":"+4915100000001"})"
             "\n"
             R"({"phone":"+4915100000002"})"
             "\n"
             R"({"phone":"+4915100000003"})");
  start(id);
  plan_all(clock_);
  work();
  ASSERT_EQ(campaign(id).state, CampaignState::kFinished);
  ASSERT_EQ(counts(id).failed, 2);
  const auto retry = [](const Campaigns& c, Transaction& tx, CampaignId i) {
    return c.retry_failed(tx, i, false);
  };
  EXPECT_EQ(act(id, retry)->state, CampaignState::kRunning);
  work();
  EXPECT_EQ(campaign(id).state, CampaignState::kFinished);
  EXPECT_EQ(counts(id).sent, 3);
  EXPECT_EQ(counts(id).repeated, 0);
  EXPECT_EQ(script(1).count(), 5U);
  EXPECT_EQ(act(id, retry)->state, CampaignState::kFinished);
}

TEST_P(CampaignsTest, ADedupeKeyMakesOneCampaign) {
  Campaign once = wanted(Campaign::AudienceKind::kUsers);
  once.dedupe_key = "summer";
  const CampaignId first = create(once, {"a", "b", "a"});
  EXPECT_EQ(create(once, {"a"}), first);
  EXPECT_EQ(campaign(first).uploaded, 3);
  start(first);
  plan_all(clock_);
  expect_exactly(first, 2);
}

TEST_P(CampaignsTest, WhatHasEndedGoesWithAllThatHangsOnIt) {
  topic("news", 1'200);
  const CampaignId id = create(wanted(Campaign::AudienceKind::kTopic, "news"));
  start(id);
  plan_all(clock_);
  const auto sweep = [&] {
    const auto swept = one_->db->write(
        storage::Context::platform(storage::PlatformUse::kMaintenance).read_committed(),
        [&](Transaction& tx) {
          return store::sweep_campaigns(tx, clock_.now() + base::Seconds{1}, 2);
        });
    EXPECT_TRUE(swept.ok());
    return swept.ok() ? *swept : 0;
  };
  EXPECT_EQ(sweep(), 0) << "it runs still";
  set_state(id, CampaignState::kFinished);
  run([&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(auto c, store::lock_campaign(tx, id));
    c->finished_at = clock_.now();
    return store::update_campaign(tx, *c);
  });
  int rounds = 0;
  while (rounds < 20 && sweep() > 0) ++rounds;
  EXPECT_GT(rounds, 1);
  const auto gone = one_->db->read(storage::Context::tenant(kAlice),
                                   [&](Transaction& tx) { return store::find_campaign(tx, id); });
  EXPECT_FALSE(*gone);
  EXPECT_EQ(counts(id).audience, 0);
}

// --- What needs no store ---

TEST(CampaignActsTest, EachStateAllowsWhatItsPictureSays) {
  using enum CampaignState;
  using enum CampaignAct;
  const auto allowed = [](CampaignAct act, CampaignState state, bool planned) -> std::string {
    Campaign c;
    c.state = state;
    c.planned = planned;
    const auto next = after(act, c, base::from_micros(1));
    return next.ok() ? std::string(name_of(*next)) : "-";
  };
  struct Row {
    CampaignState state;
    bool planned;
    const char *upload, *start, *pause, *resume, *cancel, *retry;
  };
  for (const Row& row : std::initializer_list<Row>{
           {kDraft, false, "draft", "planning", "-", "-", "cancelled", "-"},
           {kScheduled, false, "-", "-", "paused", "-", "cancelled", "-"},
           {kPlanning, false, "-", "-", "paused", "-", "cancelling", "-"},
           {kRunning, true, "-", "-", "paused", "-", "cancelling", "-"},
           {kPaused, false, "-", "-", "-", "planning", "cancelling", "-"},
           {kPaused, true, "-", "-", "-", "running", "cancelling", "running"},
           {kStopped, true, "-", "-", "-", "running", "cancelling", "running"},
           {kCancelling, true, "-", "-", "-", "-", "-", "-"},
           {kFinished, true, "-", "-", "-", "-", "-", "running"},
           {kCancelled, true, "-", "-", "-", "-", "-", "-"}}) {
    SCOPED_TRACE(name_of(row.state));
    EXPECT_EQ(allowed(kUpload, row.state, row.planned), row.upload);
    EXPECT_EQ(allowed(kStart, row.state, row.planned), row.start);
    EXPECT_EQ(allowed(kPause, row.state, row.planned), row.pause);
    EXPECT_EQ(allowed(kResume, row.state, row.planned), row.resume);
    EXPECT_EQ(allowed(kCancel, row.state, row.planned), row.cancel);
    EXPECT_EQ(allowed(kRetryFailed, row.state, row.planned), row.retry);
  }
}

TEST(CampaignStopTest, StopsByWhatHasComeSinceItWasResumed) {
  Campaign c;
  c.stop_on = {.failed_percent = 20, .after = 50};
  CampaignCounts n{.audience = 1'000, .sent = 40, .skipped = 500, .failed = 9};
  EXPECT_FALSE(should_stop(c, n));
  n.failed = 10;
  EXPECT_TRUE(should_stop(c, n));
  c.seen_ended = 50;
  c.seen_failed = 10;
  EXPECT_FALSE(should_stop(c, n));
  n.sent += 40;
  n.failed += 10;
  EXPECT_TRUE(should_stop(c, n));
  c.stop_on.failed_percent = 0;
  EXPECT_FALSE(should_stop(c, n));
}

TEST(CampaignUploadTest, EachWrongLineIsNamed) {
  struct Row {
    const char *body, *line, *reason;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"{\"user_id\":\"a\"}\n[]", "/lines/2", "wrong_type"},
           {"\n\nnothing", "/lines/3", "bad_json"},
           {"{}", "/lines/1", "recipient_missing"},
           {R"({"user_id":"a","email":"a@b.c"})", "/lines/1", "recipient_ambiguous"},
           {R"({"user_id":"a","name":"x"})", "/lines/1", "unknown_field"},
           {R"({"user_id":7})", "/lines/1", "wrong_type"},
           {R"({"user_id":"a b"})", "/lines/1", "user_id_invalid"},
           {R"({"user_id":"a\r\nBcc: x"})", "/lines/1", "user_id_invalid"},
           {R"({"email":"a\r\nBcc: b@example.com"})", "/lines/1", "email_invalid"},
           {R"({"phone":"12"})", "/lines/1", "phone_invalid"},
           {R"({"user_id":"a","data":[]})", "/lines/1", "wrong_type"},
           {R"({"email":"a@example.com"})", "/lines/1", "address_unfit"},
           {R"({"user_id":"a","user_id":"b"})", "/lines/1", "bad_json"}}) {
    const auto read = read_upload_json(row.body, Channel::kSms);
    ASSERT_FALSE(read.ok()) << row.body;
    ASSERT_EQ(read.error().fields.size(), 1U) << row.body;
    EXPECT_EQ(read.error().fields[0].field, row.line) << row.body;
    EXPECT_STREQ(read.error().fields[0].reason, row.reason) << row.body;
  }
  const std::string large = R"({"user_id":"a","data":{"x":")" + std::string(4'096, 'x') + "\"}}";
  EXPECT_STREQ(read_upload_json(large, std::nullopt).error().fields[0].reason, "data_too_large");
  EXPECT_STREQ(read_upload_text("a\nb c\n").error().fields[0].reason, "user_id_invalid");
}

TEST(CampaignUploadTest, TextIsSortedOnceAndItsLineEndsAreAnybodys) {
  const auto read = read_upload_text(
      "\xEF\xBB\xBF"
      "b\r\na\n\n  b  \nc");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->lines, 4);
  EXPECT_EQ(read->duplicates, 1);
  std::string ids;
  for (const Member& member : read->members) ids += member.address;
  EXPECT_EQ(ids, "abc");
  const auto mixed = read_upload_json(
      "{\"user_id\":\"a\"}\n{\"phone\":\"+4915112345678\"}\n{\"email\":\"z@EXAMPLE.com\"}",
      std::nullopt);
  ASSERT_TRUE(mixed.ok());
  EXPECT_TRUE(std::ranges::is_sorted(mixed->members, {}, &Member::key));
  EXPECT_EQ(mixed->members[0].address, "z@example.com");
}

}  // namespace
}  // namespace ashlar::notifications
