#include "platform/runtime/event_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/clock.h"

namespace ashlar::runtime {
namespace {

TEST(EventLoopTest, TimersRunInTheOrderOfTheirTimesAndNotBefore) {
  const base::SystemClock clock;
  EventLoop loop(clock, base::Millis{1000});
  const base::Mono begin = clock.mono();
  std::string order;
  const auto at = [&](int ms, char name) {
    loop.run_at(begin + base::Millis{ms}, [&, ms, name] {
      order += name;
      EXPECT_GE(clock.mono() - begin, base::Millis{ms});
    });
  };
  at(30, 'c');
  at(10, 'a');
  at(20, 'b');
  loop.run_at(begin + base::Millis{40}, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(order, "abc");
  EXPECT_LT(clock.mono() - begin, base::Millis{500});  // not with the tick
}

TEST(EventLoopTest, ATimerThatSetsItselfForNowLetsOthersRun) {
  const base::SystemClock clock;
  EventLoop loop(clock, base::Millis{1000});
  int rounds = 0;
  bool posted = false;
  std::function<void()> again = [&] {
    if (++rounds == 3) loop.post([&] { posted = true, loop.stop(); });
    if (rounds < 10'000) loop.run_at(loop.mono(), again);
  };
  loop.run_at(clock.mono(), again);
  loop.run();
  EXPECT_TRUE(posted);
  EXPECT_LT(rounds, 10'000);
}

TEST(EventLoopTest, WhatItPostsToItselfWaitsForNoTick) {
  const base::SystemClock clock;
  EventLoop loop(clock, base::Millis{1000});
  const base::Mono begin = clock.mono();
  int rounds = 0;
  std::function<void()> again = [&] {
    if (++rounds < 1'000) return loop.post(again);
    loop.stop();
  };
  loop.post(again);
  loop.run();
  EXPECT_EQ(rounds, 1'000);
  EXPECT_LT(clock.mono() - begin, base::Millis{500});
}

TEST(EventLoopTest, OthersWakeItAlthoughItHasPostedToItself) {
  const base::SystemClock clock;
  EventLoop loop(clock, base::Millis{1000});
  int heard = 0;
  std::thread other([&] {
    for (int i = 0; i < 2'000; ++i) {
      loop.post([&] {
        loop.post([&] {
          if (++heard == 2'000) loop.stop();
        });
      });
      if (i % 10 == 0) std::this_thread::yield();
    }
  });
  loop.run_at(clock.mono() + base::Millis{5'000}, [&] { loop.stop(); });
  loop.run();
  other.join();
  EXPECT_EQ(heard, 2'000);
}

}  // namespace
}  // namespace ashlar::runtime
