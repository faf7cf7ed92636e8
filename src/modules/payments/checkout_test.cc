// Checkouts on both engines: each step refused, its answer lost, and the process gone before and
// after it: either everything is done or everything is taken back, and the books add up.
#include "modules/payments/checkout.h"

#include <gtest/gtest.h>

#include <future>
#include <utility>

#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/native_face.h"
#include "modules/payments/payments.h"
#include "modules/payments/testing/plain_face.h"
#include "platform/sagas/testing/saga_fixture.h"

namespace ashlar::payments {
namespace {

using Does = sagas::Service::Does;
using Fate = ModelBank::Fate;
using sagas::State;

constexpr Money kPrice = 4200;

class CheckoutTest : public sagas::SagaFixture {
 protected:
  struct Process {
    explicit Process(CheckoutTest& in)
        : writer(in.db(), in.clock_, in.metrics_, in.log_),
          payments({}, in.db(), writer, in.outbox_, in.banks_, in.clock_, in.entropy_, in.metrics_,
                   in.log_) {
      payments.set_face(FaceKind::kNative, in.face_);
      writer.start();
    }
    ledger::BookWriter writer;
    Payments payments;
  };

  void SetUp() override {
    sagas::SagaFixture::SetUp();
    if (IsSkipped()) return;
    begin();
  }
  void TearDown() override {
    if (process_) end();
    sagas_.reset();
    mover_.reset();
    definitions_.clear();
  }

  void begin() {
    if (process_) end();
    process_ = std::make_unique<Process>(*this);
    definitions_.clear();
    sagas::Definition definition =
        checkout_definition(process_->payments, db(),
                            {service_.step(), service_.step(), service_.step(), service_.step(),
                             service_.step(), service_.step()});
    if (holds_authorise) {
      auto& action = definition.steps[1].action;
      action = sagas::CallStep(
          [this, real = std::get<sagas::CallStep>(action)](const sagas::StepCall& call, auto done) {
            held_authorise = [real, &call, done] { real(call, done); };
          });
    }
    define(std::move(definition));
  }
  // kill -9: answers that were on their way reach nobody.
  void end() {
    process_->writer.stop();
    banks_.north.forget_waiting();
    worker_.reset();
    process_.reset();
  }
  void die_and_restart() {
    end();
    begin();
    ASSERT_TRUE(process_->payments.recover().ok());
  }

  sagas::SagaId begin_checkout(const std::string& reference = "order-1") {
    json::Value::Object request;
    request.emplace_back("amount", json::Value(kPrice));
    request.emplace_back("currency", json::Value("usd"));
    request.emplace_back("payment_method", json::Value("tok_visa"));
    request.emplace_back("merchant_reference", json::Value(reference));
    sagas::NewSaga saga;
    saga.kind = kCheckoutKind;
    saga.correlation = reference;
    saga.data.emplace_back("request", json::Value(std::move(request)));
    saga.data.emplace_back("mode", json::Value("test"));
    saga.data.emplace_back("principal", json::Value("key:1"));
    const auto started = try_start(saga);
    EXPECT_TRUE(started.ok()) << started.error().detail;
    return started.ok() ? started->id : sagas::SagaId();
  }

  // Works until it has ended or is parked; what is unknown is asked about meanwhile.
  sagas::SagaView finish(sagas::SagaId id) {
    for (int i = 0; i < 400; ++i) {
      run();
      const sagas::SagaView now = view(id);
      if (now.ended_at || now.state == State::kParked) return now;
      advance(base::Seconds(5));
      EXPECT_TRUE(process_->payments.resolve().ok());
    }
    ADD_FAILURE() << "it never ends: " << story(id);
    return view(id);
  }

  std::optional<Payment> payment(const std::string& reference = "order-1") {
    auto found = db().read(storage::Context::tenant(jobs::kAlice), [&](storage::Transaction& tx) {
      return Reads(tx).by_merchant_reference(reference);
    });
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : std::nullopt;
  }

  void check_books() {
    const auto accounts = db().read(
        storage::Context::tenant(jobs::kAlice),
        [&](storage::Transaction& tx) { return ledger::store::list_accounts(tx, 0, 1000); });
    ASSERT_TRUE(accounts.ok());
    Money posted = 0;
    for (const ledger::Account& account : *accounts) {
      posted += account.totals.debits_posted - account.totals.credits_posted;
      EXPECT_EQ(account.totals.debits_pending, 0) << account.id << ": something is held";
      EXPECT_EQ(account.totals.credits_pending, 0) << account.id << ": something is held";
    }
    EXPECT_EQ(posted, 0) << "trial balance";
  }
  void expect_sold(sagas::SagaId id) {
    EXPECT_EQ(finish(id).state, State::kCompleted) << story(id) << " " << view(id).error;
    EXPECT_EQ(service_.effects.size(), 3U) << "stock, order, access";
    ASSERT_TRUE(payment());
    EXPECT_EQ(payment()->state, PaymentState::kSucceeded);
    EXPECT_EQ(payment()->captured(), kPrice);
    check_books();
  }
  void expect_taken_back(sagas::SagaId id) {
    EXPECT_EQ(finish(id).state, State::kCompensated) << story(id) << " " << view(id).error;
    EXPECT_TRUE(service_.effects.empty());
    if (payment()) {
      EXPECT_EQ(payment()->state, PaymentState::kCanceled);
      EXPECT_EQ(payment()->captured(), 0);
    }
    check_books();
  }

