// What becomes of deliveries: each answer a provider may give, failover, order, what was lost.
#include "modules/notifications/sender.h"

#include <algorithm>
#include <future>
#include <string>
#include <vector>

#include "modules/notifications/recipients_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/sending_fixture.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;
using storage::Transaction;

constexpr const char* kRepeated = "ashlar_notifications_repeated_total";

class SenderTest : public SendingFixture {};

INSTANTIATE_TEST_SUITE_P(Storage, SenderTest, storage::both_engines(), storage::engine_name);

struct Row {
  Verdict verdict;
  ThrottleScope scope;
  State state;
  std::string reason;
  bool dead;
  std::int64_t by;  // the provider that had it last
  std::size_t attempts;
  std::string event;  // empty: none
};

TEST_P(SenderTest, EachAnswerAndWhatWasDone) {
  add_provider(1);
  add_provider(2);
  using V = Verdict;
  using S = State;
  using T = ThrottleScope;
  const std::vector<Row> table{
      {V::kAccepted, T::kProvider, S::kSent, "", false, 1, 1, "notification.sent null"},
      {V::kRetry, T::kProvider, S::kSent, "", false, 2, 2, "notification.sent null"},
      {V::kThrottled, T::kDomain, S::kQueued, "", false, 1, 1, ""},
      {V::kThrottled, T::kAddress, S::kQueued, "", false, 1, 1, ""},
      {V::kAmbiguous, T::kProvider, S::kQueued, "", false, 1, 1, ""},
      {V::kSuppress, T::kProvider, S::kFailed, "suppressed", false, 1, 1,
       R"(notification.failed "suppressed")"},
      {V::kRefused, T::kProvider, S::kFailed, "refused", true, 1, 1,
       R"(notification.failed "refused")"},
      {V::kOurBug, T::kProvider, S::kFailed, "malformed", true, 1, 1,
       R"(notification.failed "malformed")"},
      {V::kThrottled, T::kProvider, S::kSent, "", false, 2, 2, "notification.sent null"},
      {V::kCredential, T::kProvider, S::kSent, "", false, 2, 2, "notification.sent null"},
  };
  int user = 0;
  for (const Row& row : table) {
    SCOPED_TRACE(name_of(row.verdict));
    advance(Seconds{60});
    const std::size_t told = events().size();
    SendResult result = verdict(row.verdict);
    result.scope = row.scope;
    result.status = 499;
    result.code = "C1";
    result.detail = "because";
    script(1).answer_with({result});
    const Planned planned =
        plan("user" + std::to_string(user++), Channel::kSms,
             [&](Notification&, Delivery& d) { d.target.address += std::to_string(user); });
    EXPECT_EQ(work(), 1);
    const Delivery d = delivery_of(planned);
    EXPECT_EQ(d.state, row.state);
    EXPECT_EQ(state_of(planned), row.state);
    EXPECT_EQ(d.reason, row.reason);
    EXPECT_EQ(d.dead, row.dead);
    EXPECT_EQ(d.provider.value, row.by);
    EXPECT_EQ(d.attempts, 1);
    EXPECT_EQ(d.next_at.has_value(), row.state == S::kQueued);
    EXPECT_EQ(d.sent_at.has_value(), row.state == S::kSent);
    const std::vector<AttemptRecord> attempts = attempts_of(planned);
    ASSERT_EQ(attempts.size(), row.attempts);
    EXPECT_EQ(attempts[0].verdict, row.verdict);
    EXPECT_EQ(attempts[0].provider, "provider-1");
    EXPECT_EQ(attempts[0].status, 499);
    EXPECT_EQ(attempts[0].code, "C1");
    EXPECT_EQ(attempts[0].detail, "because");
    EXPECT_FALSE(attempts[0].after_unknown);
    const std::vector<std::string> all = events();
    ASSERT_EQ(all.size() - told, row.event.empty() ? 0U : 1U);
    if (!row.event.empty()) {
      EXPECT_EQ(all.back(), row.event);
    }
    // What waits is not to disturb the next row.
    advance(Seconds{30});
    EXPECT_EQ(work(), row.state == S::kQueued ? 1 : 0);
  }
}

