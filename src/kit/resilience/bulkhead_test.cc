#include "kit/resilience/bulkhead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

TEST(BulkheadTest, EntersWaitsAndRefuses) {
  Bulkhead bulkhead(2, 1);
  auto first = bulkhead.try_enter();
  auto second = bulkhead.try_enter();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(bulkhead.try_enter());
  auto place = bulkhead.try_wait();
  ASSERT_TRUE(place);
  EXPECT_FALSE(bulkhead.try_wait());
  EXPECT_FALSE(bulkhead.try_enter(*place));
  EXPECT_TRUE(first->release());   // wake the waiter
  EXPECT_FALSE(first->release());  // nothing more
  EXPECT_FALSE(bulkhead.try_enter()) << "a newcomer must not overtake";
  auto third = bulkhead.try_enter(*place);
  ASSERT_TRUE(third);
  EXPECT_EQ(bulkhead.running(), 2U);
  EXPECT_EQ(bulkhead.waiting(), 0U);
  EXPECT_FALSE(second->release());
}

TEST(BulkheadTest, AWaiterThatLeavesPassesTheWakeUpOn) {
  Bulkhead bulkhead(1, 2);
  auto permit = bulkhead.try_enter();
  auto one = bulkhead.try_wait();
  auto two = bulkhead.try_wait();
  ASSERT_TRUE(permit && one && two);
  EXPECT_FALSE(one->leave()) << "nothing is free yet";
  one = bulkhead.try_wait();
  EXPECT_TRUE(permit->release());
  EXPECT_TRUE(one->leave());
  EXPECT_TRUE(bulkhead.try_enter(*two));
}

TEST(BulkheadTest, AnExceptionGivesThePermitBack) {
  Bulkhead bulkhead(1, 0);
  EXPECT_THROW(
      {
        const auto permit = bulkhead.try_enter();
        throw std::runtime_error("work failed");
      },
      std::runtime_error);
  EXPECT_EQ(bulkhead.running(), 0U);
  EXPECT_FALSE(bulkhead.try_wait()) << "nobody may wait here";
}

// Random operations against a model that is two numbers and the rule of promise 4.
TEST(BulkheadTest, AgreesWithAModelOnRandomOperations) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (int round = 0; round < 50; ++round) {
    const auto max_running = static_cast<std::uint32_t>(1 + random.below(4));
    const auto max_waiting = static_cast<std::uint32_t>(random.below(4));
    Bulkhead bulkhead(max_running, max_waiting);
    std::vector<Bulkhead::Permit> permits;
    std::vector<Bulkhead::Place> places;
    const auto wake = [&] { return permits.size() < max_running && !places.empty(); };
    for (int i = 0; i < 20'000; ++i) {
      switch (random.below(5)) {
        case 0:
          if (auto permit = bulkhead.try_enter()) {
            ASSERT_TRUE(permits.size() < max_running && places.empty());
            permits.push_back(std::move(*permit));
          } else {
            ASSERT_TRUE(permits.size() == max_running || !places.empty());
          }
          break;
        case 1:
          if (auto place = bulkhead.try_wait()) {
            ASSERT_LT(places.size(), max_waiting);
            places.push_back(std::move(*place));
          } else {
            ASSERT_EQ(places.size(), max_waiting);
          }
          break;
        case 2:
          if (places.empty()) break;
          if (auto permit = bulkhead.try_enter(places.back())) {
            ASSERT_LT(permits.size(), max_running);
            places.pop_back();
            permits.push_back(std::move(*permit));
          } else {
            ASSERT_EQ(permits.size(), max_running);
          }
          break;
        case 3: {
          if (permits.empty()) break;
          Bulkhead::Permit permit = std::move(permits.back());
          permits.pop_back();
          ASSERT_EQ(permit.release(), wake());
          break;
        }
        default: {
          if (places.empty()) break;
          Bulkhead::Place place = std::move(places.back());
          places.pop_back();
          ASSERT_EQ(place.leave(), wake());
        }
      }
      ASSERT_EQ(bulkhead.running(), permits.size());
      ASSERT_EQ(bulkhead.waiting(), places.size());
    }
  }
}

// Threads park on a flag each, as an executor would; whoever is told to wakes the first of them.
// The test hangs if a wake-up is lost, and the counters show it if too many run.
class Parking {
 public:
  explicit Parking(Bulkhead& bulkhead) : bulkhead_(bulkhead) {}

  void visit(std::atomic<int>& running, std::atomic<int>& most) {
    if (auto permit = bulkhead_.try_enter()) return work(*permit, running, most);
    auto place = bulkhead_.try_wait();
    if (!place) return;
    std::atomic<bool> woken{false};
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        parked_.push_back(&woken);
      }
      // Only now that it can be found: what was freed before would have woken nobody.
      auto permit = bulkhead_.try_enter(*place);
      if (!permit) {
        while (!woken.load()) std::this_thread::yield();
        woken = false;
        permit = bulkhead_.try_enter(*place);
        if (!permit) continue;
      } else {
        const std::lock_guard lock(mutex_);
        std::erase(parked_, &woken);
      }
      // It may have been woken as well as having entered: then the wake-up goes on.
      if (woken.load()) wake_one();
      return work(*permit, running, most);
    }
  }

 private:
  void work(Bulkhead::Permit& permit, std::atomic<int>& running, std::atomic<int>& most) {
    const int now = ++running;
    int seen = most.load();
    while (seen < now && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();
    --running;
    if (permit.release()) wake_one();
  }
  void wake_one() {
    const std::lock_guard lock(mutex_);
    if (parked_.empty()) return;
    parked_.front()->store(true);
    parked_.pop_front();
  }

  Bulkhead& bulkhead_;
  std::mutex mutex_;
  std::deque<std::atomic<bool>*> parked_;
};

TEST(BulkheadTest, ThreadsNeverExceedItNorLoseAWakeUp) {
  Bulkhead bulkhead(2, 8);
  Parking parking(bulkhead);
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) parking.visit(running, most);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), 2);
  EXPECT_EQ(bulkhead.running(), 0U);
  EXPECT_EQ(bulkhead.waiting(), 0U);
}

}  // namespace
}  // namespace ashlar::kit
