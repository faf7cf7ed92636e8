// The whole way: payments taken through the core from the sandbox, its statement with errors
// planted by its dice, our side read from payments' own rows. Each planted error is one break of
// its kind, and nothing else is one.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "modules/payments/face.h"
#include "modules/payments/ledger/testing/ledger_fixture.h"
#include "modules/payments/payments.h"
#include "modules/payments/providers/providers.h"
#include "modules/payments/providers/sandbox.h"
#include "modules/payments/providers/sandbox_statement.h"
#include "modules/payments/reconcile/reconcile_store.h"
#include "modules/payments/reconcile/reconciliations.h"
#include "platform/events/outbox.h"

namespace ashlar::payments::reconcile {
namespace {

using storage::Transaction;

class IdFace final : public Face {
 public:
  base::Result<Answered> render(const payments::Asked& /*asked*/, const Rendered& what,
                                Reads& /*reads*/) const override {
    Answered answer;
    if (what.payment != nullptr) answer.body = what.payment->id;
    return answer;
  }
};

class OneProvider final : public Providers {
 public:
  explicit OneProvider(Provider& provider) : provider_(provider) {}
  [[nodiscard]] std::vector<std::string> route(const ProviderCall& /*call*/) const override {
    return {std::string(provider_.name())};
  }
  [[nodiscard]] Provider* find(std::string_view name) const override {
    return name == provider_.name() ? &provider_ : nullptr;
  }

 private:
  Provider& provider_;
};

class SandboxStatementTest : public ledger::LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    clock_.advance(base::parse_rfc3339("2026-11-21T12:00:00Z").value() - clock_.now());
    Sandbox::Options options;
    options.terms.secret = std::string(Sandbox::kSecretBytes, 's');
    options.faults.seed = 4711;
    options.faults.statement_errors = 250;
    sandbox_ = std::make_unique<Sandbox>(std::move(options), *db_, clock_, metrics_, log_);
    providers_ = std::make_unique<OneProvider>(*sandbox_);
    payments_ = std::make_unique<Payments>(PaymentsOptions{}, *db_, *writer_, outbox_, *providers_,
                                           clock_, entropy_, metrics_, log_);
    payments_->set_face(FaceKind::kNative, face_);
    sandbox_->tell(
        [this](const Sandbox::Webhook& webhook, std::function<void(base::Status)> taken) {
          auto notices = sandbox_->read_webhook(webhook.body, webhook.headers);
          ASSERT_TRUE(notices.ok());
          for (ProviderNotice& notice : *notices) {
            payments_->notice("sandbox", std::move(notice), [](const base::Status&) {});
          }
          taken(base::ok_status());
        });
  }
  void TearDown() override {
    payments_.reset();
    providers_.reset();
    sandbox_.reset();
    LedgerFixture::TearDown();
  }

  void work() {
    for (int turn = 0; turn < 20; ++turn) {
      writer_->drain();
      sandbox_->drain();
    }
  }
  payments::Asked asked() {
    payments::Asked made;
    made.tenant = ledger::kAlice;
    made.mode = "test";
    made.key = "k" + std::to_string(++keys_);
    made.fingerprint = "f";
    return made;
  }
  std::string pay(Money amount, const std::string& token) {
    NewPayment wanted;
    wanted.amount = amount;
    wanted.currency = amount % 3 == 0 ? "eur" : "usd";
    wanted.method = token;
    wanted.confirm = true;
    std::string id;
    payments_->create(asked(), wanted, [&](base::Result<Answered> answer) {
      if (answer.ok()) id = answer->body;
    });
    work();
    return id;
  }
  void refund(const std::string& payment, Money amount) {
    NewRefund wanted;
    wanted.payment = payment;
    wanted.amount = amount;
    payments_->refund(asked(), wanted,
                      [](const base::Result<Answered>& answer) { EXPECT_TRUE(answer.ok()); });
    work();
  }

  std::int64_t keys_ = 0;
  IdFace face_;
  base::SeededEntropy entropy_{3};
  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<OneProvider> providers_;
  std::unique_ptr<Payments> payments_;
};

INSTANTIATE_TEST_SUITE_P(Storage, SandboxStatementTest, storage::both_engines(),
                         storage::engine_name);

// What reconciliation must say of a line that was spoilt so, and of what.
std::pair<std::string, Outcome> expected_of(const payments::SandboxStatement::Planted& planted) {
  switch (planted.what) {
    case StatementError::kMissing:
      return {planted.reference, Outcome::kMissing};
    case StatementError::kTwice:
      return {planted.reference, Outcome::kExtra};
    case StatementError::kAmount:
      return {planted.reference, Outcome::kAmount};
    case StatementError::kFee:
      return {planted.reference, Outcome::kFee};
    case StatementError::kDate:
      return {planted.reference, Outcome::kDate};
    case StatementError::kExtra:
      break;
  }
  return {"sbx_unknown_", Outcome::kExtra};  // of a name that was made up
}

TEST_P(SandboxStatementTest, FindsEachErrorThatTheBankHasMadeAndNoOther) {
  for (Money i = 0; i < 60; ++i) {
    const std::string id = pay(1'000 + i, i % 20 == 7 ? "pm_card_createDispute" : "pm_card_visa");
    ASSERT_FALSE(id.empty());
    if (i % 4 == 0 && i % 20 != 7) refund(id, 100 + i);
  }
  const Day day = day_of(clock_.now());
  const auto statement = sandbox_->statement(ledger::kAlice, start_of(day));
  ASSERT_TRUE(statement.ok());
  ASSERT_GT(statement->planted.size(), 8U);

  clock_.advance(std::chrono::hours{24});
  Reconciliations service(*db_, *writer_, outbox_, clock_);
  Asked wanted;
  wanted.tenant = ledger::kAlice;
  wanted.provider = "sandbox";
  wanted.day = day;
  const std::string text = statement_json(*statement);
  wanted.statement = text;
  const auto ran = service.run(wanted);
  ASSERT_TRUE(ran.ok()) << ran.error().detail;

  std::multiset<std::pair<std::string, Outcome>> expected, found;
  for (const auto& planted : statement->planted) expected.insert(expected_of(planted));
  Money suspense = 0;
  for (const Item& item : read([&](Transaction& tx) {
         return store::list_items(tx, ran->run.id, {.breaks_only = true}, 0, 1'000);
       })) {
    const bool made_up = item.reference.starts_with("sbx_unknown_");
    found.emplace(made_up ? "sbx_unknown_" : item.reference, item.outcome);
    suspense += item.suspense;
  }
  EXPECT_EQ(found, expected);
  const auto credits_less_debits = [&](const std::string& account) {
    const auto one =
        read([&](Transaction& tx) { return ledger::store::find_account(tx, account); });
    return one ? one->totals.credits_posted - one->totals.debits_posted : 0;
  };
  EXPECT_EQ(credits_less_debits("suspense:usd") + credits_less_debits("suspense:eur"), suspense);
}

}  // namespace
}  // namespace ashlar::payments::reconcile