  bool holds_authorise = false;          // on its way, until the test calls the next
  std::function<void()> held_authorise;  // what it was called with lives as long as `done` does

  NativeFace face_;
  TwoBanks banks_;
  std::unique_ptr<Process> process_;
};

INSTANTIATE_TEST_SUITE_P(Storage, CheckoutTest, storage::both_engines(), storage::engine_name);

TEST_P(CheckoutTest, AllFiveStepsInTheirOrder) {
  const auto id = begin_checkout();
  expect_sold(id);
  EXPECT_EQ(story(id), "started done:reserve done:authorise done:confirm done:grant done:capture");
  EXPECT_EQ(banks_.north.sent.size(), 2U) << "authorise, capture";
  EXPECT_NE(view(id).data.find(payment()->id), std::string::npos);
}

TEST_P(CheckoutTest, EachServiceThatRefusesTurnsItBack) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"reserve", "started turned:reserve"},
      {"confirm",
       "started done:reserve done:authorise turned:confirm done:-authorise done:-reserve"},
      {"grant",
       "started done:reserve done:authorise done:confirm turned:grant done:-confirm "
       "done:-authorise done:-reserve"}};
  for (const auto& [step, told] : rows) {
    SCOPED_TRACE(step);
    service_.script(step, {Does::kRefuse});
    const auto id = begin_checkout("refused-by-" + step);
    EXPECT_EQ(finish(id).state, State::kCompensated);
    EXPECT_EQ(story(id), told);
    EXPECT_TRUE(service_.effects.empty());
    const auto paid = payment("refused-by-" + step);
    EXPECT_EQ(paid.has_value(), step != "reserve");
    if (paid) {
      EXPECT_EQ(paid->state, PaymentState::kCanceled);
    }
    check_books();
  }
}

TEST_P(CheckoutTest, ADeclineTurnsBackAndItsPaymentIsFinal) {
  banks_.north.fates = {Fate::kDeclined};
  const auto id = begin_checkout();
  expect_taken_back(id);
  EXPECT_EQ(story(id), "started done:reserve turned:authorise done:-reserve");
  EXPECT_EQ(view(id).error, "declined: insufficient_funds");
  ASSERT_TRUE(payment());
  EXPECT_EQ(banks_.north.sent.size(), 1U) << "asked once";
}

TEST_P(CheckoutTest, ACustomerWhoWouldHaveToAuthenticateIsNotThere) {
  banks_.north.fates = {Fate::kAction};
  const auto id = begin_checkout();
  expect_taken_back(id);
}

TEST_P(CheckoutTest, AServiceWhoseAnswersAreLostIsAskedAgain) {
  for (const char* step : {"reserve", "confirm", "grant"}) {
    for (const Does fate : {Does::kFailBefore, Does::kFailAfter}) {
      SCOPED_TRACE(step);
      service_.effects.clear();
      const std::string reference =
          std::string(step) + (fate == Does::kFailBefore ? "-before" : "-after");
      service_.script(step, {fate, fate});
      const auto id = begin_checkout(reference);
      EXPECT_EQ(finish(id).state, State::kCompleted) << story(id);
      EXPECT_EQ(service_.effects.size(), 3U);
      check_books();
    }
  }
}

TEST_P(CheckoutTest, AServiceThatIsAwayForGoodIsTakenBackToo) {
  service_.script("grant", std::deque<Does>(100, Does::kFailAfter));
  const auto id = begin_checkout();
  expect_taken_back(id);
}

TEST_P(CheckoutTest, AnUnknownAuthorisationIsAskedAboutAndNeverRepeated) {
  for (const Fate fate : {Fate::kLost, Fate::kNever, Fate::kRefused}) {
    SCOPED_TRACE(static_cast<int>(fate));
    service_.effects.clear();
    const std::string reference = "order-" + std::to_string(static_cast<int>(fate));
    banks_.north.fates = {fate};
    const auto id = begin_checkout(reference);
    EXPECT_EQ(finish(id).state, State::kCompleted) << story(id) << " " << view(id).error;
    EXPECT_EQ(payment(reference)->captured(), kPrice);
    check_books();
  }
  for (const auto& [key, amount] : banks_.north.moved) {
    EXPECT_EQ(amount, banks_.north.answer_to(key).amount) << key << " moved twice";
  }
}

