// Keys, order, queues' settings and fair share, through Jobs.
#include "platform/jobs/gates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "platform/jobs/pace.h"
#include "platform/jobs/testing/jobs_fixture.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;

class GatesTest : public JobsFixture {
 protected:
  NewJob keyed(std::string payload, std::string key = "key", std::int64_t limit = 1) {
    NewJob job;
    job.kind = "k";
    job.payload = std::move(payload);
    job.key = std::move(key);
    job.key_limit = limit;
    return job;
  }
  NewJob ordered(std::string payload, std::string key = "key") {
    NewJob job = keyed(std::move(payload), std::move(key));
    job.ordered = true;
    return job;
  }
  NewJob plain(std::string payload, std::string queue = "default") {
    NewJob job;
    job.kind = "k";
    job.payload = std::move(payload);
    job.queue = std::move(queue);
    return job;
  }
  static std::vector<std::string> payloads(const std::vector<LeasedJob>& jobs) {
    std::vector<std::string> out;
    for (const LeasedJob& job : jobs) out.push_back(job.payload);
    return out;
  }
  void set(std::string_view queue, const QueueSettings& settings, base::TenantId tenant = kAlice) {
    ASSERT_EQ(reason(as(tenant,
                        [&](Transaction& tx) {
                          return jobs().set_queue(tx, tenant, "k", queue, settings);
                        })),
              "");
  }
  // Rows of a table, as the platform sees them.
  std::int64_t count(const storage::Sql& sql) {
    const auto counted = db().read(platform(), [&](Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t n = 0;
      ASHLAR_TRY(tx.query(sql, {}, [&](const storage::Row& row) { n = row.integer(0); }));
      return n;
    });
    EXPECT_TRUE(counted.ok());
    return counted.ok() ? *counted : -1;
  }
};
using Strings = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(Storage, GatesTest, storage::both_engines(), storage::engine_name);

constexpr storage::Sql kKeys{storage::Audience::kPlatform, "SELECT count(*) FROM job_keys"};
constexpr storage::Sql kNotes{storage::Audience::kPlatform, "SELECT count(*) FROM job_notes"};
constexpr storage::Sql kRunning{storage::Audience::kPlatform,
                                "SELECT coalesce(max(running), 0) FROM job_queues"};

TEST_P(GatesTest, OfAKeyAsManyRunAsItsLimit) {
  for (int i = 0; i < 5; ++i) enqueue(keyed(std::to_string(i), "a", 2));
  enqueue(keyed("b", "b", 2));
  auto first = lease(10);
  EXPECT_EQ(payloads(first), (Strings{"0", "1", "b"}));
  EXPECT_EQ(find(JobId(first[2].ref.id.value - 1))->state, JobState::kHeld);
  EXPECT_TRUE(lease(10).empty());
  EXPECT_TRUE(end(first[0].ref, Outcome::done()));
  const auto second = lease(10);
  EXPECT_EQ(payloads(second), (Strings{"2"}));
  EXPECT_TRUE(end(first[1].ref, Outcome::dead("x")));
  EXPECT_TRUE(end(second[0].ref, Outcome::cancelled()));
  const auto last = lease(10);
  EXPECT_EQ(payloads(last), (Strings{"3", "4"}));
  for (const LeasedJob& job : last) EXPECT_TRUE(end(job.ref, Outcome::done()));
  EXPECT_TRUE(end(first[2].ref, Outcome::done()));
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(count(kKeys), 0);  // nothing is kept of keys that nobody has
  EXPECT_EQ(count(kNotes), 0);
}

TEST_P(GatesTest, TheNewestJobsKeyLimitHolds) {
  enqueue(keyed("0", "a", 1));
  enqueue(keyed("1", "a", 1));
  enqueue(keyed("2", "a", 3));
  EXPECT_EQ(payloads(lease(10)), (Strings{"0", "1", "2"}));
}

// river#551: order per key.
TEST_P(GatesTest, River551OrderedJobsRunInTheOrderOfTheirEnqueueing) {
  for (int i = 0; i < 4; ++i) {
    NewJob job = ordered(std::to_string(i));
    job.priority = i * 10;                                       // would overtake
    if (i == 1) job.run_at = clock_.now() + base::Seconds(100);  // and keeps its place
    enqueue(job);
  }
  auto leased = lease(10);
  ASSERT_EQ(payloads(leased), (Strings{"0"}));
  // The one that failed keeps its place while it waits.
  EXPECT_TRUE(end(leased[0].ref, Outcome::failed("no")));
  EXPECT_TRUE(lease(10).empty());
  advance(base::Seconds(1));
  leased = lease(10);
  ASSERT_EQ(payloads(leased), (Strings{"0"}));
  EXPECT_TRUE(end(leased[0].ref, Outcome::done()));
  EXPECT_TRUE(lease(10).empty());  // "1" is later, nobody passes it
  advance(base::Seconds(100));
  for (const char* next : {"1", "2", "3"}) {
    leased = lease(10);
    ASSERT_EQ(payloads(leased), (Strings{next}));
    EXPECT_TRUE(end(leased[0].ref, Outcome::done()));
  }
}

