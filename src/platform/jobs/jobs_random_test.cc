// Jobs against a model that is simple enough to be right: lists searched from end to end.
//
// The same calls go to both; what a lease may give, what an end answers and where each job is are
// compared after each step. The seed is printed with a failure.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "platform/jobs/ending.h"
#include "platform/jobs/testing/jobs_fixture.h"

namespace ashlar::jobs {
namespace {

using storage::Transaction;
using Lane = std::pair<std::int64_t, std::string>;

constexpr base::Millis kLease{10'000};

struct ModelJob {
  JobId id;
  base::TenantId tenant;
  NewJob made;
  enum class At : std::uint8_t { kReady, kLater, kHeld, kEnded } at = At::kReady;
  JobState ended = JobState::kDone;
  base::Time run_at{};
  int attempt = 0;
  int most = 0;
  std::optional<base::Time> leased_until;  // while an end is heard
  bool cancel_asked = false;
  int failures = 0;
  std::set<int> recorded;  // attempts with a record

  [[nodiscard]] bool keyed() const { return made.key.has_value(); }
  [[nodiscard]] bool admitted() const {
    return keyed() && (at == At::kReady || (made.ordered && at == At::kLater));
  }
  [[nodiscard]] std::tuple<std::int64_t, JobId> order() const {
    return {rank_of(run_at, made.priority), id};
  }
  [[nodiscard]] Lane lane() const { return {tenant.value, made.queue}; }
  [[nodiscard]] bool runs(base::Time now) const {
    return at == At::kReady && leased_until.has_value() && *leased_until >= now;
  }
};
using At = ModelJob::At;

class Model {
 public:
  std::map<JobId, ModelJob> jobs;

  ModelJob* twin_of(const NewJob& made, base::TenantId tenant) {
    for (auto& [id, job] : jobs) {
      if (job.at != At::kEnded && made.unique_key.has_value() && job.tenant == tenant &&
          job.made.queue == made.queue && job.made.unique_key == made.unique_key) {
        return &job;
      }
    }
    return nullptr;
  }

  // What a lease does before it claims.
  void settle(base::Time now) {
    for (auto& [id, job] : jobs) {
      if (job.at == At::kLater && job.run_at <= now) {
        job.at = job.keyed() && !job.made.ordered ? At::kHeld : At::kReady;
      }
    }
    while (ModelJob* next = admissible()) {
      next->at = next->made.ordered && next->run_at > now ? At::kLater : At::kReady;
    }
  }

  ModelJob* admissible() {
    for (auto& [id, job] : jobs) {
      if (job.at != At::kHeld) continue;
      std::int64_t admitted = 0;
      ModelJob* first = nullptr;
      for (auto& [other_id, other] : jobs) {
        if (other.made.key != job.made.key || other.lane() != job.lane()) continue;
        if (other.admitted()) ++admitted;
        if (other.at != At::kHeld) continue;
        const bool before = first == nullptr || (!job.made.ordered ? other.order() < first->order()
                                                                   : other.id < first->id);
        if (before) first = &other;
      }
      if (admitted < job.made.key_limit) return first;
    }
    return nullptr;
  }

  // Of each lane in order.
  std::map<Lane, std::vector<ModelJob*>> eligible(base::Time now) {
    std::map<Lane, std::vector<ModelJob*>> lanes;
    for (auto& [id, job] : jobs) {
      if (job.at == At::kReady && !job.runs(now)) lanes[job.lane()].push_back(&job);
    }
    for (auto& [lane, list] : lanes) {
      std::sort(list.begin(), list.end(),
                [](const ModelJob* a, const ModelJob* b) { return a->order() < b->order(); });
    }
    return lanes;
  }
};

class JobsRandomTest : public JobsFixture {
 protected:
  void round(std::uint64_t seed, int steps);
  void enqueue_one();
  void lease_some();
  void end_one();
  void mend_one();
  void compare();
  NewJob any_job();
  ModelJob* any(const std::function<bool(const ModelJob&)>& fits);

  base::Random random_{1};
  Model model_;
  std::vector<LeaseRef> leases_;  // all that were ever given
};
INSTANTIATE_TEST_SUITE_P(Storage, JobsRandomTest, storage::both_engines(), storage::engine_name);

NewJob JobsRandomTest::any_job() {
  NewJob job;
  job.kind = "k";
  job.queue = random_.chance(0.5) ? "q1" : "q2";
  job.payload = std::to_string(random_.below(1'000));
  job.priority = static_cast<int>(random_.below(5)) - 2;
  job.max_attempts = 1 + static_cast<int>(random_.below(4));
  if (random_.chance(0.3)) {
    job.run_at = clock_.now() + base::Millis(static_cast<std::int64_t>(random_.below(30'000)));
  }
  if (random_.chance(0.3)) job.unique_key = "u" + std::to_string(random_.below(6));
  if (random_.chance(0.5)) {
    const std::uint64_t which = random_.below(3);
    job.key = "key" + std::to_string(which);
    job.key_limit = which == 1 ? 2 : 1;
    job.ordered = which == 2;
  }
  return job;
}

ModelJob* JobsRandomTest::any(const std::function<bool(const ModelJob&)>& fits) {
  std::vector<ModelJob*> found;
  for (auto& [id, job] : model_.jobs) {
    if (fits(job)) found.push_back(&job);
  }
  return found.empty() ? nullptr : found[random_.below(found.size())];
}

void JobsRandomTest::enqueue_one() {
  const base::TenantId tenant = random_.chance(0.5) ? kAlice : kBob;
  const NewJob made = any_job();
  const ModelJob* twin = model_.twin_of(made, tenant);
  const Enqueued out = enqueue(made, tenant);
  ASSERT_EQ(out.existed, twin != nullptr);
  if (twin != nullptr) {
    ASSERT_EQ(out.id, twin->id);
    return;
  }
  ModelJob job;
  job.id = out.id;
  job.tenant = tenant;
  job.made = made;
  job.run_at = std::max(made.run_at.value_or(clock_.now()), clock_.now());
  job.most = made.max_attempts;
  job.at = job.run_at > clock_.now() ? At::kLater : At::kReady;
  if (job.keyed() && (made.ordered || job.at == At::kReady)) job.at = At::kHeld;
  ASSERT_TRUE(model_.jobs.emplace(job.id, job).second) << "an id came back";
}

void JobsRandomTest::lease_some() {
  const int max = random_.chance(0.5) ? 1 : 1 + static_cast<int>(random_.below(8));
  const auto leased = lease(max, "k", kLease);
  const base::Time now = clock_.now();
  model_.settle(now);
  auto lanes = model_.eligible(now);
  std::size_t total = 0;
  for (const auto& [lane, list] : lanes) total += list.size();
  ASSERT_EQ(leased.size(), std::min<std::size_t>(static_cast<std::size_t>(max), total));
  std::map<Lane, std::set<JobId>> got;
  for (const LeasedJob& one : leased) got[{one.tenant.value, one.queue}].insert(one.ref.id);
  std::map<std::int64_t, std::size_t> by_tenant;
  std::map<std::int64_t, std::size_t> left;
  for (auto& [lane, list] : lanes) {
    const std::size_t n = got[lane].size();
    by_tenant[lane.first] += n;
    left[lane.first] += list.size() - n;
    // The first of the lane, no others.
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_TRUE(got[lane].contains(list[i]->id)) << "lane order";
      ModelJob& job = *list[i];
      if (job.leased_until.has_value()) job.recorded.insert(job.attempt);  // it ran out
      ++job.attempt;
      job.leased_until = now + kLease;
      leases_.push_back({job.id, job.attempt});
    }
  }
  for (const LeasedJob& one : leased) {
    ASSERT_EQ(one.ref.attempt, model_.jobs.at(one.ref.id).attempt);
  }
  // Nobody who has more waiting got less than another, but for the one that does not divide.
  for (const auto& [tenant, n] : by_tenant) {
    for (const auto& [other, m] : by_tenant) {
      if (left[tenant] == 0) continue;
      ASSERT_GE(n + 1, m) << "fair share";
    }
  }
}

void JobsRandomTest::end_one() {
  if (leases_.empty()) return;
  // Mostly late ones: those that are held are few.
  const std::size_t recent = std::min<std::size_t>(leases_.size(), 8);
  const LeaseRef ref = leases_[leases_.size() - 1 - random_.below(recent)];
  ModelJob& job = model_.jobs.at(ref.id);
  const base::Time now = clock_.now();
  const bool held =
      job.at == At::kReady && job.leased_until.has_value() && job.attempt == ref.attempt;
  Outcome outcome;
  switch (random_.below(6)) {
    case 0:
      outcome = Outcome::failed("f");
      break;
    case 1:
      outcome = Outcome::dead("d");
      break;
    case 2:
      outcome = Outcome::snoozed(random_.chance(0.3) ? now : now + base::Millis(3'000));
      break;
    case 3:
      outcome = Outcome::cancelled();
      break;
    default:
      outcome = Outcome::done("r");
  }
  const auto kind = outcome.kind;
  const auto wanted = outcome.run_at;
  if (random_.chance(0.5)) {
    ASSERT_EQ(end(ref, outcome), held);
  } else {
    ASSERT_EQ(end_in_tx(job.tenant, ref, outcome), held ? "" : "lease_lost");
  }
  if (!held) return;
  job.leased_until.reset();
  const bool failed = kind == Outcome::Kind::kFailed;
  if (failed || kind == Outcome::Kind::kDead) job.recorded.insert(job.attempt);
  const auto finish = [&](JobState state) {
    job.at = At::kEnded;
    job.ended = state;
  };
  if (kind == Outcome::Kind::kDone) return finish(JobState::kDone);
  if (kind == Outcome::Kind::kDead) return finish(JobState::kDead);
  if (kind == Outcome::Kind::kCancelled || job.cancel_asked) return finish(JobState::kCancelled);
  if (failed && job.attempt >= job.most) return finish(JobState::kDead);
  if (failed) {
    const int n = job.attempt - (job.most - job.made.max_attempts);
    job.run_at = now + base::Millis(n <= 1 ? 1'000 : 10'000);
  } else {
    ++job.most;
    if (*wanted > now) job.run_at = *wanted;
  }
  job.at = job.run_at > now ? At::kLater : At::kReady;
}

void JobsRandomTest::mend_one() {
  const base::Time now = clock_.now();
  ModelJob* job = any([&](const ModelJob& one) {
    // A lease that ran out is found at other moments by the two engines.
    return !one.leased_until.has_value() || one.runs(now);
  });
  if (job == nullptr) return;
  const auto act = [&](auto&& call) { return reason(as(job->tenant, call)); };
  const bool ended = job->at == At::kEnded;
  switch (random_.below(3)) {
    case 0: {
      ASSERT_EQ(act([&](Transaction& tx) { return jobs().cancel(tx, job->tenant, job->id); }),
                ended ? "job_ended" : "");
      if (ended) return;
      if (job->leased_until.has_value()) {
        job->cancel_asked = true;
      } else {
        job->at = At::kEnded;
        job->ended = JobState::kCancelled;
      }
      return;
    }
    case 1: {
      const bool twin = ended && model_.twin_of(job->made, job->tenant) != nullptr;
      ASSERT_EQ(act([&](Transaction& tx) { return jobs().redrive(tx, job->tenant, job->id); }),
                !ended ? "job_running" : (twin ? "job_duplicate" : ""));
      if (!ended || twin) return;
      job->at = job->keyed() ? At::kHeld : At::kReady;
      job->run_at = now;
      job->most = job->attempt + job->made.max_attempts;
      job->cancel_asked = false;
      return;
    }
    default: {
      const bool runs = job->runs(now);
      ASSERT_EQ(act([&](Transaction& tx) { return jobs().run_now(tx, job->tenant, job->id); }),
                ended ? "job_ended" : (runs ? "job_running" : ""));
      if (ended || runs || job->at == At::kReady) return;
      job->run_at = now;
      if (job->at == At::kLater) {
        job->at = job->keyed() && !job->made.ordered ? At::kHeld : At::kReady;
      }
    }
  }
}

void JobsRandomTest::compare() {
  const base::Time now = clock_.now();
  for (const auto& [id, job] : model_.jobs) {
    const auto view = find(id, job.tenant);
    ASSERT_TRUE(view.has_value()) << id.value;
    ASSERT_EQ(view->attempt, job.attempt) << id.value;
    ASSERT_EQ(view->max_attempts, job.most) << id.value;
    std::set<int> recorded;
    for (const AttemptRecord& attempt : view->attempts) recorded.insert(attempt.attempt);
    std::set<int> expected = job.recorded;
    // A lease that ran out is recorded when it is found.
    if (job.at == At::kReady && job.leased_until.has_value() && !job.runs(now)) {
      expected.erase(job.attempt);
      recorded.erase(job.attempt);
    }
    ASSERT_TRUE(std::includes(recorded.begin(), recorded.end(), expected.begin(), expected.end()))
        << id.value;
    if (job.at == At::kEnded) {
      ASSERT_EQ(view->state, job.ended) << id.value;
    } else if (job.runs(now)) {
      ASSERT_EQ(view->state, JobState::kRunning) << id.value;
    } else {
      ASSERT_LT(view->state, JobState::kDone) << id.value;
      ASSERT_NE(view->state, JobState::kRunning) << id.value;
    }
  }
}

void JobsRandomTest::round(std::uint64_t seed, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_ = base::Random(seed);
  for (int step = 0; step < steps; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const std::uint64_t dice = random_.below(100);
    if (dice < 35) {
      enqueue_one();
    } else if (dice < 60) {
      lease_some();
    } else if (dice < 85) {
      end_one();
    } else if (dice < 93) {
      mend_one();
    } else {
      advance(base::Millis(static_cast<std::int64_t>(random_.below(8'000))));
      // A lost last attempt is dead when it is found, which the engines do at other moments.
      for (auto& [id, job] : model_.jobs) {
        const bool last = job.attempt >= job.most || job.cancel_asked;
        if (job.at != At::kReady || !job.leased_until.has_value() || !last) continue;
        ASSERT_TRUE(end({id, job.attempt}, Outcome::done()));
        job.at = At::kEnded;
        job.ended = JobState::kDone;
        job.leased_until.reset();
      }
    }
    if (HasFatalFailure()) return;
    if (step % 50 == 49) compare();
    if (HasFatalFailure()) return;
  }
}

TEST_P(JobsRandomTest, DoesWhatTheModelDoes) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    model_ = {};
    leases_.clear();
    // Each round begins with an empty table.
    TearDown();
    jobs_.reset();
    database_.reset();
    store_.reset();
    SetUp();
    round(seed, 600);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace ashlar::jobs