TEST_P(CheckoutTest, AnUnknownCaptureIsAskedAboutAndGoesForward) {
  for (const Fate fate : {Fate::kLost, Fate::kNever, Fate::kRefused}) {
    SCOPED_TRACE(static_cast<int>(fate));
    service_.effects.clear();
    const std::string reference = "order-" + std::to_string(static_cast<int>(fate));
    banks_.north.fates = {Fate::kDone, fate};
    const auto id = begin_checkout(reference);
    EXPECT_EQ(finish(id).state, State::kCompleted) << story(id) << " " << view(id).error;
    EXPECT_EQ(payment(reference)->captured(), kPrice);
    check_books();
  }
}

TEST_P(CheckoutTest, AnUnknownReleaseIsAskedAboutUntilTheHoldIsGone) {
  for (const Fate fate : {Fate::kLost, Fate::kNever, Fate::kRefused}) {
    SCOPED_TRACE(static_cast<int>(fate));
    const std::string reference = "order-" + std::to_string(static_cast<int>(fate));
    service_.script("confirm", {Does::kRefuse});
    banks_.north.fates = {Fate::kDone, fate};
    const auto id = begin_checkout(reference);
    EXPECT_EQ(finish(id).state, State::kCompensated) << story(id) << " " << view(id).error;
    EXPECT_EQ(payment(reference)->state, PaymentState::kCanceled);
    check_books();
  }
}

// The process dies while the bank is at work: before it has done anything, and after.
TEST_P(CheckoutTest, TheProcessDiesInEachCallToTheBank) {
  patience = base::Millis(300);
  for (const Fate fate : {Fate::kHangs, Fate::kHangsOut}) {
    for (const bool capturing : {false, true}) {
      SCOPED_TRACE(static_cast<int>(fate) * 10 + (capturing ? 1 : 0));
      service_.effects.clear();
      const std::string reference =
          "order-" + std::to_string(static_cast<int>(fate)) + (capturing ? "c" : "a");
      banks_.north.fates = {fate};
      if (capturing) banks_.north.fates.push_front(Fate::kDone);
      const auto id = begin_checkout(reference);
      run();
      EXPECT_EQ(view(id).step, capturing ? "capture" : "authorise");
      die_and_restart();
      EXPECT_EQ(finish(id).state, State::kCompleted) << story(id) << " " << view(id).error;
      EXPECT_EQ(payment(reference)->captured(), kPrice);
      check_books();
    }
  }
}

TEST_P(CheckoutTest, TheProcessDiesInEachCallToAService) {
  patience = base::Millis(300);
  for (const char* step : {"reserve", "confirm", "grant"}) {
    SCOPED_TRACE(step);
    service_.effects.clear();
    service_.script(step, {Does::kHang});
    const auto id = begin_checkout(step);
    run();
    EXPECT_EQ(view(id).step, step);
    die_and_restart();
    EXPECT_EQ(finish(id).state, State::kCompleted) << story(id) << " " << view(id).error;
    EXPECT_EQ(service_.effects.size(), 3U);
    check_books();
  }
}

// An operator turns it back while the authorisation is on its way, and had left no trace yet.
TEST_P(CheckoutTest, AnAuthorisationThatComesAfterItsReleaseHoldsNothing) {
  patience = base::Millis(300);
  holds_authorise = true;
  begin();
  const auto id = begin_checkout();
  run();
  ASSERT_TRUE(held_authorise);
  EXPECT_FALSE(payment());
  EXPECT_EQ(tell(id, &sagas::Sagas::compensate), "");
  expect_taken_back(id);
  ASSERT_TRUE(payment()) << "made to be canceled: the reference is used up";
  std::exchange(held_authorise, nullptr)();
  process_->writer.stop();
  EXPECT_TRUE(banks_.north.sent.empty()) << "the bank is never asked";
  check_books();
}

TEST_P(CheckoutTest, AReferenceOfAnotherPaymentIsNotTouched) {
  NewPayment other;
  other.amount = kPrice;
  other.currency = "usd";
  other.capture = Capture::kManual;
  other.method = "tok_visa";
  other.merchant_reference = "order-1";
  other.confirm = true;
  Asked asked;
  asked.tenant = jobs::kAlice;
  asked.mode = "test";
  std::promise<bool> made;
  process_->payments.create(asked, other,
                            [&](base::Result<Answered> answer) { made.set_value(answer.ok()); });
  ASSERT_TRUE(made.get_future().get());
  const auto id = begin_checkout();
  EXPECT_EQ(finish(id).state, State::kCompensated);
  EXPECT_EQ(view(id).error.substr(0, 23), "merchant_reference_used");
  EXPECT_EQ(payment()->state, PaymentState::kCapturable) << "somebody else's";
  EXPECT_TRUE(service_.effects.empty());
}

}  // namespace
}  // namespace ashlar::payments