TEST_P(GatesTest, AnUnorderedFailureLetsTheNextOfItsKeyPass) {
  enqueue(keyed("0"));
  enqueue(keyed("1"));
  auto leased = lease(10);
  ASSERT_EQ(payloads(leased), (Strings{"0"}));
  EXPECT_TRUE(end(leased[0].ref, Outcome::failed("no")));
  leased = lease(10);
  ASSERT_EQ(payloads(leased), (Strings{"1"}));
  advance(base::Seconds(1));
  EXPECT_TRUE(lease(10).empty());  // "0" is due, its place is taken
  EXPECT_TRUE(end(leased[0].ref, Outcome::done()));
  EXPECT_EQ(payloads(lease(10)), (Strings{"0"}));
}

TEST_P(GatesTest, ACancelledHeldOrReadyJobLeavesNoPlaceTaken) {
  std::vector<JobId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(enqueue(keyed(std::to_string(i))).id);
  const auto cancel = [&](JobId id) {
    return reason(as(kAlice, [&](Transaction& tx) { return jobs().cancel(tx, kAlice, id); }));
  };
  auto leased = lease(1);
  EXPECT_EQ(cancel(ids[2]), "");  // held
  EXPECT_EQ(find(ids[2])->state, JobState::kCancelled);
  EXPECT_TRUE(end(leased[0].ref, Outcome::done()));
  ASSERT_TRUE(lease(1, "other").empty());
  ASSERT_EQ(reason(jobs().tend()), "");
  leased = lease(1);
  ASSERT_EQ(payloads(leased), (Strings{"1"}));
  EXPECT_TRUE(end(leased[0].ref, Outcome::snoozed(clock_.now())));  // ready, and admitted
  EXPECT_EQ(cancel(ids[1]), "");
  EXPECT_EQ(payloads(lease(10)), (Strings{"3"}));
  EXPECT_EQ(cancel(ids[1]), "job_ended");
  EXPECT_EQ(cancel(JobId(999'999)), "job_not_found");
}

TEST_P(GatesTest, ALostLeaseKeepsItsKeysPlace) {
  enqueue(keyed("0"));
  enqueue(keyed("1"));
  ASSERT_EQ(payloads(lease(10)), (Strings{"0"}));
  advance(base::Seconds(31));
  const auto again = lease(10);
  ASSERT_EQ(payloads(again), (Strings{"0"}));
  EXPECT_EQ(again[0].ref.attempt, 2);
}

// river#1145: a global limit made every claim read past all the jobs that it blocked.
TEST_P(GatesTest, River1145BlockedJobsAreNotReadByAClaim) {
  std::vector<NewJob> blocked;
  for (int i = 0; i < 500; ++i) blocked.push_back(keyed("b", "hot"));
  for (int batch = 0; batch < 4; ++batch) {
    ASSERT_TRUE(
        as(kAlice, [&](Transaction& tx) { return jobs().enqueue_many(tx, kAlice, blocked); }).ok());
  }
  ASSERT_EQ(lease(10).size(), 1U);
  for (int i = 0; i < 4; ++i) lease(1);  // the notes of all are settled
  // What a claim reads is what is in phase 0: of 2,000 jobs that is the one.
  constexpr storage::Sql kReady{storage::Audience::kPlatform,
                                "SELECT count(*) FROM jobs WHERE phase = 0"};
  EXPECT_EQ(count(kReady), 1);
  // And of a queue that is full, nothing at all: its lane has no part in the claim.
  for (int i = 0; i < 20; ++i) enqueue(plain("q", "full"));
  set("full", {.max_running = 1});
  EXPECT_EQ(payloads(lease(10)), (Strings{"q"}));
  enqueue(plain("free", "open"));
  EXPECT_EQ(payloads(lease(10)), (Strings{"free"}));
}

TEST_P(GatesTest, MaxRunningHoldsOverAllInstances) {
  const auto other_db = std::move(store_->open()).value();
  const auto other = make_jobs(*other_db);
  set("default", {.max_running = 3});
  for (int i = 0; i < 10; ++i) enqueue(plain(std::to_string(i)));
  const auto mine = lease(2);
  ASSERT_EQ(mine.size(), 2U);
  LeaseRequest request;
  request.kind = "k";
  request.max = 10;
  const auto theirs = other->lease(request);
  ASSERT_TRUE(theirs.ok());
  ASSERT_EQ(theirs->size(), 1U);
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(end_in_tx(kAlice, mine[0].ref, Outcome::done()), "");
  EXPECT_TRUE(end(mine[1].ref, Outcome::failed("x")));
  EXPECT_EQ(lease(10).size(), 2U);
  // None: as many as there are. Set again: those that run are counted.
  set("default", {});
  EXPECT_EQ(lease(2).size(), 2U);
  set("default", {.max_running = 5});
  EXPECT_EQ(count(kRunning), 5);
  EXPECT_TRUE(lease(10).empty());
}

TEST_P(GatesTest, ALostLeaseFreesItsPlaceInMaxRunning) {
  set("default", {.max_running = 1});
  enqueue(plain("0"));
  enqueue(plain("1"));
  const auto first = lease(10);
  ASSERT_EQ(first.size(), 1U);
  advance(base::Seconds(31));
  const auto second = lease(10);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].payload, "0");
  EXPECT_EQ(second[0].ref.attempt, 2);
  EXPECT_EQ(count(kRunning), 1);
  EXPECT_TRUE(end(second[0].ref, Outcome::done()));
  EXPECT_EQ(payloads(lease(10)), (Strings{"1"}));
  EXPECT_EQ(count(kRunning), 1);
}

TEST_P(GatesTest, OfAKeyAsManyStartInATimeAsItsRateSays) {
  set("default", {.key_rate_per_s = 2, .key_burst = 1});
  for (int i = 0; i < 4; ++i) enqueue(keyed("a" + std::to_string(i), "a", 10));
  enqueue(keyed("b0", "b", 10));
  enqueue(plain("free"));
  EXPECT_EQ(payloads(lease(10)), (Strings{"a0", "b0", "free"}));
  advance(base::Millis(499));
  EXPECT_TRUE(lease(10).empty());
  enqueue(keyed("a4", "a", 10));  // no way round it
  EXPECT_TRUE(lease(10).empty());
  advance(base::Millis(1));
  EXPECT_EQ(payloads(lease(10)), (Strings{"a1"}));
  advance(base::Seconds(10));  // nothing is saved up
  EXPECT_EQ(payloads(lease(10)), (Strings{"a2"}));
}

TEST_P(GatesTest, AKeysRateHoldsOverAllInstancesAndItsPlacesToo) {
  const auto other = make_jobs(db());
  set("default", {.key_rate_per_s = 10, .key_burst = 3});
  for (int i = 0; i < 30; ++i) enqueue(keyed(std::to_string(i), "a", 2));
  int started = 0;
  for (int tenth = 0; tenth < 10; ++tenth) {
    for (Jobs* instance : {&jobs(), other.get(), &jobs(), other.get()}) {
      const auto leased = instance->lease({.kind = "k", .max = 5, .worker = "w"});
      ASSERT_TRUE(leased.ok());
      EXPECT_LE(leased->size(), 2U) << "its places";
      started += static_cast<int>(leased->size());
      for (const LeasedJob& job : *leased) EXPECT_TRUE(end(job.ref, Outcome::done()));
    }
    advance(base::Millis(100));
  }
  EXPECT_EQ(started, 3 + 9);
}

TEST_P(GatesTest, ANewRateOfKeysHoldsAtOnce) {
  set("default", {.key_rate_per_s = 0.001});
  for (int i = 0; i < 4; ++i) enqueue(keyed(std::to_string(i), "a", 10));
  EXPECT_EQ(payloads(lease(10)), (Strings{"0"}));
  EXPECT_TRUE(lease(10).empty());
  set("default", {.key_rate_per_s = 1});
  EXPECT_EQ(payloads(lease(10)), (Strings{"1"}));
  EXPECT_TRUE(lease(10).empty());
  advance(base::Seconds(1));
  EXPECT_EQ(payloads(lease(10)), (Strings{"2"}));
  set("default", {});
  EXPECT_EQ(payloads(lease(10)), (Strings{"3"}));
}

TEST_P(GatesTest, KeysWithARateAreForgottenOnceTheyHaveRested) {
  set("default", {.key_rate_per_s = 1, .key_burst = 5});
  for (int i = 0; i < 3; ++i) enqueue(keyed(std::to_string(i), "a", 10));
  for (const LeasedJob& job : lease(10)) EXPECT_TRUE(end(job.ref, Outcome::done()));
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(count(kKeys), 1) << "what it has had counts on";
  for (int second = 0; second < 4; ++second) {
    advance(base::Seconds(1));
    EXPECT_TRUE(lease(10).empty());
  }
  EXPECT_EQ(count(kKeys), 0);
  EXPECT_EQ(count(kNotes), 0);
}

// The state of the old rate is hours ahead of what the new one could have come to.
TEST_P(GatesTest, ANewRateOfAQueueHoldsAtOnce) {
  set("default", {.rate_per_s = 0.001});
  for (int i = 0; i < 3; ++i) enqueue(plain(std::to_string(i)));
  EXPECT_EQ(payloads(lease(10)), (Strings{"0"}));
  set("default", {.rate_per_s = 10});
  EXPECT_EQ(payloads(lease(10)), (Strings{"1"}));
  EXPECT_TRUE(lease(10).empty());
  advance(base::Millis(100));
  EXPECT_EQ(payloads(lease(10)), (Strings{"2"}));
}

TEST_P(GatesTest, APausedQueueGivesNothingAndHoldsNobodyUp) {
  enqueue(plain("paused", "p"));
  set("p", {.paused = true});
  enqueue(plain("free", "q"));
  EXPECT_EQ(payloads(lease(10)), (Strings{"free"}));
  EXPECT_TRUE(lease(10).empty());
  set("p", {});
  EXPECT_EQ(payloads(lease(10)), (Strings{"paused"}));
}

// However many of a tenant's queues are closed, the others are found.
TEST_P(GatesTest, ManyClosedQueuesStarveNobody) {
  for (int i = 100; i < 130; ++i) {
    const std::string queue = "closed" + std::to_string(i);
    enqueue(plain(queue, queue));
    set(queue, {.paused = true});
  }
  enqueue(plain("open", "z"));
  EXPECT_EQ(payloads(lease(10)), (Strings{"open"}));
  EXPECT_TRUE(lease(10).empty());
  enqueue(plain("again", "z"));
  EXPECT_EQ(payloads(lease(10)), (Strings{"again"}));
  set("closed107", {});
  EXPECT_EQ(payloads(lease(10)), (Strings{"closed107"}));
}

// Who leases settles what ends of other queues left behind, and locks its own queue: two that do so
// at once must not wait for each other (PostgreSQL would notice after a second, and undo one).
TEST_P(GatesTest, LeasesOfTwoBoundedQueuesDoNotBlockEachOther) {
  constexpr int kRounds = 60;
  constexpr base::Millis kDeadlockNoticed{950};
  const base::SystemClock clock;
  std::atomic<int> slow{0};
  std::atomic<int> done{0};
  const auto work = [&](const std::string& queue) {
    for (int i = 0; i < kRounds; ++i) {
      LeaseRequest request;
      request.kind = "k";
      request.tenant = kAlice;
      request.queue = queue;
      request.max = 1;
      request.worker = queue;
      const base::Mono begin = clock.mono();
      const auto got = jobs().lease(request);
      if (clock.mono() - begin > kDeadlockNoticed) ++slow;
      if (got.ok() && got->size() == 1 && end(got->front().ref, Outcome::done())) ++done;
    }
  };
  for (const std::string queue : {"a", "b"}) {
    set(queue, {.max_running = 2});
    for (int i = 0; i < kRounds; ++i) enqueue(plain(queue, queue));
  }
  std::thread other(work, "a");
  work("b");
  other.join();
  EXPECT_LE(slow.load(), 2);
  EXPECT_GE(done.load(), kRounds);
}

TEST_P(GatesTest, ARateAllowsItsBurstThenOneAtATime) {
  set("default", {.rate_per_s = 10, .burst = 3});
  for (int i = 0; i < 20; ++i) enqueue(plain(std::to_string(i)));
  EXPECT_EQ(lease(10).size(), 3U);
  EXPECT_TRUE(lease(10).empty());
  advance(base::Millis(99));
  EXPECT_TRUE(lease(10).empty());
  advance(base::Millis(1));
  EXPECT_EQ(lease(10).size(), 1U);
  advance(base::Seconds(60));
  EXPECT_EQ(lease(10).size(), 3U);  // a rest is worth no more than the burst
}

TEST(Pace, NeverStartsMoreThanItsRate) {
  for (const double rate : {0.5, 10.0, 333.0, 1e6}) {
    for (const std::int64_t burst : {1, 7}) {
      const Pace pace(rate, burst);
      std::int64_t tat = 0;
      std::int64_t started = 0;
      const std::int64_t begin = 1'000'000'000;
      std::int64_t now = begin;
      for (int step = 0; step < 10'000; ++step) {
        const std::int64_t n = pace.allowed(now, tat);
        ASSERT_LE(n, burst);
        tat = pace.advance(now, tat, n);
        started += n;
        ASSERT_EQ(pace.allowed(now, tat), 0);
        ASSERT_GT(pace.next_at(tat), now);
        const auto most =
            static_cast<double>(burst) + static_cast<double>(now - begin) * 1.01 * rate / 1e6;
        ASSERT_LE(static_cast<double>(started), most + 1);
        now += step % 3 == 0 ? 1 : (pace.next_at(tat) - now) / (step % 2 + 1) + 1;
      }
      EXPECT_GT(started, 10);
    }
  }
}

TEST_P(GatesTest, TenantsShareAlikeWhateverTheDepthOfTheirQueues) {
  for (int i = 0; i < 200; ++i) enqueue(plain("alice"), kAlice);
  for (int i = 0; i < 20; ++i) enqueue(plain("bob"), kBob);
  const auto batch = lease(30);
  std::map<std::string, int> got;
  for (const LeasedJob& job : batch) ++got[job.payload];
  EXPECT_EQ(got["alice"], 15);
  EXPECT_EQ(got["bob"], 15);
  EXPECT_NE(batch[0].payload, batch[1].payload);  // in the batch too they take turns
  // One by one they take turns as well; and what Bob does not use is Alice's.
  got.clear();
  for (int i = 0; i < 10; ++i) ++got[lease(1).at(0).payload];
  EXPECT_EQ(got["alice"], 5);
  EXPECT_EQ(got["bob"], 5);
  EXPECT_EQ(lease(50).size(), 50U);
}

TEST_P(GatesTest, ManyTenantsAndQueuesAllComeToTheirTurn) {
  constexpr int kTenants = 40;
  constexpr int kQueues = 12;
  for (int t = 1; t <= kTenants; ++t) {
    std::vector<NewJob> batch;
    for (int q = 0; q < (t == 7 ? kQueues : 1); ++q) {
      for (int i = 0; i < 5; ++i) {
        batch.push_back(plain(std::to_string(t), "q" + std::to_string(q)));
      }
    }
    const base::TenantId tenant(t);
    ASSERT_TRUE(db().write(platform(),
                           [&](Transaction& tx) { return jobs().enqueue_many(tx, tenant, batch); })
                    .ok());
  }
  std::map<std::string, int> got;
  std::map<std::string, int> queues;
  for (int i = 0; i < 2 * kTenants; ++i) {
    const auto one = lease(1);
    ASSERT_EQ(one.size(), 1U);
    ++got[one[0].payload];
  }
  EXPECT_EQ(got.size(), static_cast<std::size_t>(kTenants));
  for (const auto& [tenant, n] : got) EXPECT_EQ(n, 2) << tenant;
  LeaseRequest request;
  request.kind = "k";
  request.tenant = base::TenantId(7);
  for (int i = 0; i < kQueues; ++i) {
    const auto one = jobs().lease(request);
    ASSERT_EQ(one->size(), 1U);
    ++queues[one->front().queue];
  }
  EXPECT_EQ(queues.size(), static_cast<std::size_t>(kQueues));
}

TEST_P(GatesTest, ALeaseOfATenantOrAQueueGivesOnlyThat) {
  enqueue(plain("a1", "x"), kAlice);
  enqueue(plain("a2", "y"), kAlice);
  enqueue(plain("b", "x"), kBob);
  LeaseRequest request;
  request.kind = "k";
  request.max = 10;
  request.queue = "y";
  EXPECT_EQ(jobs().lease(request).error().reason, std::string("job_invalid"));
  request.tenant = kAlice;
  EXPECT_EQ(payloads(*jobs().lease(request)), (Strings{"a2"}));
  request.queue.reset();
  EXPECT_EQ(payloads(*jobs().lease(request)), (Strings{"a1"}));
  EXPECT_EQ(payloads(lease(10)), (Strings{"b"}));
}

}  // namespace
}  // namespace ashlar::jobs
