// One chunk, turn by turn, on a clock that moves only as far as the turns ask for: what runs free
// is in campaign_runner_test.cc.
#include "modules/notifications/campaigns/campaign_run.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modules/notifications/campaigns/campaign_callbacks.h"
#include "modules/notifications/campaigns/campaigns.h"
#include "modules/notifications/testing/campaign_fixture.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;

// Takes its first `slow` messages and answers them when it is told to; those after them get its
// mood, until it is well.
struct Moods {
  std::mutex mutex;  // guards what follows
  std::size_t slow = 0;
  Verdict mood = Verdict::kRetry;
  std::vector<Provider::Done> kept;

  void answer_kept() {
    std::vector<Provider::Done> now;
    {
      const std::lock_guard lock(mutex);
      now.swap(kept);
    }
    for (Provider::Done& done : now) done(verdict(Verdict::kAccepted));
  }
  void get_well() {
    const std::lock_guard lock(mutex);
    mood = Verdict::kAccepted;
  }
};

class MoodyProvider final : public Provider {
 public:
  explicit MoodyProvider(Moods& moods) : moods_(moods) {}
  void send(Outgoing /*message*/, Done done) override {
    Verdict mood{};
    {
      const std::lock_guard lock(moods_.mutex);
      if (moods_.slow > 0) {
        --moods_.slow;
        moods_.kept.push_back(std::move(done));
        return;
      }
      mood = moods_.mood;
    }
    done(verdict(mood));
  }

 private:
  Moods& moods_;
};

class CampaignRunTest : public CampaignFixture {
 protected:
  static constexpr int kManyTurns = 2'000;

  void TearDown() override {
    moods_.answer_kept();
    run_.reset();
    CampaignFixture::TearDown();
  }

  std::function<base::Result<std::unique_ptr<Provider>>()> moody() {
    return [this]() -> base::Result<std::unique_ptr<Provider>> {
      return std::unique_ptr<Provider>(std::make_unique<MoodyProvider>(moods_));
    };
  }

  // 450 of whom the first 60 are answered late, and the next so that the breaker opens: after two
  // turns nobody more is begun.
  CampaignId hold_up() {
    moods_.slow = 60;
    ProviderSpec& spec = add_provider(1);
    spec.max_running = 120;
    spec.make = moody();
    const CampaignId id = launch(phones(0, 450)).id;
    open();
    turn();
    clock_.advance(base::Millis{100});  // until then the places are taken
    turn();
    EXPECT_EQ(one_->pool.open_breakers(), 1U);
    EXPECT_EQ(counts(id).sent, 0);
    moods_.get_well();
    return id;
  }

  // The one chunk that is ready.
  void open() {
    const auto leased = jobs_->lease({.kind = kCampaignChunkJob, .max = 1, .worker = "test"});
    ASSERT_TRUE(leased.ok());
    ASSERT_EQ(leased->size(), 1U);
    fed_ = fed_chunk_of(leased->front().payload).value();
    take_up();
  }
  void take_up() {
    CampaignRun::Start start;
    start.tenant = kAlice;
    start.fed = fed_;
    start.deadline = clock_.mono() + Seconds{600};
    start.done = [this](jobs::Outcome outcome) { outcome_ = std::move(outcome); };
    start.wake = [](base::Mono) {};
    outcome_.reset();
    run_ = std::make_shared<CampaignRun>(one_->services, std::move(start));
  }
  // When it wants the next one.
  std::optional<base::Mono> turn() {
    ++turns_;
    return run_->turn(false);
  }
  // Turns at the times that are asked for, its job coming back when it says so.
  void turn_until(const std::function<bool()>& holds) {
    while (turns_ < kManyTurns && !holds()) {
      if (const auto next = turn()) {
        const auto wait = std::chrono::ceil<base::Micros>(*next - clock_.mono());
        if (wait > base::Micros{0}) clock_.advance(wait);
        continue;
      }
      ASSERT_TRUE(outcome_);
      if (outcome_->kind != jobs::Outcome::Kind::kSnoozed) return;
      const base::Time at = outcome_->run_at.value();
      if (at > clock_.now()) clock_.advance(at - clock_.now());
      take_up();
    }
  }

  Moods moods_;
  FedChunk fed_;
  std::shared_ptr<CampaignRun> run_;
  std::optional<jobs::Outcome> outcome_;
  int turns_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Storage, CampaignRunTest, storage::both_engines(), storage::engine_name);

