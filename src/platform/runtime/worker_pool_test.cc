#include "platform/runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <semaphore>
#include <string>

#include "base/clock.h"
#include "platform/observability/metrics.h"

namespace ashlar::runtime {
namespace {

class WorkerPoolTest : public testing::Test {
 protected:
  // The one thread is kept busy until let_go().
  void hold() {
    ASSERT_TRUE(pool_.submit({.run = [this] { held_.release(), go_.acquire(); },
                              .expired = [] {},
                              .deadline = base::Mono::max()}));
    held_.acquire();
  }
  bool submit(char name, bool batch, base::Mono deadline = base::Mono::max()) {
    return pool_.submit({.run = [this, name] { order_ += name; },
                         .expired = [this] { order_ += '!'; },
                         .deadline = deadline,
                         .batch = batch});
  }
  std::string finish() {
    go_.release();
    pool_.drain();
    return order_;
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  std::binary_semaphore held_{0};
  std::binary_semaphore go_{0};
  std::string order_;
  WorkerPool pool_{"test", 1, 30, clock_, metrics_};
};

TEST_F(WorkerPoolTest, BatchLetsOthersGoFirstAndIsNotStarved) {
  hold();
  for (const char name : {'x', 'y', 'z'}) EXPECT_TRUE(submit(name, true));
  for (char name = 'a'; name <= 't'; ++name) EXPECT_TRUE(submit(name, false));
  // Every eighth turn is batch's while it waits.
  EXPECT_EQ(finish(), "abcdefgxhijklmnyopqrstz");
}

TEST_F(WorkerPoolTest, BatchAloneRunsAtOnce) {
  hold();
  for (const char name : {'x', 'y', 'z'}) EXPECT_TRUE(submit(name, true));
  EXPECT_EQ(finish(), "xyz");
}

TEST_F(WorkerPoolTest, BothCountAsWaiting) {
  hold();
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(submit('a', false));
  EXPECT_TRUE(pool_.has_room());
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(submit('b', true));
  EXPECT_FALSE(pool_.has_room());
  EXPECT_FALSE(submit('c', false));
  EXPECT_FALSE(submit('c', true));
  EXPECT_EQ(finish().size(), 30U);
}

TEST_F(WorkerPoolTest, WhatIsTooLateIsNotRun) {
  hold();
  EXPECT_TRUE(submit('a', false, clock_.mono() + base::Millis{10}));
  EXPECT_TRUE(submit('b', true, clock_.mono() + base::Millis{30}));
  clock_.advance(base::Millis{20});
  EXPECT_EQ(finish(), "!b");
}

}  // namespace
}  // namespace ashlar::runtime
