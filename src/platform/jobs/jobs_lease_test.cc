// Leases: whose word counts, what is lost, what is found.
#include "platform/jobs/jobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/jobs/testing/jobs_fixture.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;

class LeaseTest : public JobsFixture {};
INSTANTIATE_TEST_SUITE_P(Storage, LeaseTest, storage::both_engines(), storage::engine_name);

// SQLite has one writer: nothing commits late.
class LateCommitTest : public JobsFixture {};
INSTANTIATE_TEST_SUITE_P(Storage, LateCommitTest, ::testing::Values(storage::Dialect::kPostgres),
                         storage::engine_name);

NewJob job(std::string payload, std::string queue = "default") {
  NewJob made;
  made.kind = "k";
  made.queue = std::move(queue);
  made.payload = std::move(payload);
  made.max_attempts = 3;
  return made;
}

TEST_P(LeaseTest, TheFirstWordAboutALeaseCountsAndALostOneChangesNothing) {
  const JobId id = enqueue(job("x")).id;
  const LeaseRef first = lease(1, "k", base::Millis(1'000)).at(0).ref;
  // It ran out, and nobody has taken it: its worker is still heard.
  advance(base::Seconds(2));
  const auto renewed = jobs().renew(std::vector<LeaseRef>{first}, base::Millis(1'000));
  ASSERT_TRUE(renewed.ok());
  EXPECT_TRUE(renewed->front().held);
  EXPECT_TRUE(lease().empty());
  advance(base::Seconds(2));
  const LeaseRef second = lease().at(0).ref;
  EXPECT_EQ(second.attempt, 2);
  EXPECT_FALSE(jobs().renew(std::vector<LeaseRef>{first}, base::Millis(1'000))->front().held);
  EXPECT_FALSE(end(first, Outcome::done()));
  EXPECT_FALSE(end(first, Outcome::failed("late")));
  EXPECT_FALSE(end(first, Outcome::snoozed(clock_.now())));
  EXPECT_FALSE(end(first, Outcome::dead("late")));
  EXPECT_EQ(end_in_tx(kAlice, first, Outcome::done()), "lease_lost");
  EXPECT_EQ(find(id)->state, JobState::kRunning);
  EXPECT_TRUE(end(second, Outcome::failed("no")));
  EXPECT_FALSE(end(second, Outcome::done()));  // the same word twice
  const auto view = find(id);
  ASSERT_EQ(view->attempts.size(), 2U);
  EXPECT_EQ(view->attempts[0].error, "lease ran out");
  EXPECT_EQ(view->attempts[1].error, "no");
}

TEST_P(LeaseTest, ALateEndOfALeaseThatNobodyTookCounts) {
  const JobId id = enqueue(job("x")).id;
  const LeaseRef ref = lease(1, "k", base::Millis(1'000)).at(0).ref;
  advance(base::Seconds(2));
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_EQ(find(id)->state, JobState::kReady);
  EXPECT_TRUE(end(ref, Outcome::done()));
  EXPECT_EQ(find(id)->state, JobState::kDone);
  EXPECT_TRUE(lease().empty());
}

// asynq#1051 and #1144: what a worker died over stayed active for ever; a last attempt too.
TEST_P(LeaseTest, Asynq1051ALostLastAttemptIsDeadWithItsRecord) {
  NewJob made = job("x");
  made.max_attempts = 2;
  const JobId id = enqueue(made).id;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const auto leased = lease(1, "k", base::Millis(1'000));
    ASSERT_EQ(leased.size(), 1U);
    EXPECT_EQ(leased[0].ref.attempt, attempt);
    advance(base::Seconds(2));
  }
  EXPECT_TRUE(lease().empty());
  const auto view = find(id);
  EXPECT_EQ(view->state, JobState::kDead);
  EXPECT_EQ(view->error, "lease ran out");
  EXPECT_EQ(view->attempt, 2);
  ASSERT_EQ(view->attempts.size(), 2U);
  EXPECT_EQ(view->attempts[1].error, "lease ran out");
}

// oban#364: a job that was rescued while it ran, ran twice at once. The lease decides, not the age.
TEST_P(LeaseTest, Oban364ARenewedLeaseIsNeverTaken) {
  enqueue(job("x"));
  const LeaseRef ref = lease(1, "k", base::Millis(1'000)).at(0).ref;
  for (int i = 0; i < 100; ++i) {
    advance(base::Millis(900));
    ASSERT_TRUE(jobs().renew(std::vector<LeaseRef>{ref}, base::Millis(1'000))->front().held);
    ASSERT_EQ(reason(jobs().tend()), "");
    ASSERT_TRUE(lease().empty());
  }
}

TEST_P(LeaseTest, ALostLeaseRollsItsEffectBack) {
  enqueue(job("x"));
  const LeaseRef first = lease(1, "k", base::Millis(1'000)).at(0).ref;
  advance(base::Seconds(2));
  const LeaseRef second = lease().at(0).ref;
  const auto effect = [&](LeaseRef ref) {
    return reason(as(kAlice, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(jobs().enqueue(tx, job("effect", "effects")));
      return jobs().end(tx, kAlice, {ref, Outcome::done()});
    }));
  };
  EXPECT_EQ(effect(first), "lease_lost");
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(effect(second), "");
  EXPECT_EQ(lease(10).size(), 1U);
}

TEST_P(LeaseTest, TwoWorkersRaceForAnEndAndOneWins) {
  constexpr int kRaces = 20;
  for (int race = 0; race < kRaces; ++race) {
    enqueue(job("x"));
    const LeaseRef ref = lease().at(0).ref;
    std::array<bool, 2> won{};
    const auto work = [&](std::size_t who) {
      won[who] = reason(as(kAlice, [&](Transaction& tx) -> base::Status {
                   ASHLAR_TRY(jobs().enqueue(tx, job("effect", "effects")));
                   return jobs().end(tx, kAlice, {ref, Outcome::done()});
                 })).empty();
    };
    std::thread other([&] { work(1); });
    work(0);
    other.join();
    EXPECT_EQ(won[0] + won[1], 1);
  }
  EXPECT_EQ(lease(1'000).size(), static_cast<std::size_t>(kRaces));
}

// As of a queue that is read by a cursor: what commits late must not be passed for good.
TEST_P(LateCommitTest, AJobThatCommitsLateIsStillFound) {
  std::mutex mutex;
  std::condition_variable changed;
  bool inserted = false;
  bool go = false;
  std::thread slow([&] {
    const auto done = as(kBob, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(jobs().enqueue(tx, job("late")));
      std::unique_lock lock(mutex);
      inserted = true;
      changed.notify_all();
      changed.wait(lock, [&] { return go; });
      return base::ok_status();
    });
    EXPECT_TRUE(done.ok());
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inserted; });
  }
  advance(base::Seconds(1));
  for (int i = 0; i < 3; ++i) enqueue(job("early"));
  EXPECT_EQ(lease(10).size(), 3U);
  {
    const std::lock_guard lock(mutex);
    go = true;
    changed.notify_all();
  }
  slow.join();
  EXPECT_EQ(lease(10).size(), 1U);
}

}  // namespace
}  // namespace ashlar::jobs
