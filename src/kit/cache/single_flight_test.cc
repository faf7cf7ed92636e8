#include "kit/cache/single_flight.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"

namespace ashlar::kit {
namespace {

using Flights = SingleFlight<int, std::string>;
using Part = Flights::Part;
using Loaded = std::optional<std::string>;
constexpr auto kForever = Flights::kForever;
constexpr auto kNoWait = Flights::kNoWait;

// Until `ready`; the test's own limit of time is what bounds it.
template <class Ready>
void spin_until(Ready ready) {
  while (!ready()) std::this_thread::yield();
}

// A load that stands still until it is told how to go on.
class HeldLoad {
 public:
  explicit HeldLoad(Loaded result) : result_(std::move(result)) {}

  Loaded operator()() {
    begun_.count_down();
    go_.wait();
    return result_;
  }
  void await_begin() { begun_.wait(); }
  void go() { go_.count_down(); }

 private:
  Loaded result_;
  std::latch begun_{1};
  std::latch go_{1};
};

// Threads that run() the key and keep what they got. `load` is what each would load.
class Crowd {
 public:
  template <class Load>
  Crowd(Flights& flights, int size, int key, Load load)
      : answers(static_cast<std::size_t>(size)), threw(static_cast<std::size_t>(size)) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      threads_.emplace_back([this, &flights, key, load, i] {
        try {
          answers[i] = flights.run(key, kForever, load);
        } catch (const std::runtime_error&) {
          threw[i] = 1;
        }
      });
    }
    spin_until([&] { return flights.waiting(key) == static_cast<std::uint32_t>(size); });
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
  }
  [[nodiscard]] long count(Part part) const {
    return std::ranges::count_if(answers, [part](const auto& a) { return a.part == part; });
  }

  std::vector<Flights::Answer> answers;
  std::vector<char> threw;

 private:
  std::vector<std::thread> threads_;
};

TEST(SingleFlight, LoadsAgainWhenNobodyWaited) {
  Flights flights;
  int loads = 0;
  for (int i = 0; i < 3; ++i) {
    const auto answer = flights.run(7, kNoWait, [&] { return Loaded(std::to_string(++loads)); });
    EXPECT_EQ(answer.part, Part::kLed);
    EXPECT_EQ(*answer.value, std::to_string(i + 1));
    EXPECT_EQ(flights.size(), 0U);
  }
}

