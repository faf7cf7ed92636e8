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

class JobsTest : public JobsFixture {};
INSTANTIATE_TEST_SUITE_P(Storage, JobsTest, storage::both_engines(), storage::engine_name);

NewJob job(std::string payload, std::string queue = "default") {
  NewJob made;
  made.kind = "k";
  made.queue = std::move(queue);
  made.payload = std::move(payload);
  made.max_attempts = 3;
  return made;
}

TEST_P(JobsTest, IsLeasedWorkedAndKept) {
  NewJob made = job("{\"a\":1}");
  made.meta = "{\"m\":\"ä\\\"\"}";
  made.unique_key = "u\"1\\";
  made.key = "k1";
  made.traceparent = "00-1";
  made.priority = 5;
  const Enqueued enqueued = enqueue(made);
  EXPECT_FALSE(enqueued.existed);
  advance(base::Millis(5));
  const auto leased = lease();
  ASSERT_EQ(leased.size(), 1U);
  const LeasedJob& one = leased.front();
  EXPECT_EQ(one.ref.id, enqueued.id);
  EXPECT_EQ(one.ref.attempt, 1);
  EXPECT_EQ(one.tenant, kAlice);
  EXPECT_EQ(one.kind, "k");
  EXPECT_EQ(one.queue, "default");
  EXPECT_EQ(one.payload, made.payload);
  EXPECT_EQ(one.meta, made.meta);
  EXPECT_EQ(one.unique_key, made.unique_key);
  EXPECT_EQ(one.key, made.key);
  EXPECT_EQ(one.traceparent, "00-1");
  EXPECT_EQ(one.max_attempts, 3);
  EXPECT_EQ(one.timeout, base::Millis(60'000));
  EXPECT_EQ(find(enqueued.id)->state, JobState::kRunning);
  EXPECT_TRUE(lease().empty());
  EXPECT_TRUE(end(one.ref, Outcome::done("{\"r\":1}")));
  const auto view = find(enqueued.id);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->state, JobState::kDone);
  EXPECT_EQ(view->result, "{\"r\":1}");
  EXPECT_EQ(view->payload, made.payload);
  EXPECT_EQ(view->unique_key, made.unique_key);
  EXPECT_EQ(view->ended_at, clock_.now());
  EXPECT_EQ(view->priority, 5);
  EXPECT_FALSE(end(one.ref, Outcome::done()));
}

TEST_P(JobsTest, AnEnqueueThatIsRolledBackLeavesNothing) {
  const auto undone = as(kAlice, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(jobs().enqueue(tx, job("x")));
    return base::fail(base::Code::kConflict, "undo", "");
  });
  EXPECT_EQ(reason(undone), "undo");
  EXPECT_TRUE(lease().empty());
}

TEST_P(JobsTest, OneOfAUniqueKeyLivesAtATime) {
  NewJob made = job("x");
  made.unique_key = "u";
  const Enqueued first = enqueue(made);
  const Enqueued second = enqueue(made);
  EXPECT_TRUE(second.existed);
  EXPECT_EQ(second.id, first.id);
  EXPECT_FALSE(enqueue(made, kBob).existed);  // another tenant's
  made.queue = "other";
  EXPECT_FALSE(enqueue(made).existed);
  made.queue = "default";
  const auto leased = lease(10);
  ASSERT_EQ(leased.size(), 3U);
  EXPECT_TRUE(enqueue(made).existed);  // it runs
  for (const LeasedJob& one : leased) EXPECT_TRUE(end(one.ref, Outcome::done()));
  EXPECT_FALSE(enqueue(made).existed);
}

TEST_P(JobsTest, ABatchTellsWhichExisted) {
  std::vector<NewJob> batch;
  for (const char* unique : {"a", "", "b", "a", "c"}) {
    batch.push_back(job("x"));
    if (*unique != '\0') batch.back().unique_key = unique;
  }
  NewJob b = job("x");
  b.unique_key = "b";
  const Enqueued before = enqueue(b);
  const auto out =
      as(kAlice, [&](Transaction& tx) { return jobs().enqueue_many(tx, kAlice, batch); });
  ASSERT_TRUE(out.ok()) << out.error().detail;
  ASSERT_EQ(out->size(), 5U);
  EXPECT_FALSE((*out)[0].existed);
  EXPECT_FALSE((*out)[1].existed);
  EXPECT_TRUE((*out)[2].existed);
  EXPECT_EQ((*out)[2].id, before.id);
  EXPECT_TRUE((*out)[3].existed);
  EXPECT_EQ((*out)[3].id, (*out)[0].id);
  EXPECT_FALSE((*out)[4].existed);
  EXPECT_EQ(lease(10).size(), 4U);
}

