// PaymentsFixture: payments on an empty database of either engine, with a clock moved by hand, two
// ModelBanks and no thread: ask() asks and works until nothing is left to do.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
//
// At its end each test's books must add up: trial balance zero in every currency, every payment's
// invariants, what the banks moved at most once.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/payments/face.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/payments.h"
#include "modules/payments/providers/providers.h"
#include "modules/payments/testing/model_bank.h"
#include "platform/events/outbox.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::payments {

// "pay_… succeeded 100/100/0 re_… pending".
class PlainFace final : public Face {
 public:
  base::Result<Answered> render(const Asked& asked, const Rendered& what,
                                Reads& /*reads*/) const override {
    Answered answer;
    answer.status = what.declined != nullptr ? 402 : what.created ? 201 : 200;
    std::string& body = answer.body;
    if (what.payment != nullptr) {
      const Payment& payment = *what.payment;
      body = payment.id + " " + std::string(name_of(payment.state)) + " " +
             std::to_string(payment.amount) + "/" + std::to_string(payment.captured()) + "/" +
             std::to_string(payment.refunded());
    }
    if (what.refund != nullptr)
      body += " " + what.refund->id + " " + std::string(name_of(what.refund->state));
    if (what.dispute != nullptr)
      body += " " + what.dispute->id + " " + std::string(name_of(what.dispute->state));
    if (what.charge != nullptr) body += " " + what.charge->id;
    if (what.customer != nullptr) body += what.customer->id + " " + what.customer->name;
    if (what.method != nullptr) body += what.method->id + " " + what.method->customer;
    if (what.payout != nullptr)
      body += what.payout->id + " " + std::string(name_of(what.payout->state));
    if (what.declined != nullptr) body += " " + what.declined->decline_code;
    if (what.pending) body += " pending";
    answer.headers = {{"Request-Id", asked.request_id}, {"Face-State", asked.face_state}};
    return answer;
  }
};

class TwoBanks final : public Providers {
 public:
  [[nodiscard]] std::vector<std::string> route(const ProviderCall& /*call*/) const override {
    return failover ? std::vector<std::string>{"north", "south"}
                    : std::vector<std::string>{"north"};
  }
  [[nodiscard]] Provider* find(std::string_view name) const override {
    if (name == "north") return &north;
    return name == "south" ? &south : nullptr;
  }
  mutable ModelBank north{"north"}, south{"south"};
  bool failover = false;
};

inline constexpr base::TenantId kAda{1};

class PaymentsFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  // A process: what it has in memory is gone when it is.
  struct Process {
    Process(PaymentsFixture& in, base::Millis lease)
        : entropy(++in.seed_),
          db(std::move(in.store_->open()).value()),
          outbox(in.clock_, entropy, [] {}),
          writer(*db, in.clock_, in.registry_, in.log_),
          payments(options(lease), *db, writer, outbox, in.banks_, in.clock_, entropy, in.registry_,
                   in.log_) {
      payments.set_face(FaceKind::kNative, in.face_);
    }
    static PaymentsOptions options(base::Millis lease) {
      PaymentsOptions made;
      made.lease = lease;
      return made;
    }
    base::SeededEntropy entropy;
    std::unique_ptr<storage::Database> db;
    events::Outbox outbox;
    ledger::BookWriter writer;
    Payments payments;
  };

  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    process_ = std::make_unique<Process>(*this, base::Millis(20'000));
  }
  void TearDown() override {
    if (!process_) return;
    check_books();
    // Nothing may be left that still points into the process.
    banks_.north.forget_waiting();
    banks_.south.forget_waiting();
    process_.reset();
  }

  // kill -9: answers that were on their way reach nobody.
  void die_and_restart() {
    banks_.north.forget_waiting();
    banks_.south.forget_waiting();
    process_.reset();
    process_ = std::make_unique<Process>(*this, base::Millis(20'000));
    ASSERT_TRUE(process_->payments.recover().ok());
  }

  Payments& payments() { return process_->payments; }
  void work() { process_->writer.drain(); }

  Asked asked(std::string key, std::string fingerprint = "same") {
    Asked made;
    made.tenant = kAda;
    made.mode = "test";
    made.request_id = "req-" + std::to_string(++requests_);
    if (!key.empty()) made.key = std::move(key);
    made.fingerprint = std::move(fingerprint);
    made.face_state = "state";
    return made;
  }

  // `start` gets the done to give; the answer, should there be one when all work is done.
  template <class Start>
  std::optional<base::Result<Answered>> try_ask(const Start& start) {
    auto answer = std::make_shared<std::optional<base::Result<Answered>>>();
    start([answer](base::Result<Answered> given) {
      ASSERT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(given);
    });
    work();
    return *answer;
  }
  template <class Start>
  Answered ask(const Start& start) {
    auto answer = try_ask(start);
    EXPECT_TRUE(answer.has_value());
    if (!answer) return {};
    EXPECT_TRUE(answer->ok()) << answer->error().reason << ": " << answer->error().detail;
    return answer->ok() ? **answer : Answered{};
  }
  template <class Start>
  std::string refusal(const Start& start) {
    auto answer = try_ask(start);
    EXPECT_TRUE(answer.has_value());
    if (!answer || answer->ok()) return "";
    return answer->error().reason;
  }

  static NewPayment wanted(Money amount, Capture capture = Capture::kManual) {
    NewPayment made;
    made.amount = amount;
    made.currency = "usd";
    made.capture = capture;
    made.method = "tok_visa";
    return made;
  }
  static std::string id_of(const Answered& answer) {
    return answer.body.substr(0, answer.body.find(' '));
  }

  Answered create(const NewPayment& payment, const std::string& key = "") {
    return ask([&](Done done) { payments().create(asked(key), payment, std::move(done)); });
  }
  Answered confirm(const std::string& id, const std::string& key = "") {
    return ask([&](Done done) { payments().confirm(asked(key), id, {}, std::move(done)); });
  }
  Answered capture(const std::string& id, std::optional<Money> amount = {}, bool last = true,
                   const std::string& key = "") {
    return ask(
        [&](Done done) { payments().capture(asked(key), id, {amount, last}, std::move(done)); });
  }
  std::string capture_refused(const std::string& id, std::optional<Money> amount = {}) {
    return refusal(
        [&](Done done) { payments().capture(asked(""), id, {amount, true}, std::move(done)); });
  }
  static NewRefund of(const std::string& id, std::optional<Money> amount = {}) {
    NewRefund made;
    made.payment = id;
    made.amount = amount;
    return made;
  }
  Answered refund(const std::string& id, std::optional<Money> amount = {},
                  const std::string& key = "") {
    return ask([&](Done done) { payments().refund(asked(key), of(id, amount), std::move(done)); });
  }
  std::string refund_refused(const std::string& id, std::optional<Money> amount = {}) {
    return refusal(
        [&](Done done) { payments().refund(asked(""), of(id, amount), std::move(done)); });
  }
  std::string authorized(Money amount) {
    const std::string id = id_of(create(wanted(amount)));
    confirm(id);
    return id;
  }
  std::string captured(Money amount) {
    NewPayment payment = wanted(amount, Capture::kAutomatic);
    payment.confirm = true;
    return id_of(create(payment));
  }

  template <class F>
  auto read(const F& fn) {
    auto found = process_->db->read(storage::Context::tenant(kAda), [&](storage::Transaction& tx) {
      Reads reads(tx);
      return fn(reads);
    });
    EXPECT_TRUE(found.ok()) << found.error().detail;
    return std::move(found).value();
  }
  Payment payment(const std::string& id) {
    return read([&](Reads& reads) { return reads.payment(id); });
  }
  // Credits less debits, posted; 0 where it was never opened.
  Money balance(const std::string& account, bool pending = false) {
    auto found = process_->db->read(storage::Context::tenant(kAda), [&](storage::Transaction& tx) {
      return ledger::store::find_account(tx, account);
    });
    EXPECT_TRUE(found.ok());
    if (!found.ok() || !*found) return 0;
    const ledger::Totals& totals = (*found)->totals;
    return pending ? totals.credits_pending - totals.debits_pending
                   : totals.credits_posted - totals.debits_posted;
  }

  void advance(base::Micros by) { clock_.advance(by); }
  void resolve() {
    ASSERT_TRUE(payments().resolve().ok());
    work();
  }
  void settle() {
    ASSERT_TRUE(payments().settle().ok());
    work();
  }
  base::Status tell(ProviderNotice notice) {
    notice.tenant = kAda;
    std::optional<base::Status> told;
    payments().notice("north", std::move(notice), [&](base::Status status) { told = status; });
    work();
    EXPECT_TRUE(told.has_value());
    return told.value_or(base::ok_status());
  }

  void check_books() {
    struct Books {
      std::vector<ledger::Account> accounts;
      std::vector<Payment> payments;
    };
    const auto books = process_->db->read(
        storage::Context::tenant(kAda), [&](storage::Transaction& tx) -> base::Result<Books> {
          Books found;
          ASHLAR_ASSIGN(found.accounts, ledger::store::list_accounts(tx, 0, 1000));
          Window all;
          all.limit = 1000;
          ASHLAR_ASSIGN(auto listed, Reads(tx).payments(all));
          found.payments = std::move(listed.rows);
          return found;
        });
    ASSERT_TRUE(books.ok()) << books.error().detail;
    Money posted = 0;
    Money held = 0;
    for (const ledger::Account& account : books->accounts) {
      posted += account.totals.debits_posted - account.totals.credits_posted;
      held += account.totals.debits_pending - account.totals.credits_pending;
    }
    EXPECT_EQ(posted, 0) << "trial balance";
    EXPECT_EQ(held, 0) << "trial balance of what is held";
    Money capturable = 0;
    for (const Payment& one : books->payments) {
      EXPECT_EQ(check(one), "") << one.id;
      capturable += one.capturable();
    }
    EXPECT_EQ(balance("merchant:pending:usd", true), capturable) << "holds";
    for (const ModelBank* bank : {&banks_.north, &banks_.south}) {
      for (const auto& [key, amount] : bank->moved) {
        const ProviderAnswer& answer = bank->answer_to(key);
        EXPECT_TRUE(amount == answer.amount) << key << " moved " << amount;
      }
    }
  }

  std::unique_ptr<storage::TestStore> store_;
  base::ManualClock clock_{base::from_micros(1'790'000'000'000'000)};
  obs::Registry registry_;
  obs::Log log_{obs::Level::kOff, 2, clock_, registry_};
  PlainFace face_;
  TwoBanks banks_;
  std::unique_ptr<Process> process_;
  std::uint64_t seed_ = 0;
  int requests_ = 0;
};

}  // namespace ashlar::payments
