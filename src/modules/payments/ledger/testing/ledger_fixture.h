// LedgerFixture: an empty database on either engine, a clock moved by hand, and writers without
// threads on it, for the ledger's tests. Short forms of transfers.
//
//   INSTANTIATE_TEST_SUITE_P(Storage, XTest, storage::both_engines(), storage::engine_name);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/ledger_verify.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::ledger {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

// `amount` from the first account to the second.
inline NewTransfer moves(std::string id, std::string from, std::string to, Amount amount) {
  NewTransfer transfer;
  transfer.id = std::move(id);
  transfer.legs = {{std::move(from), Side::kDebit, amount}, {std::move(to), Side::kCredit, amount}};
  return transfer;
}
inline NewTransfer holds(std::string id, std::string from, std::string to, Amount amount) {
  NewTransfer transfer = moves(std::move(id), std::move(from), std::move(to), amount);
  transfer.kind = TransferKind::kPending;
  return transfer;
}
inline NewTransfer posts(std::string id, std::string hold, Amount part = 0,
                         bool keep_rest = false) {
  NewTransfer transfer;
  transfer.id = std::move(id);
  transfer.kind = TransferKind::kPost;
  transfer.hold = std::move(hold);
  transfer.part = part;
  transfer.keep_rest = keep_rest;
  return transfer;
}
inline NewTransfer voids(std::string id, std::string hold) {
  NewTransfer transfer;
  transfer.id = std::move(id);
  transfer.kind = TransferKind::kVoid;
  transfer.hold = std::move(hold);
  return transfer;
}
inline NewTransfer expiring(NewTransfer hold, base::Millis timeout) {
  hold.timeout = timeout;
  return hold;
}
inline NewTransfer linked(NewTransfer transfer) {
  transfer.linked = true;
  return transfer;
}
inline NewAccount account_of(std::string id, std::string currency = "USD",
                             AccountRules rules = {}) {
  NewAccount account;
  account.id = std::move(id);
  account.currency = std::move(currency);
  account.rules = rules;
  return account;
}

inline std::string reason_of(const base::Status& status) {
  return status.ok() ? "" : status.error().reason;
}

class LedgerFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (store_ == nullptr) GTEST_SKIP() << storage::kNoPostgres;
    db_ = open();
    writer_ = make_writer(*db_);
  }
  void TearDown() override {
    writer_.reset();
    db_.reset();
    store_.reset();
  }

  std::unique_ptr<storage::Database> open() {
    auto opened = store_->open();
    EXPECT_TRUE(opened.ok());
    return std::move(opened).value();
  }
  std::unique_ptr<BookWriter> make_writer(storage::Database& db) {
    return std::make_unique<BookWriter>(db, clock_, metrics_, log_);
  }

  base::Status run(const BookWriter::Unit& unit, base::TenantId tenant = kAlice) {
    return writer_->run(tenant, unit);
  }
  base::Status open_accounts(const std::vector<NewAccount>& accounts,
                             base::TenantId tenant = kAlice) {
    return run(
        [&](Booking& booking) -> base::Status {
          for (const NewAccount& account : accounts) ASHLAR_TRY(booking.open(account));
          return base::ok_status();
        },
        tenant);
  }
  base::Status move(const std::vector<NewTransfer>& transfers, base::TenantId tenant = kAlice) {
    return run([&](Booking& booking) { return booking.move(transfers); }, tenant);
  }
  // Reasons, one for each: "created".
  std::vector<std::string> apply(const std::vector<NewTransfer>& transfers,
                                 base::TenantId tenant = kAlice) {
    std::vector<std::string> reasons;
    const base::Status done = run(
        [&](Booking& booking) -> base::Status {
          reasons.clear();
          ASHLAR_ASSIGN(const std::vector<Outcome> outcomes, booking.apply(transfers));
          for (const Outcome& outcome : outcomes) reasons.emplace_back(reason(outcome.verdict));
          return base::ok_status();
        },
        tenant);
    EXPECT_TRUE(done.ok()) << done.error().reason << ": " << done.error().detail;
    return reasons;
  }

  // As a later reader finds it in the database.
  template <class F>
  auto read(F&& fn, base::TenantId tenant = kAlice) {
    auto result = db_->read(storage::Context::tenant(tenant), std::forward<F>(fn));
    EXPECT_TRUE(result.ok()) << result.error().detail;
    return std::move(result).value();
  }
  Totals totals(const std::string& id, base::TenantId tenant = kAlice) {
    const auto found =
        read([&](storage::Transaction& tx) { return store::find_account(tx, id); }, tenant);
    EXPECT_TRUE(found.has_value()) << id;
    return found ? found->totals : Totals{};
  }

  // Every row of the book computed again from nothing (ledger_verify.h).
  void expect_sound(base::TenantId tenant = kAlice) {
    const VerifyReport report = read(
        [&](storage::Transaction& tx) { return verify_book(tx, tenant, nullptr, {}); }, tenant);
    for (const Finding& finding : report.findings) ADD_FAILURE() << finding.text();
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::ManualClock clock_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<BookWriter> writer_;
};

}  // namespace ashlar::ledger