TEST_P(JobsTest, APriorityIsWorthThirtySecondsOfWaiting) {
  const auto at = [&](int priority) {
    NewJob made = job(std::to_string(priority));
    made.priority = priority;
    return enqueue(made).id;
  };
  const JobId old_low = at(-1);
  advance(base::Seconds(31));
  const JobId plain = at(0);  // 31 s later but a level higher: later still
  const JobId high = at(2);
  std::vector<JobId> order;
  for (const LeasedJob& one : lease(10)) order.push_back(one.ref.id);
  EXPECT_EQ(order, (std::vector<JobId>{high, old_low, plain}));
}

TEST_P(JobsTest, FailuresAreTriedAgainByThePlanThenDead) {
  const JobId id = enqueue(job("x")).id;
  auto leased = lease();
  ASSERT_TRUE(end(leased.at(0).ref, Outcome::failed("first")));
  EXPECT_EQ(find(id)->state, JobState::kRetrying);
  EXPECT_TRUE(lease().empty());
  advance(base::Millis(999));
  EXPECT_TRUE(lease().empty());
  advance(base::Millis(1));
  leased = lease();
  ASSERT_EQ(leased.size(), 1U);
  EXPECT_EQ(leased[0].ref.attempt, 2);
  // Retry-After moves it later.
  ASSERT_TRUE(end(leased[0].ref, Outcome::failed("second", clock_.now() + base::Seconds(60))));
  advance(base::Seconds(59));
  EXPECT_TRUE(lease().empty());
  advance(base::Seconds(1));
  leased = lease();
  ASSERT_EQ(leased.size(), 1U);
  ASSERT_TRUE(end(leased[0].ref, Outcome::failed("third")));
  const auto view = find(id);
  EXPECT_EQ(view->state, JobState::kDead);
  EXPECT_EQ(view->error, "third");
  ASSERT_EQ(view->attempts.size(), 3U);
  EXPECT_EQ(view->attempts[1].error, "second");
  EXPECT_EQ(view->attempts[2].attempt, 3);
}

