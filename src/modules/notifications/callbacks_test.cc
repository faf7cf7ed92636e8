// What providers tell afterwards: in any order, twice, forged, of what nobody knows; and dead
// letters, which are what is left of what they tell.
#include "modules/notifications/callbacks.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <semaphore>
#include <string>
#include <vector>

#include "modules/notifications/dead_letters.h"
#include "modules/notifications/provider_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/sending_fixture.h"
#include "platform/security/secret_box.h"

namespace ashlar::notifications {
namespace {

using base::Seconds;
using storage::Transaction;
using Kind = Report::Kind;

// A body is what it says of each message, "kind ref dedupe [address]" a line; "forged" is.
base::Result<std::vector<Report>> read_lines(std::string_view /*settings*/, const Callback& call) {
  if (call.body == "forged") {
    return base::fail(base::Code::kForbidden, "callback_signature", "It does not hold.");
  }
  std::vector<Report> reports;
  std::string_view rest = call.body;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::vector<std::string> words{""};
    for (const char c : line) {
      if (c == ' ') {
        words.emplace_back();
      } else {
        words.back() += c;
      }
    }
    words.resize(4);
    Report report;
    report.kind = static_cast<Kind>(words[0][0] - '0');
    (words[1].starts_with('n') ? report.message_id : report.provider_ref) = words[1];
    report.dedupe = words[2];
    report.address = words[3];
    reports.push_back(std::move(report));
  }
  return reports;
}

class CallbacksTest : public SendingFixture {
 protected:
  void SetUp() override {
    SendingFixture::SetUp();
    if (IsSkipped()) return;
    account_ = add_account(kAlice);
    add_provider(account_.id.value);
    script(account_.id.value).always([](const Outgoing& out) {
      SendResult result = verdict(Verdict::kAccepted);
      result.provider_ref = "ref-" + out.id;
      return result;
    });
  }

  ProviderAccount add_account(base::TenantId tenant) {
    ProviderAccount account;
    account.tenant = tenant;
    account.channel = Channel::kSms;
    account.type = "lines";
    account.name = "lines";
    account.callback_token = "a-token-that-is-long-enough-" + tenant.to_string();
    account.created_at = account.updated_at = clock_.now();
    account.id = *run([&](Transaction& tx) { return store::insert_provider(tx, account); }, tenant);
    account.sealed_settings = sealed(box_, tenant, account.id, "{}");
    run([&](Transaction& tx) { return store::update_provider(tx, account); }, tenant);
    return account;
  }

  base::Status hear(const std::string& body) {
    Callback call;
    call.body = body;
    call.now = clock_.now();
    return callbacks().hear(account_.id, account_.callback_token, call);
  }
  Callbacks& callbacks() {
    if (!callbacks_) {
      callbacks_ = std::make_unique<Callbacks>(kinds_, db(), box_, *outbox_, clock_, metrics_);
    }
    return *callbacks_;
  }
  void TearDown() override {
    callbacks_.reset();
    SendingFixture::TearDown();
  }
  std::string ref_of(const Planned& planned) { return "ref-n" + planned.delivery.to_string(); }
  std::optional<Suppression> suppression_of(const std::string& address) {
    return run([&](Transaction& tx) { return store::suppressed(tx, Channel::kSms, address, ""); });
  }
  double reports(const std::string& outcome) {
    const std::string text = metrics_.render();
    const std::string line = "\nashlar_notifications_reports_total{outcome=\"" + outcome + "\"} ";
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }

