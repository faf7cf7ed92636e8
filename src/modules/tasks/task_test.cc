// How attempts are counted for those who use tasks.
#include "modules/tasks/task.h"

#include <gtest/gtest.h>

namespace ashlar::tasks {
namespace {

jobs::JobView view(jobs::JobState state, int attempt, int max_attempts, int failures) {
  jobs::JobView made;
  made.state = state;
  made.attempt = attempt;
  made.max_attempts = max_attempts;
  made.failures = failures;
  if (attempt > 0) made.started_at = base::from_micros(1);
  return made;
}

struct Case {
  const char* what;
  jobs::JobView job;
  int attempt, max_attempts;
};

TEST(TaskCount, SnoozesAreNoAttempts) {
  using State = jobs::JobState;
  const Case cases[] = {
      {"nobody had it", view(State::kReady, 0, 25, 0), 0, 25},
      {"it runs", view(State::kRunning, 1, 25, 0), 1, 25},
      {"it failed once", view(State::kRetrying, 1, 25, 1), 1, 25},
      {"snoozed twice", view(State::kScheduled, 2, 27, 0), 0, 25},
      {"snoozed twice, runs", view(State::kRunning, 3, 27, 0), 1, 25},
      {"snoozed twice, failed once", view(State::kRetrying, 3, 27, 1), 1, 25},
      {"done at the second", view(State::kDone, 2, 3, 1), 2, 3},
      {"dead", view(State::kDead, 3, 3, 3), 3, 3},
      {"dead of three, lives again", view(State::kReady, 3, 6, 3), 3, 6},
      {"snoozed once, dead of three, lives again, runs", view(State::kRunning, 5, 7, 3), 4, 6},
      {"cancelled while it ran", view(State::kCancelled, 1, 3, 0), 1, 3},
      {"cancelled before", view(State::kCancelled, 0, 3, 0), 0, 3},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(count_of(one.job).attempt, one.attempt) << one.what;
    EXPECT_EQ(count_of(one.job).max_attempts, one.max_attempts) << one.what;
  }
}

TEST(TaskCount, OfALease) {
  jobs::LeasedJob job;
  job.ref.attempt = 5;
  job.max_attempts = 7;
  job.failures = 3;
  EXPECT_EQ(count_of(job).attempt, 4);
  EXPECT_EQ(count_of(job).max_attempts, 6);
}

}  // namespace
}  // namespace ashlar::tasks