TEST_P(JobsTest, AQueuesOwnScheduleOfRetriesHolds) {
  const auto set = [&](const QueueSettings& settings) {
    return reason(as(kAlice, [&](Transaction& tx) {
      return jobs().set_queue(tx, kAlice, "k", "own", settings);
    }));
  };
  ASSERT_EQ(set({.retry = {base::Millis(100), base::Millis(60'000)}}), "");
  NewJob made;
  made.kind = "k";
  made.queue = "own";
  const JobId id = enqueue(made).id;
  for (const int wait_ms : {100, 60'000, 60'000}) {
    const auto leased = lease();
    ASSERT_EQ(leased.size(), 1U) << wait_ms;
    ASSERT_TRUE(end(leased[0].ref, Outcome::failed("no")));
    EXPECT_EQ(find(id)->run_at - clock_.now(), base::Millis(wait_ms));
    advance(base::Millis(wait_ms) - base::Millis(1));
    EXPECT_TRUE(lease().empty());
    advance(base::Millis(1));
  }
  // It is read when an attempt fails: also of jobs that were there before.
  ASSERT_EQ(set({}), "");
  const auto leased = lease();
  ASSERT_EQ(leased.size(), 1U);
  ASSERT_TRUE(end(leased[0].ref, Outcome::failed("no")));
  EXPECT_EQ(find(id)->run_at - clock_.now(), base::Seconds(10)) << "the kind's";
  EXPECT_EQ(set({.retry = std::vector(101, base::Millis(1))}), "job_invalid");
  EXPECT_EQ(set({.retry = {base::Millis(-1)}}), "job_invalid");
}

TEST_P(JobsTest, EndCommitsWithItsEffectOrNotAtAll) {
  const JobId id = enqueue(job("x")).id;
  const LeaseRef ref = lease().at(0).ref;
  const auto undone = as(kAlice, [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(jobs().end(tx, kAlice, {ref, Outcome::done()}));
    return base::fail(base::Code::kConflict, "undo", "");
  });
  EXPECT_EQ(reason(undone), "undo");
  EXPECT_EQ(find(id)->state, JobState::kRunning);
  EXPECT_EQ(end_in_tx(kBob, ref, Outcome::done()), "lease_lost");  // not his
  EXPECT_EQ(end_in_tx(kAlice, ref, Outcome::done()), "");
  EXPECT_EQ(end_in_tx(kAlice, ref, Outcome::done()), "lease_lost");
}

TEST_P(JobsTest, ASnoozeGivesTheAttemptBack) {
  NewJob made = job("x");
  made.max_attempts = 1;
  const JobId id = enqueue(made).id;
  for (int i = 1; i <= 5; ++i) {
    const auto leased = lease();
    ASSERT_EQ(leased.size(), 1U);
    EXPECT_EQ(leased[0].ref.attempt, i);
    EXPECT_TRUE(end(leased[0].ref, Outcome::snoozed(clock_.now() + base::Seconds(10))));
    EXPECT_TRUE(lease().empty());
    advance(base::Seconds(10));
  }
  EXPECT_TRUE(end(lease().at(0).ref, Outcome::failed("x")));
  EXPECT_EQ(find(id)->state, JobState::kDead);
}

TEST_P(JobsTest, ARunningJobIsCancelledAtItsWorkersWord) {
  const JobId id = enqueue(job("x")).id;
  const LeaseRef ref = lease().at(0).ref;
  const auto cancel = [&] {
    return reason(as(kAlice, [&](Transaction& tx) { return jobs().cancel(tx, kAlice, id); }));
  };
  EXPECT_EQ(cancel(), "");
  EXPECT_EQ(find(id)->state, JobState::kRunning);
  EXPECT_TRUE(find(id)->cancel_asked);
  EXPECT_TRUE(jobs().renew(std::vector<LeaseRef>{ref}, base::Millis(1'000))->front().cancel_asked);
  EXPECT_TRUE(end(ref, Outcome::failed("stopped")));  // is not tried again
  EXPECT_EQ(find(id)->state, JobState::kCancelled);
  EXPECT_EQ(cancel(), "job_ended");
  // One whose worker died instead ends where its lease is found lost.
  const JobId second = enqueue(job("y")).id;
  ASSERT_EQ(lease(1, "k", base::Millis(1'000)).size(), 1U);
  EXPECT_EQ(reason(as(kAlice, [&](Transaction& tx) { return jobs().cancel(tx, kAlice, second); })),
            "");
  advance(base::Seconds(2));
  EXPECT_TRUE(lease().empty());
  EXPECT_EQ(find(second)->state, JobState::kCancelled);
}

TEST_P(JobsTest, TheDeadLiveAgainByFilterAndTheirLeasesAreNewOnes) {
  const auto kill = [&](const char* payload, const char* error, const char* queue) {
    NewJob made = job(payload, queue);
    made.unique_key = payload;
    const JobId id = enqueue(made).id;
    EXPECT_TRUE(end(lease().at(0).ref, Outcome::dead(error)));
    return id;
  };
  const JobId one = kill("1", "timeout of x", "a");
  const JobId two = kill("2", "refused", "a");
  const JobId three = kill("3", "timeout of y", "b");
  NewJob twin = job("3", "b");
  twin.unique_key = "3";
  enqueue(twin);
  const auto redrive = [&](const JobFilter& filter) {
    return *as(kAlice,
               [&](Transaction& tx) { return jobs().redrive_many(tx, kAlice, filter, 100); });
  };
  EXPECT_EQ(redrive({.error_contains = "timeout"}), 1);  // "3" has a living twin
  EXPECT_EQ(find(one)->state, JobState::kReady);
  EXPECT_EQ(find(two)->state, JobState::kDead);
  EXPECT_EQ(find(three)->state, JobState::kDead);
  EXPECT_EQ(redrive({.queue = "nothing"}), 0);
  EXPECT_EQ(redrive({.ended_from = clock_.now() + base::Seconds(1)}), 0);
  const auto by_id = [&](JobId id) {
    return reason(as(kAlice, [&](Transaction& tx) { return jobs().redrive(tx, kAlice, id); }));
  };
  EXPECT_EQ(by_id(three), "job_duplicate");
  EXPECT_EQ(by_id(one), "job_running");
  EXPECT_EQ(by_id(JobId(999'999)), "job_not_found");
  EXPECT_EQ(reason(as(kBob, [&](Transaction& tx) { return jobs().redrive(tx, kBob, two); })),
            "job_not_found");
  for (const LeasedJob& leased : lease(10)) {
    if (leased.ref.id != one) continue;
    EXPECT_EQ(leased.ref.attempt, 2);
    EXPECT_EQ(leased.max_attempts, 1 + 3);  // as many more as it had
  }
  EXPECT_FALSE(end({one, 1}, Outcome::done()));  // the old lease
  EXPECT_TRUE(end({one, 2}, Outcome::done()));
}

TEST_P(JobsTest, AScheduledOneRunsNowWhenAsked) {
  NewJob made = job("x");
  made.run_at = clock_.now() + base::Seconds(3'600);
  const JobId id = enqueue(made).id;
  EXPECT_EQ(find(id)->state, JobState::kScheduled);
  EXPECT_TRUE(lease().empty());
  const auto now = [&] {
    return reason(as(kAlice, [&](Transaction& tx) { return jobs().run_now(tx, kAlice, id); }));
  };
  EXPECT_EQ(now(), "");
  const auto leased = lease();
  ASSERT_EQ(leased.size(), 1U);
  EXPECT_EQ(now(), "job_running");
  EXPECT_TRUE(end(leased[0].ref, Outcome::done()));
  EXPECT_EQ(now(), "job_ended");
}

TEST_P(JobsTest, WhatIsDueBecomesReadyByTheTenderToo) {
  NewJob made = job("x");
  made.run_at = clock_.now() + base::Seconds(5);
  const JobId id = enqueue(made).id;
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_EQ(find(id)->state, JobState::kScheduled);
  advance(base::Seconds(5));
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_EQ(find(id)->state, JobState::kReady);
}

TEST_P(JobsTest, RetentionIsByState) {
  std::vector<JobId> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(enqueue(job("x")).id);
  const auto leased = lease(3);
  ASSERT_TRUE(end(leased[0].ref, Outcome::done()));
  ASSERT_TRUE(end(leased[1].ref, Outcome::dead("x")));
  ASSERT_TRUE(end(leased[2].ref, Outcome::cancelled()));
  advance(base::Seconds(24 * 3600 - 1));
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_TRUE(find(ids[0]).has_value());
  advance(base::Seconds(2));
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_FALSE(find(ids[0]).has_value());
  EXPECT_FALSE(find(ids[2]).has_value());
  EXPECT_TRUE(find(ids[1]).has_value());
  advance(base::Seconds(30 * 24 * 3600));
  ASSERT_EQ(reason(jobs().tend()), "");
  EXPECT_FALSE(find(ids[1]).has_value());
}

TEST_P(JobsTest, DepthsTellWhatIsWhere) {
  for (int i = 0; i < 4; ++i) enqueue(job("x"));
  NewJob later = job("y");
  later.run_at = clock_.now() + base::Seconds(60);
  enqueue(later);
  NewJob held = job("z", "keys");
  held.key = "k";
  enqueue(held);
  enqueue(held);
  const base::Time oldest = clock_.now();
  advance(base::Seconds(1));
  const auto leased = lease(2);
  ASSERT_EQ(leased.size(), 2U);
  for (const LeasedJob& one : leased) {
    if (one.queue != "default") continue;
    ASSERT_TRUE(end(one.ref, Outcome::dead("x")));
  }
  const auto depths = db().read(storage::Context::tenant(kAlice),
                                [&](Transaction& tx) { return jobs().depths(tx, kAlice, "k"); });
  ASSERT_TRUE(depths.ok()) << depths.error().detail;
  ASSERT_EQ(depths->size(), 2U);
  const QueueDepth& first = depths->at(0);
  EXPECT_EQ(first.queue, "default");
  EXPECT_EQ(first.ready, 3);
  EXPECT_EQ(first.scheduled, 1);
  EXPECT_EQ(first.dead, 1);
  EXPECT_EQ(first.oldest_ready, oldest);
  const QueueDepth& keys = depths->at(1);
  EXPECT_EQ(keys.running, 1);
  EXPECT_EQ(keys.held, 1);
}

TEST_P(JobsTest, ListsGoByIdDownwardsOverLiveAndEnded) {
  for (int i = 0; i < 6; ++i) enqueue(job("x"));
  for (const LeasedJob& one : lease(3)) ASSERT_TRUE(end(one.ref, Outcome::done()));
  std::vector<JobId> seen;
  for (JobId before{};;) {
    const auto page = db().read(storage::Context::tenant(kAlice), [&](Transaction& tx) {
      return jobs().list(tx, kAlice, {}, before, 2);
    });
    ASSERT_TRUE(page.ok());
    if (page->empty()) break;
    for (const JobView& view : *page) seen.push_back(view.id);
    before = seen.back();
  }
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
  const auto bobs = db().read(storage::Context::tenant(kBob), [&](Transaction& tx) {
    return jobs().list(tx, kBob, {}, JobId{}, 100);
  });
  EXPECT_TRUE(bobs->empty());
}

TEST_P(JobsTest, WhatDoesNotFitIsRefusedByName) {
  const auto refused = [&](NewJob made) {
    const auto out = as(kAlice, [&](Transaction& tx) { return jobs().enqueue(tx, made); });
    return out.ok() ? std::string("taken") : out.error().detail.substr(0, 5);
  };
  NewJob made = job("x");
  made.kind = "";
  EXPECT_EQ(refused(made), "kind:");
  made = job("x", std::string(129, 'q'));
  EXPECT_EQ(refused(made), "queue");
  made = job(std::string(kMaxPayloadBytes + 1, 'x'));
  EXPECT_EQ(refused(made), "paylo");
  made = job(std::string("a\0b", 3));
  EXPECT_EQ(refused(made), "paylo");
  made = job("\xff");
  EXPECT_EQ(refused(made), "paylo");
  made = job("x");
  made.priority = 101;
  EXPECT_EQ(refused(made), "prior");
  made = job("x");
  made.ordered = true;
  EXPECT_EQ(refused(made), "order");
  made = job("x");
  made.timeout = base::Millis(0);
  EXPECT_EQ(refused(made), "timeo");
  made = job("x");
  made.max_attempts = 0;
  EXPECT_EQ(refused(made), "max_a");
  EXPECT_EQ(refused(job(std::string(kMaxPayloadBytes, 'x'))), "taken");
}

TEST_P(JobsTest, AnErrorIsKeptAsTextWhateverItsBytes) {
  const JobId id = enqueue(job("x")).id;
  std::string bytes("bad \xff\xfe", 6);
  bytes += '\0';
  ASSERT_TRUE(end(lease().at(0).ref, Outcome::dead(bytes)));
  EXPECT_EQ(find(id)->error.substr(0, 4), "bad ");
  const JobId second = enqueue(job("y")).id;
  std::string cut(kMaxErrorBytes - 1, 'x');
  cut += "ä";
  ASSERT_TRUE(end(lease().at(0).ref, Outcome::dead(cut)));
  EXPECT_EQ(find(second)->error.size(), kMaxErrorBytes - 1);
}

TEST_P(JobsTest, WaitersAreWokenHereAndInOtherProcesses) {
  const auto other_db = std::move(store_->open()).value();
  const auto other = make_jobs(*other_db);
  std::atomic<int> here{0};
  std::atomic<int> there{0};
  std::atomic<int> others{0};
  auto waits_here = jobs().wait_for("k", [&] { ++here; });
  const auto waits_there = other->wait_for("k", [&] { ++there; });
  const auto waits_other = jobs().wait_for("another", [&] { ++others; });
  jobs().start();
  const int before = there;
  enqueue(job("x"));
  EXPECT_EQ(here, 1);
  const base::Mono end = store_->clock.mono() + base::Seconds(10);
  while (there == before && store_->clock.mono() < end) std::this_thread::yield();
  EXPECT_GT(there, before);
  waits_here.reset();
  const int last = here;
  enqueue(job("y"));
  EXPECT_EQ(here, last);
  // SQLite knows only that another process has written, and wakes everybody there.
  if (GetParam() == storage::Dialect::kPostgres) {
    EXPECT_EQ(others, 0);
  }
  jobs().stop();
}

}  // namespace
}  // namespace ashlar::jobs