TEST(SingleFlight, WaitersGetTheVeryObjectThatWasLoaded) {
  Flights flights;
  HeldLoad held("seven");
  Flights::Answer led;
  std::thread leader([&] { led = flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  Crowd crowd(flights, 8, 7, [] { return Loaded("not this"); });
  EXPECT_EQ(flights.size(), 1U);
  held.go();
  leader.join();
  crowd.join();
  EXPECT_EQ(led.part, Part::kLed);
  EXPECT_EQ(*led.value, "seven");
  for (const auto& answer : crowd.answers) {
    EXPECT_EQ(answer.part, Part::kShared);
    EXPECT_EQ(answer.value.get(), led.value.get());
  }
  EXPECT_EQ(flights.size(), 0U);
}

TEST(SingleFlight, WhoLeavesAtItsDeadlineDisturbsNobody) {
  Flights flights;
  HeldLoad held("seven");
  std::thread leader([&] { flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  Crowd crowd(flights, 2, 7, [] { return Loaded("not this"); });
  const auto never = [] { return Loaded("never"); };
  EXPECT_EQ(flights.run(7, kNoWait, never).part, Part::kTimedOut);
  EXPECT_EQ(flights.run(7, std::chrono::nanoseconds(-5), never).part, Part::kTimedOut);
  EXPECT_EQ(flights.run(7, std::chrono::milliseconds(2), never).part, Part::kTimedOut);
  EXPECT_EQ(flights.waiting(7), 2U);
  held.go();
  leader.join();
  crowd.join();
  EXPECT_EQ(crowd.count(Part::kShared), 2);
}

TEST(SingleFlight, ABudgetOfCenturiesIsNoOverflow) {
  Flights flights;
  HeldLoad held("seven");
  std::thread leader([&] { flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  Flights::Answer answer;
  std::thread waiter([&] {
    answer = flights.run(7, kForever - std::chrono::nanoseconds(1), [] { return Loaded("x"); });
  });
  spin_until([&] { return flights.waiting(7) == 1; });
  held.go();
  leader.join();
  waiter.join();
  EXPECT_EQ(answer.part, Part::kShared);
}

TEST(SingleFlight, WhenALoadGivesUpOneWaiterLoadsForTheOthers) {
  Flights flights;
  HeldLoad held(std::nullopt);
  Flights::Answer led;
  std::thread leader([&] { led = flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  std::atomic<int> loads{0};
  Crowd crowd(flights, 6, 7, [&loads] { return Loaded(std::to_string(++loads)); });
  held.go();
  leader.join();
  crowd.join();
  EXPECT_EQ(led.part, Part::kGaveUp);
  EXPECT_EQ(led.value, nullptr);
  // A waiter that has not woken yet when the second load ends finds its flight done.
  EXPECT_EQ(loads.load(), 1);
  EXPECT_EQ(crowd.count(Part::kLed), 1);
  EXPECT_EQ(crowd.count(Part::kShared), 5);
  for (const auto& answer : crowd.answers) EXPECT_EQ(*answer.value, "1");
}

TEST(SingleFlight, AnExceptionReachesItsOwnCallerOnly) {
  Flights flights;
  std::latch begun(1);
  std::latch go(1);
  bool threw = false;
  std::thread leader([&] {
    try {
      flights.run(7, kForever, [&]() -> Loaded {
        begun.count_down();
        go.wait();
        throw std::runtime_error("first");
      });
    } catch (const std::runtime_error&) {
      threw = true;
    }
  });
  begun.wait();
  std::atomic<int> loads{0};
  Crowd crowd(flights, 6, 7, [&loads]() -> Loaded {
    if (++loads < 3) throw std::runtime_error("and again");
    return Loaded("third time lucky");
  });
  go.count_down();
  leader.join();
  crowd.join();
  EXPECT_TRUE(threw);
  EXPECT_EQ(loads.load(), 3);
  EXPECT_EQ(std::ranges::count(crowd.threw, 1), 2);
  long answered = 0;
  for (const auto& answer : crowd.answers) {
    if (!answer.value) continue;
    EXPECT_EQ(*answer.value, "third time lucky");
    ++answered;
  }
  EXPECT_EQ(answered, 4);
  EXPECT_EQ(flights.size(), 0U);
}

TEST(SingleFlight, WhenAllGiveUpEachHasTriedOnce) {
  Flights flights;
  HeldLoad held(std::nullopt);
  std::thread leader([&] { flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  std::atomic<int> loads{0};
  Crowd crowd(flights, 5, 7, [&loads]() -> Loaded {
    ++loads;
    return std::nullopt;
  });
  held.go();
  leader.join();
  crowd.join();
  EXPECT_EQ(loads.load(), 5);
  EXPECT_EQ(crowd.count(Part::kGaveUp), 5);
  EXPECT_EQ(flights.size(), 0U);
}

TEST(SingleFlight, WaitersAndFlightsAreBounded) {
  Flights flights({.max_flights = 2, .max_waiters = 3});
  HeldLoad held("seven");
  std::thread leader([&] { flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  Crowd crowd(flights, 3, 7, [] { return Loaded("x"); });
  const auto load = [] { return Loaded("y"); };
  EXPECT_EQ(flights.run(7, kForever, load).part, Part::kCrowded);
  EXPECT_TRUE(flights.reserve(8));
  EXPECT_EQ(flights.run(9, kForever, load).part, Part::kCrowded);
  EXPECT_FALSE(flights.reserve(9));
  EXPECT_EQ(flights.run(8, kForever, load).part, Part::kLed);
  EXPECT_EQ(flights.run(9, kForever, load).part, Part::kLed);
  held.go();
  leader.join();
  crowd.join();
  EXPECT_EQ(crowd.count(Part::kShared), 3);
}

TEST(SingleFlight, AThreadDoesNotWaitForItself) {
  Flights flights;
  std::vector<Part> inner;
  const auto loads_seven = [&]() -> Loaded {
    inner.push_back(flights.run(7, kForever, [] { return Loaded("x"); }).part);
    return Loaded("eight");
  };
  const auto answer = flights.run(7, kForever, [&]() -> Loaded {
    inner.push_back(flights.run(7, kForever, [] { return Loaded("x"); }).part);
    inner.push_back(flights.run(8, kForever, loads_seven).part);
    return Loaded("seven");
  });
  EXPECT_EQ(answer.part, Part::kLed);
  EXPECT_EQ(inner, (std::vector{Part::kRecursive, Part::kRecursive, Part::kLed}));
}

// Also: no lock is held while a load runs, or keys of one stripe would block each other here.
TEST(SingleFlight, LoadsNest) {
  Flights flights;
  const std::function<Loaded(int)> load = [&](int key) -> Loaded {
    if (key == 200) return Loaded("end");
    return *flights.run(key + 1, kForever, [&] { return load(key + 1); }).value + ".";
  };
  const auto answer = flights.run(0, kForever, [&] { return load(0); });
  EXPECT_EQ(answer.value->size(), 203U);
  EXPECT_EQ(flights.size(), 0U);
}

TEST(SingleFlight, AfterDetachNobodyJoinsTheOldLoad) {
  Flights flights;
  HeldLoad old_load("old");
  HeldLoad new_load("new");
  Flights::Answer old_answer, new_answer;
  std::thread old_leader([&] { old_answer = flights.run(7, kForever, std::ref(old_load)); });
  old_load.await_begin();
  Crowd early(flights, 2, 7, [] { return Loaded("x"); });
  flights.detach(7);
  EXPECT_EQ(flights.size(), 0U);
  std::thread new_leader([&] { new_answer = flights.run(7, kForever, std::ref(new_load)); });
  new_load.await_begin();
  Crowd late(flights, 2, 7, [] { return Loaded("y"); });
  old_load.go();
  old_leader.join();
  early.join();
  EXPECT_EQ(flights.size(), 1U);  // the old one's end leaves the new one alone
  EXPECT_EQ(flights.waiting(7), 2U);
  new_load.go();
  new_leader.join();
  late.join();
  for (const auto& answer : early.answers) EXPECT_EQ(*answer.value, "old");
  for (const auto& answer : late.answers) EXPECT_EQ(*answer.value, "new");
  EXPECT_EQ(flights.size(), 0U);
}

TEST(SingleFlight, WaitersOfADetachedLoadThatGivesUpLoadAmongThemselves) {
  Flights flights;
  HeldLoad held(std::nullopt);
  std::thread leader([&] { flights.run(7, kForever, std::ref(held)); });
  held.await_begin();
  Crowd crowd(flights, 3, 7, [] { return Loaded("mine"); });
  flights.detach_all();
  held.go();
  leader.join();
  crowd.join();
  EXPECT_EQ(crowd.count(Part::kLed), 1);
  EXPECT_EQ(crowd.count(Part::kShared), 2);
  EXPECT_EQ(flights.size(), 0U);
}

TEST(SingleFlight, AReservedKeyIsWhoeversWhoComes) {
  Flights flights;
  EXPECT_TRUE(flights.reserve(7));
  EXPECT_FALSE(flights.reserve(7));
  HeldLoad held("seven");
  std::thread leader([&] { flights.run(7, kNoWait, std::ref(held)); });
  held.await_begin();
  flights.release(7);
  EXPECT_FALSE(flights.reserve(7));
  EXPECT_EQ(flights.run(7, kNoWait, [] { return Loaded("task"); }).part, Part::kTimedOut);
  held.go();
  leader.join();
  EXPECT_EQ(flights.size(), 0U);
  EXPECT_TRUE(flights.reserve(7));
  EXPECT_EQ(flights.run(7, kNoWait, [] { return Loaded(); }).part, Part::kGaveUp);
  EXPECT_FALSE(flights.reserve(7));  // a load that gave up leaves the mark
  flights.release(7);
  flights.release(7);
  EXPECT_EQ(flights.size(), 0U);
}

// Loads of a key must not overlap, and nobody may be answered by a load whose caller had its answer
// before he came.
TEST(SingleFlight, RandomCallersNeverShareWhatWasLoadedBeforeThey) {
  constexpr int kKeys = 3;
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kCalls = 20'000;
  constexpr std::uint64_t kSeed = 20261122;
  struct Load {
    int key;
    std::uint64_t id;
  };
  struct Shared {
    std::uint64_t id;
    long came;
  };
  SingleFlight<int, Load> flights;
  std::atomic<long> clock{0};
  std::array<std::atomic<int>, kKeys> under_way{};
  std::atomic<long> wrong{0};
  std::vector<long> returned(kThreads * kCalls);  // by the load's id
  std::array<std::vector<Shared>, kThreads> shared;
  const auto caller = [&](std::uint64_t thread) {
    base::Random random(kSeed + thread);
    for (std::uint64_t id = thread * kCalls; id < (thread + 1) * kCalls; ++id) {
      const int key = static_cast<int>(random.below(kKeys));
      const std::uint64_t fate = random.below(20);
      const auto budget = random.chance(0.2) ? kNoWait : kForever;
      const long came = ++clock;
      try {
        const auto answer = flights.run(key, budget, [&]() -> std::optional<Load> {
          auto& mine = under_way[static_cast<std::size_t>(key)];
          if (++mine != 1) ++wrong;
          std::this_thread::yield();
          --mine;
          if (fate == 0) throw std::runtime_error("unlucky");
          if (fate == 1) return std::nullopt;
          return Load{key, id};
        });
        if (answer.value && answer.value->key != key) ++wrong;
        if (answer.part == SingleFlight<int, Load>::Part::kLed) returned[id] = ++clock;
        if (answer.part == SingleFlight<int, Load>::Part::kShared) {
          shared[thread].push_back({answer.value->id, came});
        }
      } catch (const std::runtime_error&) {
        if (fate != 0) ++wrong;
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) threads.emplace_back(caller, t);
  for (std::thread& thread : threads) thread.join();
  std::size_t checked = 0;
  for (const auto& answers : shared) {
    for (const Shared& answer : answers) {
      ASSERT_LT(answer.came, returned[answer.id]) << "seed " << kSeed;
      ++checked;
    }
  }
  EXPECT_GT(checked, 0U);
  EXPECT_EQ(wrong.load(), 0) << "seed " << kSeed;
  EXPECT_EQ(flights.size(), 0U);
}

}  // namespace
}  // namespace ashlar::kit