TEST_P(CampaignRunTest, AHoldThatHasPassedKeepsNobodyFromGoing) {
  const CampaignId id = hold_up();
  const base::Time began = clock_.now();
  clock_.advance(Seconds{10});
  moods_.answer_kept();
  turn();
  EXPECT_EQ(counts(id).sent, 60) << "what was answered is written down in that turn";
  turn_until([&] { return counts(id).sent == 450; });
  EXPECT_EQ(counts(id).sent, 450);
  EXPECT_EQ(counts(id).repeated, 0);
  EXPECT_LT(turns_, 200);
  EXPECT_LT(clock_.now() - began, Seconds{60});
  turn_until([] { return false; });
  EXPECT_EQ(campaign(id).state, CampaignState::kFinished);
}

TEST_P(CampaignRunTest, AHoldIsOverThoughSlowOnesAreUnderWay) {
  const CampaignId id = hold_up();
  const base::Time began = clock_.now();
  turn_until([&] { return counts(id).sent >= 360 || clock_.now() - began > Seconds{60}; });
  EXPECT_GE(counts(id).sent, 360) << "all that were not asked before";
  EXPECT_EQ(run_->under_way(), 60U);
  moods_.answer_kept();
  turn_until([] { return false; });
  EXPECT_EQ(campaign(id).state, CampaignState::kFinished);
  EXPECT_EQ(counts(id).sent, 450);
  EXPECT_EQ(counts(id).repeated, 0);
}

// All have been looked at, and one of them may go by the time the last answer is there.
TEST_P(CampaignRunTest, WhatIsHeardIsWrittenDownThoughOthersAreDueAtOnce) {
  moods_.slow = 3;
  add_provider(1).make = moody();
  const CampaignId id = launch(phones(0, 4)).id;
  open();
  turn();
  turn();
  EXPECT_EQ(chunk(id).outcomes.reason(3), "retry");
  moods_.get_well();
  clock_.advance(Seconds{60});
  moods_.answer_kept();
  turn();
  EXPECT_EQ(counts(id).sent, 3);
  turn_until([] { return false; });
  EXPECT_EQ(campaign(id).state, CampaignState::kFinished);
  EXPECT_EQ(counts(id).sent, 4);
}

TEST_P(CampaignRunTest, WhatArrivedWhileItIsWorkedIsNoFailureWhenItEnds) {
  moods_.slow = 1;
  moods_.mood = Verdict::kAmbiguous;
  add_provider(1).make = moody();
  const CampaignId id = launch(phones(0, 3)).id;
  open();
  turn();
  ProviderAccount account;
  account.tenant = kAlice;
  CampaignCallbacks callbacks(*one_->db, clock_);
  std::vector<Report> reports(2);
  reports[0].kind = Report::Kind::kDelivered;
  reports[0].message_id = to_text({id, 1, 1, 0});
  reports[1].kind = Report::Kind::kHardBounce;
  reports[1].message_id = to_text({id, 1, 2, 0});
  ASSERT_TRUE(callbacks.hear(account, reports).ok());
  set_state(id, CampaignState::kCancelling);
  turn();
  moods_.answer_kept();
  turn_until([] { return false; });
  EXPECT_EQ(campaign(id).state, CampaignState::kCancelled);
  const CampaignCounts n = counts(id);
  EXPECT_EQ(n.sent, 2);
  EXPECT_EQ(n.failed, 1);
  EXPECT_EQ(n.unknown, 1);
  EXPECT_EQ(n.delivered, 1);
  EXPECT_EQ(n.bounced, 1);
  const store::LoadedChunk loaded = chunk(id);
  EXPECT_EQ(member_state(loaded.outcomes, loaded.reports, 1), "delivered");
  EXPECT_EQ(member_state(loaded.outcomes, loaded.reports, 2), "unknown");
}

// Its chunks wind down still: who fails in them meanwhile would be left out.
TEST_P(CampaignRunTest, FailedOnesWaitForTheChunksThatWindDown) {
  add_provider(1);
  script(1).always(Verdict::kRefused);
  const CampaignId id = launch(phones(0, 3)).id;
  const Campaigns campaigns(*one_->db, *jobs_, one_->templates, *feed_, clock_, metrics_, log_);
  const auto retry = [&] {
    return one_->db->write(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return campaigns.retry_failed(tx, id, false);
    });
  };
  open();
  turn();
  set_state(id, CampaignState::kPaused);
  const auto early = retry();
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code, base::Code::kConflict);
  EXPECT_STREQ(early.error().reason, "campaign_state");
  EXPECT_EQ(campaign(id).state, CampaignState::kPaused);
  turn_until([] { return false; });
  EXPECT_EQ(chunk(id).state, ChunkState::kDone);
  EXPECT_EQ(counts(id).failed, 3);
  script(1).always(Verdict::kAccepted);
  ASSERT_TRUE(retry().ok());
  work();
  EXPECT_EQ(campaign(id).state, CampaignState::kFinished);
  EXPECT_EQ(counts(id).sent, 3);
}

}  // namespace
}  // namespace ashlar::notifications
