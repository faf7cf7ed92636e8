#include "platform/jobs/jobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
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

}  // namespace
}  // namespace ashlar::jobs