TEST_P(SenderTest, ThreeProvidersAtMostThenLater) {
  for (const std::int64_t id : {1, 2, 3, 4}) {
    add_provider(id);
    script(id).always(Verdict::kRetry);
  }
  const Planned planned = plan("carol");
  work();
  EXPECT_EQ(attempts_of(planned).size(), 3U);
  EXPECT_EQ(script(4).count(), 0U);
  EXPECT_EQ(delivery_of(planned).state, State::kQueued);
  for (const std::int64_t id : {1, 2, 3}) {
    EXPECT_EQ(script(id).sent().at(0).id, delivery_of(planned).message_id());
  }
  EXPECT_EQ(metric("ashlar_notifications_failovers_total"), 2);
}

// First within 20 s, then for a day; each time with the same id.
TEST_P(SenderTest, TriedUntilItsTimeIsUp) {
  add_provider(1);
  int calls = 0;
  // Not often enough in a row for the breaker: others get through.
  script(1).always([&](const Outgoing& out) {
    if (out.target.address == "lucky") return verdict(Verdict::kAccepted);
    ++calls;
    return verdict(Verdict::kRetry);
  });
  const Planned planned = plan("carol");
  for (int second = 0; second <= 20; ++second) {
    work();
    advance(Seconds{1});
  }
  EXPECT_GE(calls, 3);
  for (int minute = 0; minute < 26 * 60 && delivery_of(planned).state == State::kQueued; ++minute) {
    for (int i = 0; i < 3; ++i) {
      plan("u" + std::to_string(i), Channel::kSms,
           [](Notification&, Delivery& d) { d.target.address = "lucky"; });
    }
    work();
    advance(Seconds{1'200});
    minute += 19;
  }
  const Delivery d = delivery_of(planned);
  EXPECT_EQ(d.state, State::kFailed);
  EXPECT_EQ(d.reason, "attempts_used");
  EXPECT_TRUE(d.dead);
  EXPECT_LE(d.updated_at - d.created_at, Seconds{25 * 3600});
  EXPECT_GE(d.updated_at - d.created_at, Seconds{23 * 3600});
  EXPECT_EQ(d.attempts, calls);
  EXPECT_GT(calls, 15);
}

TEST_P(SenderTest, WhatMayHaveBeenSentStaysWhereItIs) {
  add_provider(1);
  add_provider(2);
  script(1).answer_with({verdict(Verdict::kAmbiguous), verdict(Verdict::kRetry)});
  const Planned planned = plan("carol");
  for (int i = 0; i < 30 && delivery_of(planned).state == State::kQueued; ++i) {
    work();
    advance(Seconds{5});
  }
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_EQ(script(1).count(), 3U);
  EXPECT_EQ(script(2).count(), 0U);
  for (const Outgoing& out : script(1).sent()) EXPECT_EQ(out.id, script(1).sent()[0].id);
}

TEST_P(SenderTest, AtTheEndItIsUnknownNotFailed) {
  add_provider(1);
  script(1).answer_with({verdict(Verdict::kAmbiguous)});
  const Planned planned =
      plan([&](Notification& n, Delivery&) { n.expires_at = clock_.now() + Seconds{60}; });
  work();
  script(1).always(Verdict::kThrottled);
  for (int i = 0; i < 30 && delivery_of(planned).state == State::kQueued; ++i) {
    advance(Seconds{5});
    work();
  }
  EXPECT_EQ(delivery_of(planned).state, State::kUnknown);
  EXPECT_EQ(state_of(planned), State::kUnknown);
  EXPECT_FALSE(delivery_of(planned).dead);
  // And where its provider is gone.
  script(1).answer_with({verdict(Verdict::kAmbiguous)});
  advance(Seconds{60});
  const Planned other = plan("dave");
  work();
  specs_.clear();
  add_provider(2);
  advance(Seconds{10});
  work();
  EXPECT_EQ(delivery_of(other).state, State::kUnknown);
  EXPECT_EQ(delivery_of(other).reason, "provider_gone");
  EXPECT_EQ(script(2).count(), 0U);
}

TEST_P(SenderTest, OneUsersDeliveriesKeepTheirOrder) {
  add_provider(1);
  script(1).answer_with({verdict(Verdict::kRetry)});
  for (int i = 0; i < 3; ++i) {
    plan("carol", Channel::kSms, [&](Notification& n, Delivery&) {
      n.content = R"({"text":")" + std::to_string(i) + "\"}";
    });
  }
  plan("dave", Channel::kSms, [](Notification& n, Delivery&) { n.content = R"({"text":"dave"})"; });
  work();
  EXPECT_EQ(script(1).count(), 2U) << "carol's others wait, dave does not";
  advance(Seconds{6});
  work();
  std::vector<std::string> order;
  for (const Outgoing& out : script(1).sent()) {
    if (out.content.text != "dave") order.push_back(out.content.text);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"0", "0", "1", "2"}));
}

