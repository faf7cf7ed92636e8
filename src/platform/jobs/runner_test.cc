#include "platform/jobs/runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "platform/jobs/testing/jobs_fixture.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;

constexpr storage::Sql kEffect{storage::Audience::kTenant,
                               "INSERT INTO job_attempts (job_id, attempt, tenant_id, started_at,"
                               " ended_at, error) VALUES (?1, ?2, :tenant, 0, 0, 'effect')"};
constexpr storage::Sql kEffects{storage::Audience::kPlatform,
                                "SELECT count(*) FROM job_attempts WHERE error = 'effect'"};

// Waits are real here: the clock is the machine's.
class RunnerTest : public JobsFixture {
 protected:
  void SetUp() override {
    JobsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<Jobs>(Jobs::Options{}, *database_, clock, metrics_, log_);
    runner_ = std::make_unique<Runner>(*jobs_, *database_, "here", clock, metrics_, log_);
  }
  void TearDown() override {
    if (runner_) runner_->stop();
    if (jobs_) jobs_->stop();
    runner_.reset();
  }
  void run(KindOptions options) {
    options.kind = "k";
    options.retry = {{base::Millis(20)}, 0.0};
    runner_->add(std::move(options));
    jobs_->start();
    runner_->start();
  }
  JobId add(const std::string& payload, int max_attempts = 3,
            base::Millis timeout = base::Millis(60'000)) {
    NewJob job;
    job.kind = "k";
    job.payload = payload;
    job.max_attempts = max_attempts;
    job.timeout = timeout;
    return enqueue(job).id;
  }
  bool eventually(const std::function<bool()>& holds,
                  base::Millis patience = base::Millis(20'000)) const {
    const base::Mono end = clock.mono() + patience;
    std::mutex mutex;
    std::condition_variable never;
    while (!holds()) {
      if (clock.mono() > end) return false;
      std::unique_lock lock(mutex);
      never.wait_for(lock, base::Millis(2));
    }
    return true;
  }
  bool becomes(JobId id, JobState state) {
    return eventually([&] {
      const auto view = find(id);
      return view.has_value() && view->state == state;
    });
  }
  std::int64_t effects() {
    const auto counted = db().read(platform(), [](Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t n = 0;
      ASHLAR_TRY(tx.query(kEffects, {}, [&](const storage::Row& row) { n = row.integer(0); }));
      return n;
    });
    return counted.ok() ? *counted : -1;
  }

  base::SystemClock clock;
  std::unique_ptr<Runner> runner_;
};
INSTANTIATE_TEST_SUITE_P(Storage, RunnerTest, storage::both_engines(), storage::engine_name);

TEST_P(RunnerTest, WorksWhatIsEnqueuedEachOnce) {
  std::mutex mutex;
  std::multiset<std::string> seen;
  KindOptions options;
  options.handler = Handler([&](const Attempt& attempt) {
    const std::lock_guard lock(mutex);
    seen.insert(attempt.job.payload);
    return Outcome::done();
  });
  run(std::move(options));
  for (int i = 0; i < 300; ++i) add(std::to_string(i));
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return seen.size() >= 300;
  }));
  runner_->stop();
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 300U);
  EXPECT_EQ(seen.size(), 300U);
  const auto live = db().read(storage::Context::tenant(kAlice), [&](Transaction& tx) {
    return jobs().list(tx, kAlice, {.state = JobState::kDone}, JobId{}, 1000);
  });
  EXPECT_EQ(live->size(), 300U);
}

TEST_P(RunnerTest, NeverMoreThanConcurrencyAtOnce) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  KindOptions options;
  options.concurrency = 3;
  options.handler = Handler([&](const Attempt&) {
    const int running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, base::Millis(3));
    --now;
    ++done;
    return Outcome::done();
  });
  run(std::move(options));
  for (int i = 0; i < 40; ++i) add("x");
  ASSERT_TRUE(eventually([&] { return done == 40; }));
  EXPECT_EQ(most, 3);
}

TEST_P(RunnerTest, AnExceptionIsAFailureWithItsText) {
  KindOptions options;
  options.handler =
      Handler([](const Attempt&) -> Outcome { throw std::runtime_error("it broke"); });
  run(std::move(options));
  const JobId id = add("x", 2);
  ASSERT_TRUE(becomes(id, JobState::kDead));
  EXPECT_EQ(find(id)->error, "it broke");
  EXPECT_EQ(find(id)->attempts.size(), 2U);
}

