// Which provider a delivery goes to: after an attempt that was lost, and where places are rare.
#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "modules/notifications/sender.h"
#include "modules/notifications/testing/sending_fixture.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;

class SenderProvidersTest : public SendingFixture {
 protected:
  using Outcomes = std::vector<std::future<jobs::Outcome>>;

  // All that may be worked now is begun, the last one first where so said.
  void begin(Instance& instance, Outcomes& outcomes, bool backwards = false) {
    auto leased = jobs_->lease({.kind = kSendJob, .max = 100, .worker = "test"});
    ASSERT_TRUE(leased.ok());
    if (backwards) std::ranges::reverse(*leased);
    for (const jobs::LeasedJob& job : *leased) {
      auto promise = std::make_shared<std::promise<jobs::Outcome>>();
      outcomes.push_back(promise->get_future());
      instance.sender.attempt(
          jobs::Attempt{job, clock_.mono() + Seconds{60}},
          [promise](jobs::Outcome outcome) { promise->set_value(std::move(outcome)); });
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, SenderProvidersTest, storage::both_engines(),
                         storage::engine_name);

// The process died before it had written down whom it had asked first.
TEST_P(SenderProvidersTest, ALostFirstAttemptIsRepeatedByTheSameProvider) {
  for (const std::int64_t id : {1, 2}) {
    add_provider(id).priority = 0;
    script(id).hold();
  }
  for (int i = 0; i < 40; ++i) plan("user" + std::to_string(i));
  Instance dies(*this, false);
  Outcomes outcomes;
  const auto sent = [&] { return script(1).count() + script(2).count(); };
  begin(dies, outcomes);
  EXPECT_TRUE(comes_to(sent, 40U));
  const std::vector<std::size_t> first{script(1).count(), script(2).count()};
  EXPECT_GT(std::min(first[0], first[1]), 5U);
  advance(Seconds{31});
  begin(*one_, outcomes, true);
  ASSERT_EQ(outcomes.size(), 80U);
  EXPECT_TRUE(comes_to(sent, 80U));
  for (const std::int64_t id : {1, 2}) {
    EXPECT_EQ(script(id).count(), 2 * first[static_cast<std::size_t>(id - 1)]);
    std::map<std::string, int> times;
    for (const Outgoing& out : script(id).sent()) ++times[out.id];
    for (const auto& [message, count] : times) EXPECT_EQ(count, 2) << message;
    script(id).release();
  }
  for (auto& outcome : outcomes) outcome.wait();
}

// The first one had no place, or said no: who is asked instead is known before it is asked.
TEST_P(SenderProvidersTest, ALostAttemptIsRepeatedByWhomWasAsked) {
  for (const bool refused : {false, true}) {
    SCOPED_TRACE(refused);
    specs_.clear();
    add_provider(1).max_running = 1;
    add_provider(2);
    specs_[0].version = specs_[1].version = refused ? 2 : 1;
    one_->pool.forget_all();
    Instance dies(*this, false);
    Outcomes outcomes;
    const std::size_t asked = script(1).count();
    script(2).hold();
    if (refused) {
      script(1).answer_with({verdict(Verdict::kRetry)});
    } else {
      script(1).hold();
      plan("filler");
      begin(dies, outcomes);
      ASSERT_TRUE(comes_to(1, asked + 1));
    }
    const std::size_t before = script(2).count();
    const Planned planned = plan(refused ? "carol" : "dave");
    begin(dies, outcomes);
    ASSERT_TRUE(comes_to(2, before + 1));
    EXPECT_EQ(delivery_of(planned).provider.value, 2);
    EXPECT_EQ(delivery_of(planned).state, State::kQueued);
    script(1).release();
    if (!refused) outcomes.front().wait();
    advance(Seconds{31});
    begin(*one_, outcomes);
    EXPECT_TRUE(comes_to(2, before + 2)) << "the first one is free again, and must not get it";
    EXPECT_EQ(script(1).count(), asked + 1);
    script(2).release();
    for (auto& outcome : outcomes) outcome.wait();
    EXPECT_EQ(delivery_of(planned).state, State::kSent);
  }
}

// The place is at a provider that the first one in the queue must not ask.
TEST_P(SenderProvidersTest, WhoCannotUseThePlaceLeavesItToTheNext) {
  add_provider(1).max_running = 1;
  add_provider(2).max_running = 1;
  script(1).answer_with({verdict(Verdict::kAmbiguous)});
  const Planned bound = plan("carol", Channel::kSms,
                             [](Notification& n, Delivery&) { n.priority = Priority::kUrgent; });
  work();
  ASSERT_EQ(script(1).count(), 1U);
  script(1).hold();
  script(2).hold();
  Outcomes outcomes;
  plan("x");
  begin(*one_, outcomes);
  ASSERT_TRUE(comes_to(1, 2));
  plan("y");
  begin(*one_, outcomes);
  ASSERT_TRUE(comes_to(2, 1));
  advance(Seconds{10});
  begin(*one_, outcomes);  // carol's
  const Planned free = plan("dave");
  begin(*one_, outcomes);
  ASSERT_EQ(outcomes.size(), 4U);
  script(2).release();
  EXPECT_TRUE(comes_to(2, 2)) << "dave could have had it";
  script(1).release();
  for (auto& outcome : outcomes) outcome.wait();
  EXPECT_EQ(delivery_of(free).state, State::kSent);
  EXPECT_EQ(delivery_of(bound).state, State::kSent);
  EXPECT_EQ(script(1).count(), 3U);
}

}  // namespace
}  // namespace ashlar::notifications