TEST_P(SenderTest, OneThatFailsThreeTimesNoLongerHoldsUpItsUser) {
  add_provider(1);
  script(1).always([](const Outgoing& out) {
    return verdict(out.content.text == "stuck" ? Verdict::kRetry : Verdict::kAccepted);
  });
  const Planned stuck = plan("carol", Channel::kSms,
                             [](Notification& n, Delivery&) { n.content = R"({"text":"stuck"})"; });
  const Planned behind = plan("carol");
  work();
  EXPECT_EQ(delivery_of(behind).state, State::kQueued);
  for (int i = 0; i < 21; ++i) {
    advance(Seconds{1});
    work();
  }
  const std::int64_t attempts = delivery_of(stuck).attempts;
  EXPECT_GE(attempts, 3);
  EXPECT_EQ(delivery_of(stuck).state, State::kQueued);
  EXPECT_EQ(delivery_of(behind).state, State::kSent);
  script(1).always(Verdict::kAccepted);
  advance(Seconds{241});
  work();
  EXPECT_EQ(delivery_of(stuck).state, State::kSent);
  EXPECT_EQ(delivery_of(stuck).attempts, attempts + 1);
}

TEST_P(SenderTest, AnUrgentOneDoesNotWaitBehindBulk) {
  add_provider(1);
  for (int i = 0; i < 50; ++i) {
    plan("user" + std::to_string(i), Channel::kSms,
         [](Notification& n, Delivery&) { n.priority = Priority::kBulk; });
  }
  plan("carol", Channel::kSms, [](Notification& n, Delivery&) { n.priority = Priority::kUrgent; });
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 2, .worker = "test"});
  ASSERT_TRUE(leased.ok());
  EXPECT_TRUE(std::ranges::any_of(*leased, [](const auto& job) { return job.queue == "urgent"; }));
}

// The process died with it in hand, before or after sending: nobody knows.
TEST_P(SenderTest, ALostAttemptIsRepeatedAndSaidToBe) {
  add_provider(1);
  const Planned planned = plan("carol");
  lose_one();
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  const std::vector<AttemptRecord> attempts = attempts_of(planned);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_TRUE(attempts[0].after_unknown);
  EXPECT_EQ(delivery_of(planned).attempts, 2);
  EXPECT_EQ(metric(kRepeated), 1);
}

// Its leases ran out, and none had begun an attempt: this process knows it.
TEST_P(SenderTest, ALeaseThatBeganNothingIsNotSaidToHaveSentIt) {
  ProviderSpec& spec = add_provider(1);
  spec.pace_per_s = 0.001;
  plan("filler");
  work();  // the pace is used up
  const Planned planned = plan("carol");
  for (int lost = 0; lost < 2; ++lost) {
    const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "stalls"});
    ASSERT_TRUE(leased.ok());
    ASSERT_EQ(leased->size(), 1U);
    std::promise<void> put_off;
    one_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                         [&](const jobs::Outcome& outcome) {
                           EXPECT_EQ(outcome.kind, jobs::Outcome::Kind::kSnoozed);
                           put_off.set_value();
                         });
    put_off.get_future().wait();
    advance(Seconds{31});  // its word comes too late
  }
  specs_[0].pace_per_s.reset();
  specs_[0].version = 2;
  one_->pool.forget_all();
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  const std::vector<AttemptRecord> attempts = attempts_of(planned);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_FALSE(attempts[0].after_unknown);
  EXPECT_EQ(metric(kRepeated), 0);
}

