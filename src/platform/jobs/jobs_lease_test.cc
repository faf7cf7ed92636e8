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

void pause(base::Millis time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time);
}

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

// Each waits for rows that the other has: PostgreSQL ends one of them after a second.
TEST_P(LeaseTest, RenewingManyNeverStandsInAnEndsWay) {
  for (int i = 0; i < 3; ++i) enqueue(job("x"));
  const std::vector<LeasedJob> leased = lease(3);
  ASSERT_EQ(leased.size(), 3U);
  std::vector<LeaseRef> refs;
  for (const LeasedJob& one : leased) refs.push_back(one.ref);
  std::thread keeper;
  std::vector<bool> held;
  const auto keep = [&] {
    const auto renewed = jobs().renew(refs, base::Millis(60'000));
    EXPECT_TRUE(renewed.ok());
    for (const Jobs::Renewed& one : *renewed) held.push_back(one.held);
  };
  const auto context = storage::Context::tenant(kAlice).read_committed();
  EXPECT_EQ(reason(db().write(context,
                              [&](Transaction& tx) -> base::Status {
                                ASHLAR_TRY(jobs().end(tx, kAlice, {refs[1], Outcome::done()}));
                                if (!keeper.joinable()) keeper = std::thread(keep);
                                pause(base::Millis(150));  // the keeper has what it can have
                                return jobs().end(tx, kAlice, {refs[0], Outcome::done()});
                              })),
            "");
  keeper.join();
  EXPECT_FALSE(held[1]) << "what has ended is nobody's";
  EXPECT_TRUE(held[2]);
  EXPECT_EQ(find(refs[2].id)->lease_until, clock_.now() + base::Seconds(60));
  EXPECT_NE(store_->registry.render().find("ashlar_storage_retries_total 0"), std::string::npos);
}

// What "pause" and "max_running" of a busy queue are set with: each of its leases changes the row.
TEST_P(LateCommitTest, ReadCommittedSettingsOfABusyQueueAreSetAtOnce) {
  for (int i = 0; i < 10; ++i) enqueue(job("x"));
  const auto set = [&](Transaction& tx) {
    return jobs().set_queue(tx, kAlice, "k", "default", {.max_running = 5});
  };
  ASSERT_EQ(reason(as(kAlice, set)), "");
  int runs = 0;
  const auto context = storage::Context::tenant(kAlice).read_committed();
  EXPECT_EQ(reason(db().write(context,
                              [&](Transaction& tx) -> base::Status {
                                ++runs;
                                ASHLAR_TRY(jobs().depths(tx, kAlice, "k"));  // its snapshot
                                std::thread([&] { EXPECT_EQ(lease(2).size(), 2U); }).join();
                                return set(tx);
                              })),
            "");
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(lease(10).size(), 3U) << "those that run are counted";
}

// On PostgreSQL a claim finds leases that ran out, and to a paused queue comes none.
TEST_P(LeaseTest, LeasesThatRanOutInAPausedQueueEnd) {
  for (int i = 0; i < 4; ++i) enqueue(job("x", i < 3 ? "paused" : "other"));
  NewJob last = job("last", "paused");
  last.max_attempts = 1;
  last.priority = 1;
  const JobId dead = enqueue(last).id;
  const std::vector<LeasedJob> leased = lease(5);
  ASSERT_EQ(leased.size(), 5U);
  const auto pick = [&](std::size_t n) {  // of those that are not the last
    std::vector<JobId> ids;
    for (const LeasedJob& one : leased) {
      if (one.queue == "paused" && one.ref.id != dead) ids.push_back(one.ref.id);
    }
    return ids.at(n);
  };
  ASSERT_EQ(reason(as(kAlice,
                      [&](Transaction& tx) -> base::Status {
                        ASHLAR_TRY(jobs().set_queue(tx, kAlice, "k", "paused", {.paused = true}));
                        return jobs().cancel(tx, kAlice, pick(0));
                      })),
            "");
  EXPECT_EQ(find(pick(0))->state, JobState::kRunning) << "its worker is asked";
  advance(base::Seconds(31));
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_EQ(find(dead)->state, JobState::kDead);
  EXPECT_EQ(find(dead)->error, "lease ran out");
  EXPECT_EQ(find(pick(0))->state, JobState::kCancelled);
  const auto back = find(pick(1));
  EXPECT_EQ(back->state, JobState::kReady);
  ASSERT_EQ(back->attempts.size(), 1U);
  EXPECT_EQ(back->attempts[0].error, "lease ran out");
  EXPECT_EQ(lease(10).size(), 1U) << "the other queue's";
}

}  // namespace
}  // namespace ashlar::jobs
