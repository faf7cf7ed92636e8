// The fixture's own part of its tests: what is the same in all of them.
#include "modules/payments/testing/payments_fixture.h"

#include <algorithm>
#include <iterator>

#include "modules/payments/ledger/ledger_store.h"

namespace ashlar::payments {

void PaymentsFixture::SetUp() {
  store_ = storage::make_product_store(GetParam());
  if (!store_) GTEST_SKIP() << storage::kNoPostgres;
  process_ = std::make_unique<Process>(*this, base::Millis(20'000));
}

void PaymentsFixture::TearDown() {
  if (!process_) return;
  check_books();
  // Nothing may be left that still points into the process.
  banks_.north.forget_waiting();
  banks_.south.forget_waiting();
  process_.reset();
}

void PaymentsFixture::die_and_restart() {
  banks_.north.forget_waiting();
  banks_.south.forget_waiting();
  process_.reset();
  process_ = std::make_unique<Process>(*this, base::Millis(20'000));
  ASSERT_TRUE(process_->payments.recover().ok());
}

Asked PaymentsFixture::asked(std::string key, std::string fingerprint) {
  Asked made;
  made.tenant = kAda;
  made.mode = "test";
  made.request_id = "req-" + std::to_string(++requests_);
  if (!key.empty()) made.key = std::move(key);
  made.fingerprint = std::move(fingerprint);
  made.face_state = "state";
  return made;
}

NewPayment PaymentsFixture::wanted(Money amount, Capture capture) {
  NewPayment made;
  made.amount = amount;
  made.currency = "usd";
  made.capture = capture;
  made.method = "tok_visa";
  return made;
}

Answered PaymentsFixture::capture(const std::string& id, std::optional<Money> amount, bool last,
                                  const std::string& key) {
  return ask(
      [&](Done done) { payments().capture(asked(key), id, {amount, last}, std::move(done)); });
}

std::string PaymentsFixture::captured(Money amount) {
  NewPayment payment = wanted(amount, Capture::kAutomatic);
  payment.confirm = true;
  return id_of(create(payment));
}

Money PaymentsFixture::balance(const std::string& account, bool pending) {
  auto found = process_->db->read(storage::Context::tenant(kAda), [&](storage::Transaction& tx) {
    return ledger::store::find_account(tx, account);
  });
  EXPECT_TRUE(found.ok());
  if (!found.ok() || !*found) return 0;
  const ledger::Totals& totals = (*found)->totals;
  return pending ? totals.credits_pending - totals.debits_pending
                 : totals.credits_posted - totals.debits_posted;
}

base::Status PaymentsFixture::tell(ProviderNotice notice) {
  notice.tenant = kAda;
  std::optional<base::Status> told;
  payments().notice("north", std::move(notice), [&](base::Status status) { told = status; });
  work();
  EXPECT_TRUE(told.has_value());
  return told.value_or(base::ok_status());
}

void PaymentsFixture::check_books() {
  struct Books {
    std::vector<ledger::Account> accounts;
    std::vector<Payment> payments;
  };
  const auto books = process_->db->read(
      storage::Context::tenant(kAda), [&](storage::Transaction& tx) -> base::Result<Books> {
        Books found;
        ASHLAR_ASSIGN(found.accounts, ledger::store::list_accounts(tx, 0, 1000));
        Window window{.limit = 1000};
        for (bool more = true; more;) {
          ASHLAR_ASSIGN(auto listed, Reads(tx).payments(window));
          more = listed.has_more;
          if (more) window.starting_after = listed.rows.back().id;
          std::ranges::move(listed.rows, std::back_inserter(found.payments));
        }
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

}  // namespace ashlar::payments