// It was recorded, and the process died before its job's end was committed.
TEST_P(SenderTest, ARecordedAttemptIsNotRepeated) {
  add_provider(1);
  const Planned planned = plan("carol");
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "dies"});
  ASSERT_TRUE(leased.ok());
  std::promise<void> recorded;
  one_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                       [&](const jobs::Outcome&) { recorded.set_value(); });
  recorded.get_future().wait();
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  advance(Seconds{31});
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(script(1).count(), 1U);
  EXPECT_EQ(metric(kRepeated), 0);
}

TEST_P(SenderTest, NorIsOneThatIsToBeTriedLater) {
  add_provider(1);
  SendResult busy = verdict(Verdict::kThrottled);
  busy.retry_after = base::Millis{600'000};
  busy.scope = ThrottleScope::kAddress;
  script(1).answer_with({busy});
  const Planned planned = plan("carol");
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "dies"});
  ASSERT_TRUE(leased.ok());
  std::promise<void> recorded;
  one_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                       [&](const jobs::Outcome&) { recorded.set_value(); });
  recorded.get_future().wait();
  advance(Seconds{31});
  work();
  EXPECT_EQ(script(1).count(), 1U) << "not before ten minutes have passed";
  advance(Seconds{600});
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_EQ(metric(kRepeated), 0);
}

TEST_P(SenderTest, NorIsOneThatLeftTheOrder) {
  add_provider(1);
  script(1).always(Verdict::kThrottled);
  const Planned planned = plan("carol");
  for (int i = 0; i < 2; ++i) {
    work();
    advance(Seconds{16});
  }
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "dies"});
  ASSERT_TRUE(leased.ok());
  ASSERT_EQ(leased->size(), 1U);
  std::promise<void> recorded;
  one_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                       [&](const jobs::Outcome&) { recorded.set_value(); });
  recorded.get_future().wait();
  const std::size_t sent = script(1).count();
  EXPECT_EQ(sent, 3U);
  script(1).always(Verdict::kAccepted);
  advance(Seconds{120});
  EXPECT_EQ(work(), 2);  // the one that was lost, which has nothing to do, and its successor
  EXPECT_EQ(script(1).count(), sent + 1);
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_EQ(metric(kRepeated), 0);
}

// Its lease ran out while it was under way: both send, one after the other; the record stays sane.
TEST_P(SenderTest, TwoInstancesWithOneDelivery) {
  add_provider(1);
  Instance two(*this, false);
  const Planned planned = plan("carol");
  script(1).hold();
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "slow"});
  ASSERT_TRUE(leased.ok());
  std::promise<jobs::Outcome> late;
  one_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                       [&](jobs::Outcome outcome) { late.set_value(std::move(outcome)); });
  ASSERT_TRUE(comes_to(1, 1));
  advance(Seconds{31});
  script(1).release();
  late.get_future().wait();
  const std::vector<std::string> told = events();
  // The other one comes too late, or is told that it was sent.
  work_with(two);
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_EQ(events(), told);
  EXPECT_EQ(script(1).count(), 1U);
  // Now the other way round: the second has sent it before the first one's answer comes.
  const Planned again = plan("dave");
  script(1).hold();
  const auto first = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "slow"});
  ASSERT_TRUE(first.ok());
  std::promise<jobs::Outcome> later;
  one_->sender.attempt({first->front(), clock_.mono() + Seconds{60}},
                       [&](jobs::Outcome outcome) { later.set_value(std::move(outcome)); });
  ASSERT_TRUE(comes_to(1, 2));
  const std::size_t before = script(1).count();
  advance(Seconds{31});
  const auto second = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "other"});
  ASSERT_TRUE(second.ok());
  std::promise<jobs::Outcome> other;
  two.sender.attempt({second->front(), clock_.mono() + Seconds{60}},
                     [&](jobs::Outcome outcome) { other.set_value(std::move(outcome)); });
  ASSERT_TRUE(comes_to(1, before + 1));
  script(1).release();
  later.get_future().wait();
  other.get_future().wait();
  EXPECT_EQ(script(1).count(), before + 1);
  EXPECT_EQ(delivery_of(again).state, State::kSent);
  EXPECT_EQ(attempts_of(again).size(), 2U);
  EXPECT_EQ(std::ranges::count(events(), "notification.sent null"), 2);
}