  const security::SecretBox box_{std::string(security::SecretBox::kKeyBytes, 'b'), entropy_};
  const std::vector<ProviderKind> kinds_{{.type = "lines",
                                          .channel = Channel::kSms,
                                          .secrets = {},
                                          .check = {},
                                          .make = {},
                                          .read_callback = read_lines}};
  ProviderAccount account_;
  std::unique_ptr<Callbacks> callbacks_;
};

INSTANTIATE_TEST_SUITE_P(Storage, CallbacksTest, storage::both_engines(), storage::engine_name);

// Whatever the order and however often: the state is the best that was told of.
TEST_P(CallbacksTest, AnyOrderLeadsToTheSame) {
  std::vector<std::string> order{"0", "1", "2", "3"};  // sent, delivered, opened, failed
  do {
    const Planned planned = plan("carol");
    work();
    for (const std::string& kind : order) {
      for (int twice = 0; twice < 2; ++twice) {
        ASSERT_TRUE(hear(kind + " " + ref_of(planned) + " " + kind).ok());
      }
    }
    EXPECT_EQ(delivery_of(planned).state, State::kOpened);
    EXPECT_EQ(state_of(planned), State::kOpened);
    const auto told =
        run([&](Transaction& tx) { return store::reports_of(tx, planned.notification); });
    EXPECT_EQ(told.size(), 4U);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(reports("taken"), 24 * 4);
  EXPECT_EQ(reports("repeated"), 24 * 4);
}

TEST_P(CallbacksTest, EachStateIsPublishedOnce) {
  const Planned planned = plan("carol");
  work();
  for (const char* kind : {"1", "2", "1", "0"}) {
    ASSERT_TRUE(hear(std::string(kind) + " n" + planned.delivery.to_string() + " " + kind).ok());
  }
  EXPECT_EQ(events(),
            (std::vector<std::string>{"notification.sent null", "notification.delivered null",
                                      "notification.opened null"}));
}

TEST_P(CallbacksTest, ForgedOnesAreRefusedAndUnknownOnesAreNot) {
  const Planned planned = plan("carol");
  work();
  Callback call;
  const std::string body = "1 " + ref_of(planned) + " x";
  call.body = body;
  const auto wrong = callbacks().hear(account_.id, "a-token-that-is-long-enough-2", call);
  ASSERT_FALSE(wrong.ok());
  EXPECT_STREQ(wrong.error().reason, "callback_refused");
  const auto nobody = callbacks().hear(ProviderId(4711), account_.callback_token, call);
  ASSERT_FALSE(nobody.ok());
  EXPECT_STREQ(nobody.error().reason, "callback_refused");
  EXPECT_EQ(nobody.error().detail, wrong.error().detail);
  EXPECT_STREQ(hear("forged").error().reason, "callback_signature");
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_TRUE(hear("1 ref-of-another x").ok());
  EXPECT_TRUE(hear("1 n99999 x").ok());
  EXPECT_EQ(reports("unknown"), 2);
  std::string many;
  for (std::size_t i = 0; i <= Callbacks::kMaxReports; ++i) many += "1 r d\n";
  EXPECT_STREQ(hear(many).error().reason, "callback_malformed");
}

// Bob's account tells of Alice's delivery.
TEST_P(CallbacksTest, AProviderTellsOnlyOfItsTenants) {
  const Planned planned = plan("carol");
  work();
  account_ = add_account(kBob);
  EXPECT_TRUE(hear("3 " + ref_of(planned) + " x").ok());
  EXPECT_TRUE(hear("3 n" + planned.delivery.to_string() + " y").ok());
  EXPECT_EQ(delivery_of(planned).state, State::kSent);
  EXPECT_EQ(reports("unknown"), 2);
}

TEST_P(CallbacksTest, BouncesComplaintsAndStopSuppress) {
  const Planned bounced = plan("carol");
  work();
  EXPECT_TRUE(hear("4 " + ref_of(bounced) + " x").ok());
  EXPECT_EQ(delivery_of(bounced).state, State::kFailed);
  EXPECT_EQ(delivery_of(bounced).reason, "bounced");
  EXPECT_EQ(suppression_of("+4915112345678")->reason, Suppression::kHardBounce);
  // STOP and START: in the order in which they were said first; a repetition changes nothing.
  EXPECT_TRUE(hear("6 - stop-1 +4915100000001").ok());
  EXPECT_EQ(suppression_of("+4915100000001")->reason, Suppression::kStop);
  EXPECT_TRUE(hear("7 - start-1 +4915100000001").ok());
  EXPECT_FALSE(suppression_of("+4915100000001").has_value());
  EXPECT_TRUE(hear("6 - stop-2 +4915100000001").ok());
  EXPECT_TRUE(hear("7 - start-1 +4915100000001").ok());
  EXPECT_TRUE(suppression_of("+4915100000001").has_value());
  // START takes back no bounce.
  EXPECT_TRUE(hear("7 - start-2 +4915112345678").ok());
  EXPECT_TRUE(suppression_of("+4915112345678").has_value());
  EXPECT_TRUE(hear("6 - stop-3 nonsense").ok());
}

TEST_P(CallbacksTest, ReceiptsThatNeverComeEndAsUnknown) {
  const Planned silent = plan("carol");
  const Planned told = plan("dave");
  work();
  EXPECT_TRUE(hear("1 " + ref_of(told) + " x").ok());
  advance(Callbacks::kSmsPatience - Seconds{1});
  ASSERT_TRUE(callbacks().give_up_receipts().ok());
  EXPECT_EQ(delivery_of(silent).state, State::kSent);
  advance(Seconds{2});
  ASSERT_TRUE(callbacks().give_up_receipts().ok());
  EXPECT_EQ(delivery_of(silent).state, State::kUnknown);
  EXPECT_EQ(state_of(silent), State::kUnknown);
  EXPECT_EQ(delivery_of(told).state, State::kDelivered);
  EXPECT_TRUE(hear("1 " + ref_of(silent) + " late").ok());
  EXPECT_EQ(delivery_of(silent).state, State::kDelivered);
}

TEST_P(CallbacksTest, AReportThatComesBeforeTheEndOfTheAttempt) {
  script(account_.id.value).answer_with({verdict(Verdict::kAmbiguous)});
  const Planned planned = plan("carol");
  work();
  EXPECT_EQ(delivery_of(planned).state, State::kQueued);
  EXPECT_TRUE(hear("1 n" + planned.delivery.to_string() + " x").ok());
  EXPECT_EQ(delivery_of(planned).state, State::kDelivered);
  advance(Seconds{10});
  work();
  EXPECT_EQ(script(account_.id.value).count(), 1U) << "it has arrived: not sent again";
}

// Before its first attempt is written down, and before that of another provider than the last.
TEST_P(CallbacksTest, AReportThatComesBeforeTheAnswer) {
  for (const bool asked_another : {false, true}) {
    SCOPED_TRACE(asked_another);
    const Planned planned = plan(asked_another ? "dave" : "carol");
    ProviderScript& provider = script(account_.id.value);
    if (asked_another) {
      store::Made made{.delivery = planned.delivery, .tenant = kAlice, .round = 1};
      made.provider = ProviderId(account_.id.value + 100);
      const auto noted =
          db().write(storage::Context::platform(storage::PlatformUse::kNotifications),
                     [&](Transaction& tx) -> base::Status {
                       ASHLAR_TRY(store::record_made(tx, {&made, 1}));
                       return base::ok_status();
                     });
      ASSERT_TRUE(noted.ok());
    }
    const std::size_t told = events().size();
    const std::size_t sent = provider.count();
    provider.hold();
    const auto leased = jobs_->lease({.kind = kSendJob, .max = 1, .worker = "slow"});
    ASSERT_EQ(leased->size(), 1U);
    std::promise<jobs::Outcome> outcome;
    one_->sender.attempt({leased->front(), clock_.mono() + Seconds{60}},
                         [&](jobs::Outcome end) { outcome.set_value(std::move(end)); });
    // Another than the last is written down first, on the recorder's thread.
    std::binary_semaphore never{0};
    for (int i = 0; i < 5'000 && provider.count() == sent; ++i) {
      [[maybe_unused]] const bool acquired = never.try_acquire_for(std::chrono::milliseconds{1});
    }
    ASSERT_EQ(provider.count(), sent + 1);
    const std::string id = " n" + planned.delivery.to_string() + " ";
    EXPECT_TRUE(hear("0" + id + "s").ok());
    EXPECT_EQ(delivery_of(planned).state, State::kSent);
    EXPECT_TRUE(hear("1" + id + "d").ok());
    EXPECT_EQ(delivery_of(planned).state, State::kDelivered);
    EXPECT_EQ(delivery_of(planned).provider, account_.id);
    provider.release();
    const jobs::Outcome end = outcome.get_future().get();
    EXPECT_EQ(end.kind, jobs::Outcome::Kind::kDone);
    EXPECT_TRUE(jobs_->end_many(std::vector<jobs::Ended>{{leased->front().ref, end}}).ok());
    EXPECT_EQ(delivery_of(planned).state, State::kDelivered);
    EXPECT_EQ(delivery_of(planned).provider_ref, ref_of(planned));
    EXPECT_EQ(events().size() - told, 2U);
    EXPECT_EQ(reports("unknown"), 0);
  }
}

// The process died with the message handed over: what the provider tells then is all that is known.
TEST_P(CallbacksTest, AReportOfALostAttemptEndsIt) {
  const Planned told = plan("carol");
  lose_one();
  EXPECT_TRUE(hear("0 n" + told.delivery.to_string() + " x").ok());
  EXPECT_EQ(delivery_of(told).state, State::kSent);
  work();
  EXPECT_EQ(script(account_.id.value).count(), 0U) << "it has arrived: not sent again";
}

// Somebody's receipts for SMS say nothing of mail.
TEST_P(CallbacksTest, AReportIsOfItsOwnChannel) {
  const Planned mail = plan("carol", Channel::kEmail);
  EXPECT_TRUE(hear("1 n" + mail.delivery.to_string() + " x").ok());
  EXPECT_EQ(delivery_of(mail).state, State::kQueued);
  EXPECT_EQ(reports("unknown"), 1);
}

// --- Dead letters ---

TEST_P(CallbacksTest, DeadLettersAreEditedAndSentAgain) {
  const DeadLetters letters(*jobs_, clock_);
  ProviderScript& provider = script(account_.id.value);
  provider.answer_with({verdict(Verdict::kRefused), verdict(Verdict::kOurBug)});
  const Planned first = plan("carol");
  const Planned second = plan("dave");
  work();
  const auto dead = [&](const store::DeadFilter& filter) {
    return run(
        [&](Transaction& tx) { return store::list_dead(tx, filter, DeliveryId(INT64_MAX), 10); });
  };
  EXPECT_EQ(dead({}).size(), 2U);
  EXPECT_EQ(dead({.reason = "refused"}).size(), 1U);
  EXPECT_EQ(dead({.channel = Channel::kEmail}).size(), 0U);
  EXPECT_EQ(dead({.provider = account_.id}).size(), 2U);
  EXPECT_EQ(dead({.provider = ProviderId(99)}).size(), 0U);
  EXPECT_EQ(dead({.category = "news"}).size(), 2U);
  EXPECT_EQ(dead({.from = clock_.now() + Seconds{1}}).size(), 0U);
  EXPECT_EQ(dead({.to = clock_.now()}).size(), 0U);
  const Delivery again = run([&](Transaction& tx) {
    return letters.replay(
        tx, first.delivery,
        {.data = {}, .content = R"({"text":"better"})", .address = "+49 151 99999999"});
  });
  EXPECT_NE(again.notification, first.notification) << "what was said stays on record";
  EXPECT_EQ(again.replay_of, first.delivery);
  work();
  EXPECT_EQ(provider.sent().back().content.text, "better");
  EXPECT_EQ(provider.sent().back().target.address, "+4915199999999");
  EXPECT_EQ(delivery_of({again.notification, again.id}).state, State::kSent);
  EXPECT_EQ(delivery_of(first).state, State::kFailed);
  EXPECT_EQ(state_of(first), State::kFailed);
  // Only once.
  const auto twice = db().write(storage::Context::tenant(kAlice), [&](Transaction& tx) {
    return letters.replay(tx, first.delivery, {});
  });
  ASSERT_FALSE(twice.ok());
  EXPECT_STREQ(twice.error().reason, "dead_letter_not_found");
  const Replayed rest =
      run([&](Transaction& tx) { return letters.replay_many(tx, {}, DeliveryId(INT64_MAX)); });
  EXPECT_EQ(rest.count, 1);
  EXPECT_FALSE(rest.next_before.is_set());
  work();
  EXPECT_EQ(state_of(second), State::kSent) << "its luckiest delivery";
  EXPECT_EQ(dead({}).size(), 0U);
}

TEST_P(CallbacksTest, AnothersDeadLettersAreNobodys) {
  const DeadLetters letters(*jobs_, clock_);
  script(account_.id.value).answer_with({verdict(Verdict::kRefused)});
  const Planned planned = plan("carol");
  work();
  const auto bobs = db().write(storage::Context::tenant(kBob), [&](Transaction& tx) {
    return letters.replay(tx, planned.delivery, {});
  });
  ASSERT_FALSE(bobs.ok());
  EXPECT_EQ(bobs.error().code, base::Code::kNotFound);
}

TEST_P(CallbacksTest, WhatIsSentAgainByHandHasNotExpired) {
  const DeadLetters letters(*jobs_, clock_);
  script(account_.id.value).answer_with({verdict(Verdict::kRefused)});
  const Planned planned =
      plan([&](Notification& n, Delivery&) { n.expires_at = clock_.now() + Seconds{60}; });
  work();
  advance(Seconds{3'600});
  const Delivery again =
      run([&](Transaction& tx) { return letters.replay(tx, planned.delivery, {}); });
  work();
  EXPECT_EQ(delivery_of({again.notification, again.id}).state, State::kSent);
}

}  // namespace
}  // namespace ashlar::notifications
