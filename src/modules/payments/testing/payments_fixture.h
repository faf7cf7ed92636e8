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
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/payments.h"
#include "modules/payments/testing/plain_face.h"
#include "platform/events/outbox.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::payments {

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

  void SetUp() override;
  void TearDown() override;

  // kill -9: answers that were on their way reach nobody.
  void die_and_restart();

  Payments& payments() { return process_->payments; }
  void work() { process_->writer.drain(); }

  Asked asked(std::string key, std::string fingerprint = "same");

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

  static NewPayment wanted(Money amount, Capture capture = Capture::kManual);
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
                   const std::string& key = "");
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
  std::string captured(Money amount);  // at once

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
  Money balance(const std::string& account, bool pending = false);

  void advance(base::Micros by) { clock_.advance(by); }
  void resolve() {
    ASSERT_TRUE(payments().resolve().ok());
    work();
  }
  void settle() {
    ASSERT_TRUE(payments().settle().ok());
    work();
  }
  base::Status tell(ProviderNotice notice);

  void check_books();

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