TEST_P(SenderTest, WhatChangedMeanwhileCounts) {
  add_provider(1);
  const Planned expired =
      plan([&](Notification& n, Delivery&) { n.expires_at = clock_.now() + Seconds{5}; });
  const Planned suppressed = plan("dave", Channel::kEmail);
  const Planned opted_out = plan("erin");
  run([&](Transaction& tx) -> base::Status {
    Suppression suppression;
    suppression.channel = Channel::kEmail;
    suppression.address = "dave@example.com";
    suppression.reason = Suppression::kComplaint;
    suppression.source = "test";
    suppression.created_at = clock_.now();
    ASHLAR_TRY(store::suppress(tx, suppression));
    Recipient erin;
    erin.user_id = "erin";
    erin.preferences = R"({"categories":{"news":{"sms":false}}})";
    ASHLAR_TRY(store::put_recipient(tx, erin, clock_.now()));
    return base::ok_status();
  });
  advance(Seconds{5});
  work();
  EXPECT_EQ(script(1).count(), 0U);
  EXPECT_EQ(delivery_of(expired).state, State::kExpired);
  EXPECT_EQ(delivery_of(suppressed).state, State::kSkipped);
  EXPECT_EQ(delivery_of(suppressed).reason, "suppressed");
  EXPECT_EQ(delivery_of(opted_out).state, State::kSkipped);
  EXPECT_EQ(delivery_of(opted_out).reason, "opted_out");
  EXPECT_EQ(delivery_of(expired).attempts, 0);
}

TEST_P(SenderTest, WhoFindsNoPlaceWaitsForOneAndGoesAtOnce) {
  add_provider(1).max_running = 1;
  script(1).hold();
  plan("carol");
  plan("dave");
  const auto leased = jobs_->lease({.kind = kSendJob, .max = 10, .worker = "test"});
  ASSERT_EQ(leased->size(), 2U);
  std::vector<std::future<jobs::Outcome>> outcomes;
  for (const jobs::LeasedJob& job : *leased) {
    auto promise = std::make_shared<std::promise<jobs::Outcome>>();
    outcomes.push_back(promise->get_future());
    one_->sender.attempt(
        jobs::Attempt{job, clock_.mono() + base::Seconds{60}},
        [promise](jobs::Outcome outcome) { promise->set_value(std::move(outcome)); });
  }
  EXPECT_TRUE(comes_to(1, 1));
  script(1).release();
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().kind, jobs::Outcome::Kind::kDone);
  EXPECT_EQ(script(1).count(), 2U);
  EXPECT_EQ(metric(R"(ashlar_notifications_put_off_total{why="places"})"), 0);
}

// A minute without its only provider: nothing is lost, few attempts are made, all of it comes.
TEST_P(SenderTest, AMinuteOfFailureLosesNothing) {
  add_provider(1);
  std::vector<Planned> all;
  script(1).always(Verdict::kRetry);
  for (int i = 0; i < 100; ++i) all.push_back(plan("user" + std::to_string(i)));
  for (int second = 0; second < 60; ++second) {
    work();
    advance(Seconds{1});
  }
  EXPECT_LT(script(1).count(), 200U);
  script(1).always(Verdict::kAccepted);
  for (int second = 0; second < 90; ++second) {
    work();
    advance(Seconds{1});
  }
  for (const Planned& planned : all) EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_GT(metric(R"(ashlar_notifications_put_off_total{why="breaker"})"), 0);
}

}  // namespace
}  // namespace ashlar::notifications