TEST_P(RunnerTest, ATransactionHandlersEffectCommitsWithItsEnd) {
  KindOptions options;
  options.concurrency = 8;
  options.handler =
      TransactionHandler([](const Attempt& attempt, Transaction& tx) -> base::Result<Outcome> {
        ASHLAR_TRY(tx.execute(kEffect, {attempt.job.ref.id.value, std::int64_t{1'000}}));
        if (attempt.job.payload == "bad") {
          return base::fail(base::Code::kInvalid, "no_good", "refused");
        }
        return Outcome::done();
      });
  run(std::move(options));
  std::vector<JobId> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(add("x"));
  const JobId bad = add("bad", 1);
  for (const JobId id : ids) ASSERT_TRUE(becomes(id, JobState::kDone));
  ASSERT_TRUE(becomes(bad, JobState::kDead));
  EXPECT_EQ(find(bad)->error, "no_good: refused");
  EXPECT_EQ(effects(), 50);
}

// However many there are, and whoever enqueued them.
TEST_P(RunnerTest, LargePayloadsDoNotFillTheMemory) {
  constexpr std::size_t kLarge = 200'000;
  std::mutex mutex;
  std::vector<std::function<void(Outcome)>> open;
  std::size_t most = 0;
  KindOptions options;
  options.concurrency = 50;
  options.max_bytes = std::size_t{2} << 20U;
  options.handler = AsyncHandler([&](const Attempt&, std::function<void(Outcome)> done) {
    const std::lock_guard lock(mutex);
    open.push_back(std::move(done));
    most = std::max(most, open.size());
  });
  std::vector<JobId> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(add(std::string(kLarge, 'x')));
  const std::size_t fit = options.max_bytes / kLarge;
  run(std::move(options));
  const auto all_done = [&] {
    const std::lock_guard lock(mutex);
    for (const auto& done : open) done(Outcome::done());
    open.clear();
    const auto done = db().read(storage::Context::tenant(kAlice), [&](Transaction& tx) {
      return jobs().list(tx, kAlice, {.state = JobState::kDone}, JobId{}, 100);
    });
    return done.ok() && done->size() == ids.size();
  };
  // As many as surely fit, and never more than fit.
  const auto several = [&] {
    const std::lock_guard lock(mutex);
    return open.size() >= fit - 3;
  };
  ASSERT_TRUE(eventually(several));
  EXPECT_FALSE(eventually([&] { return most > fit; }, base::Millis(200)));
  ASSERT_TRUE(eventually(all_done));
  EXPECT_LE(most, fit);
}

TEST_P(RunnerTest, AnAsyncHandlerHoldsNoThreadAndIsHeardOnce) {
  std::mutex mutex;
  std::vector<std::function<void(Outcome)>> open;
  KindOptions options;
  options.concurrency = 50;
  options.handler = AsyncHandler([&](const Attempt&, std::function<void(Outcome)> done) {
    const std::lock_guard lock(mutex);
    open.push_back(std::move(done));
  });
  run(std::move(options));
  std::vector<JobId> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(add("x"));
  const auto opened = [&] {
    const std::lock_guard lock(mutex);
    return open.size();
  };
  ASSERT_TRUE(eventually([&] { return opened() == 50; }));  // all at once, and no more
  std::vector<std::function<void(Outcome)>> first;
  {
    const std::lock_guard lock(mutex);
    first = open;
  }
  for (const auto& done : first) {
    done(Outcome::done("1"));
    done(Outcome::failed("twice"));
  }
  ASSERT_TRUE(eventually([&] { return opened() == 60; }));
  for (const auto& done : open) done(Outcome::done("1"));
  for (const JobId id : ids) {
    ASSERT_TRUE(becomes(id, JobState::kDone));
    EXPECT_TRUE(find(id)->attempts.empty());
  }
  runner_.reset();
  for (const auto& done : open) done(Outcome::done("after the end"));
}

// Engram#1496: a job without a timeout of its own froze a queue. There is always one.
TEST_P(RunnerTest, Engram1496AJobThatOutlivesItsTimeoutFails) {
  std::mutex mutex;
  std::vector<std::function<void(Outcome)>> open;
  std::atomic<bool> deadline_told{false};
  KindOptions options;
  options.concurrency = 1;
  options.handler = AsyncHandler([&](const Attempt& attempt, std::function<void(Outcome)> done) {
    deadline_told = attempt.deadline > clock.mono();
    if (attempt.job.payload == "quick") return done(Outcome::done());
    const std::lock_guard lock(mutex);
    open.push_back(std::move(done));
  });
  run(std::move(options));
  EXPECT_GT(NewJob{}.timeout.count(), 0);
  const JobId slow = add("slow", 1, base::Millis(30));
  const JobId next = add("quick");
  ASSERT_TRUE(becomes(slow, JobState::kDead));
  ASSERT_TRUE(becomes(next, JobState::kDone));  // its place is free again
  EXPECT_TRUE(deadline_told);
  EXPECT_EQ(find(slow)->error, "timeout");
  const std::lock_guard lock(mutex);
  for (const auto& done : open) done(Outcome::done());
  EXPECT_EQ(find(slow)->state, JobState::kDead);
}

// oban#1037, hexpm: rescue by elapsed time ran long jobs twice. Leases are renewed while they run.
TEST_P(RunnerTest, Oban1037AJobLongerThanItsLeaseIsNotDoubled) {
  std::atomic<int> runs{0};
  KindOptions options;
  options.lease = base::Millis(300);
  options.handler = Handler([&](const Attempt&) {
    ++runs;
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, base::Millis(1'500));
    return Outcome::done();
  });
  run(std::move(options));
  const JobId id = add("x");
  ASSERT_TRUE(becomes(id, JobState::kDone));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(find(id)->attempt, 1);
}

TEST_P(RunnerTest, ACancelReachesTheHandler) {
  std::atomic<bool> begun{false};
  KindOptions options;
  options.lease = base::Millis(600);
  options.handler = Handler([&](const Attempt& attempt) {
    begun = true;
    while (!attempt.cancel_asked() && clock.mono() < attempt.deadline) std::this_thread::yield();
    return Outcome::cancelled();
  });
  run(std::move(options));
  const JobId id = add("x");
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  ASSERT_TRUE(as(kAlice, [&](Transaction& tx) { return jobs().cancel(tx, kAlice, id); }).ok());
  EXPECT_TRUE(becomes(id, JobState::kCancelled));
}

TEST_P(RunnerTest, AStopGivesBackWhatWasNotBegun) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::atomic<int> begun{0};
  KindOptions options;
  options.concurrency = 1;
  options.prefetch = 20;
  options.handler = Handler([&](const Attempt&) {
    ++begun;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    return Outcome::done();
  });
  run(std::move(options));
  std::vector<JobId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(add("x"));
  ASSERT_TRUE(eventually([&] { return begun == 1; }));
  std::thread opens([&] {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, base::Millis(200));
    open = true;
    changed.notify_all();
  });
  runner_->stop(base::Millis(5'000));
  opens.join();
  EXPECT_EQ(begun, 1);
  int ready = 0;
  int done = 0;
  for (const JobId id : ids) {
    const JobState state = find(id)->state;
    ready += state == JobState::kReady ? 1 : 0;
    done += state == JobState::kDone ? 1 : 0;
  }
  EXPECT_EQ(ready, 9);
  EXPECT_EQ(done, 1);
}

// asynq#1144: jobs of a worker that died were never found again. A second process takes them over
// once their leases have run out, and the first one's late word is not heard.
TEST_P(RunnerTest, Asynq1144JobsOfADeadWorkerAreTakenOver) {
  const JobId id = add("x");
  const auto orphan = lease(1, "k", base::Millis(150));  // this one's process dies
  ASSERT_EQ(orphan.size(), 1U);
  std::atomic<int> runs{0};
  KindOptions options;
  options.handler = Handler([&](const Attempt&) {
    ++runs;
    return Outcome::done();
  });
  run(std::move(options));
  ASSERT_TRUE(becomes(id, JobState::kDone));
  EXPECT_EQ(runs, 1);
  const auto view = find(id);
  EXPECT_EQ(view->attempt, 2);
  ASSERT_EQ(view->attempts.size(), 1U);
  EXPECT_EQ(view->attempts[0].error, "lease ran out");
  EXPECT_FALSE(end(orphan[0].ref, Outcome::done()));
}

}  // namespace
}  // namespace ashlar::jobs
