// A tenant's share of payments: every table is exported, and erased, and no other tenant's.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "modules/payments/open_work.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/story_store.h"
#include "platform/json/parse.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::payments {
namespace {

using storage::Audience;
using storage::Context;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};

struct Seed {
  std::string_view table;
  Sql insert;
  bool has_blob;
};
const Seed kSeeds[] = {
    {"payments",
     {Audience::kTenant,
      "INSERT INTO payments (tenant_id, id, created_at, state, amount, captured, "
      "refunded, currency, customer, merchant_reference, expires_at) VALUES (:tenant, "
      "?1, 7, 7, 7, 7, 7, ?1, ?1, ?1, 7)"},
     false},
    {"payment_events",
     {Audience::kTenant,
      "INSERT INTO payment_events (tenant_id, subject, no, at, published, type, body, "
      "request_id, key) VALUES (:tenant, ?1, 7, 7, 7, ?1, ?1, ?1, ?1)"},
     false},
    {"payment_objects",
     {Audience::kTenant,
      "INSERT INTO payment_objects (tenant_id, id, kind, parent, alias, deleted, "
      "events, body) VALUES (:tenant, ?1, 7, ?1, ?1, 7, 7, ?1)"},
     false},
    {"payment_claims",
     {Audience::kTenant,
      "INSERT INTO payment_claims (tenant_id, mode, key, fingerprint, epoch, point, "
      "lease_until, attempt, face, face_state, principal, request_id, status, headers, "
      "body, expires_at) VALUES (:tenant, ?1, ?1, ?2, 7, 7, 7, ?1, 7, ?1, ?1, ?1, 7, "
      "?1, ?1, 7)"},
     true},
    {"payment_attempts",
     {Audience::kTenant,
      "INSERT INTO payment_attempts (tenant_id, key, subject, part, charge, op, state, "
      "renders, provider, reference, request, outcome, claim_mode, claim_key, sends, "
      "asks, at, ask_at, resolved_at) VALUES (:tenant, ?1, ?1, ?1, ?1, 7, 7, 7, ?1, ?1, "
      "?1, ?1, ?1, ?1, 7, 7, 7, 7, 7)"},
     false},
    {"payment_references",
     {Audience::kTenant,
      "INSERT INTO payment_references (provider, reference, tenant_id, subject, part, "
      "attempt) VALUES (?1, ?1, :tenant, ?1, ?1, ?1)"},
     false},
    {"payment_disputes",
     {Audience::kTenant,
      "INSERT INTO payment_disputes (tenant_id, id, payment, charge, state, at, due_by) "
      "VALUES (:tenant, ?1, ?1, ?1, 7, 7, 7)"},
     false},
    {"payment_entries",
     {Audience::kTenant,
      "INSERT INTO payment_entries (tenant_id, id, at, kind, source, subject, provider, "
      "currency, amount, fee, available_on, settled) VALUES (:tenant, ?1, 7, 7, ?1, ?1, "
      "?1, ?1, 7, 7, 7, 7)"},
     false},
    {"payment_notices",
     {Audience::kTenant,
      "INSERT INTO payment_notices (provider, id, tenant_id, kind, subject, outcome, "
      "at) VALUES (?1, ?1, :tenant, 7, ?1, ?1, 7)"},
     false},
    {"sandbox_calls",
     {Audience::kTenant,
      "INSERT INTO sandbox_calls (tenant_id, bank, key, op, asked, fence, at, answer) "
      "VALUES (:tenant, ?1, ?1, 7, 7, 7, 7, ?1)"},
     false},
    {"sandbox_objects",
     {Audience::kTenant,
      "INSERT INTO sandbox_objects (tenant_id, bank, reference, due_at, body) VALUES "
      "(:tenant, ?1, ?1, 7, ?1)"},
     false},
    {"sandbox_moves",
     {Audience::kTenant,
      "INSERT INTO sandbox_moves (tenant_id, bank, id, at, kind, key, reference, about, "
      "gross, fee, currency) VALUES (:tenant, ?1, ?1, 7, 7, ?1, ?1, ?1, 7, 7, ?1)"},
     false},
    {"sandbox_notices",
     {Audience::kTenant,
      "INSERT INTO sandbox_notices (tenant_id, bank, id, copy, due_at, tries, at, body) "
      "VALUES (:tenant, ?1, ?1, 7, 7, 7, 7, ?1)"},
     false},
    {"reconcile_runs",
     {Audience::kTenant,
      "INSERT INTO reconcile_runs (tenant_id, id, provider, day, version, state, "
      "format, hash, statement_id, asked_by, items, breaks, open, totals, at) VALUES "
      "(:tenant, ?1, ?1, 7, 7, 7, 7, ?2, ?1, ?1, 7, 7, 7, ?1, 7)"},
     true},
    {"reconcile_items",
     {Audience::kTenant,
      "INSERT INTO reconcile_items (tenant_id, run, no, provider, day, outcome, state, "
      "kind, reference, currency, description, payment, object, entry, our_amount, "
      "our_fee, our_day, their_amount, their_fee, their_day, line, suspense, bookings, "
      "resolution, resolved_run, note, resolved_by, resolved_at) VALUES (:tenant, ?1, "
      "7, ?1, 7, 7, 7, 7, ?1, ?1, ?1, ?1, ?1, ?1, 7, 7, 7, 7, 7, 7, 7, 7, 7, ?1, ?1, "
      "?1, ?1, 7)"},
     false},
};

// Kept by no export: they die within days.
constexpr std::string_view kClaims = "payment_claims";

class PaymentsDataTest : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (store_ == nullptr) GTEST_SKIP() << storage::kNoPostgres;
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok());
    db_ = std::move(*opened);
    // As texts and as JSON: "11" is both. Some names are unique among all tenants.
    for (const char* name : {"11", "12"}) seed(kAlice, name);
    for (const char* name : {"21", "22", "23"}) seed(kBob, name);
  }
  void TearDown() override {
    db_.reset();
    store_.reset();
  }

  void seed(base::TenantId tenant, std::string_view name) {
    const auto context = Context::tenant(tenant);
    const base::Status done = db_->write(context, [&](Transaction& tx) -> base::Status {
      for (const Seed& one : kSeeds) {
        const auto inserted = one.has_blob ? tx.execute(one.insert, {name, storage::Blob{name}})
                                           : tx.execute(one.insert, {name});
        if (!inserted.ok()) ADD_FAILURE() << one.table << ": " << inserted.error().detail;
        ASHLAR_TRY(inserted);
      }
      return base::ok_status();
    });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  }
  std::vector<std::string> exported(base::TenantId tenant) {
    std::vector<std::string> lines;
    const base::Status done =
        db_->read(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
          lines.clear();
          return data_.export_to(tx, [&](std::string_view line) -> base::Status {
            lines.emplace_back(line);
            return base::ok_status();
          });
        });
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return lines;
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  const security::TenantData data_ = payments_tenant_data();
};

TEST_P(PaymentsDataTest, EveryTableOfTheTenantsIsExportedAndNothingOfOthers) {
  std::multiset<std::string> tables;
  for (const std::string& line : exported(kAlice)) {
    const auto row = json::parse(line);
    ASSERT_TRUE(row.ok()) << line;
    tables.insert(*row->find("table")->if_string());
    EXPECT_EQ(line.find("\"2"), std::string::npos) << line;
  }
  for (const Seed& one : kSeeds) {
    const std::size_t wanted = one.table == kClaims ? 0 : 2;
    EXPECT_EQ(tables.count(std::string(one.table)), wanted) << one.table;
  }
}

TEST_P(PaymentsDataTest, ErasesEverythingInSmallStepsAndNothingOfOthers) {
  const auto before = exported(kAlice);
  std::int64_t erased = 0;
  while (true) {
    const auto step =
        db_->write(Context::tenant(kBob), [&](Transaction& tx) { return data_.erase(tx, 2); });
    ASSERT_TRUE(step.ok()) << step.error().detail;
    EXPECT_LE(*step, 2);
    if (*step == 0) break;
    erased += *step;
  }
  EXPECT_EQ(erased, static_cast<std::int64_t>(3 * std::size(kSeeds)));
  EXPECT_TRUE(exported(kBob).empty());
  EXPECT_EQ(exported(kAlice), before);
}

TEST_P(PaymentsDataTest, AStoryHasTheJournalsOfItsPaymentAlone) {
  static constexpr Sql kInsert{
      Audience::kTenant, "INSERT INTO ledger_ids (tenant_id, id, no) VALUES (:tenant, ?1, ?2)"};
  const auto book = [&](base::TenantId tenant, std::string_view id, std::int64_t no) {
    const base::Status done =
        db_->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
          ASHLAR_TRY(tx.execute(kInsert, {id, no}));
          return base::ok_status();
        });
    ASSERT_TRUE(done.ok()) << done.error().detail;
  };
  book(kBob, "pay_a:cap:1", 2);
  book(kBob, "pay_a:auth:1", 1);
  book(kBob, "pay_ab:auth:1", 3);
  book(kBob, "pay_a:burned", -1);
  const auto of = [&](base::TenantId tenant) {
    const auto ids = db_->read(Context::tenant(tenant),
                               [](Transaction& tx) { return store::transfers_of(tx, "pay_a"); });
    return ids.ok() ? *ids : std::vector<std::string>{ids.error().detail};
  };
  EXPECT_EQ(of(kBob), (std::vector<std::string>{"pay_a:auth:1", "pay_a:cap:1"}));
  EXPECT_TRUE(of(kAlice).empty());
}

TEST_P(PaymentsDataTest, OpenWorkIsCountedOverAllTenants) {
  obs::Registry metrics;
  base::ManualClock clock;
  OpenWork work(*db_, clock, metrics);
  const base::Status looked = work.look();
  ASSERT_TRUE(looked.ok()) << looked.error().detail;
  const std::string text = metrics.render();
  // The rows' state and point are 7: open calls of no known end, claims that are over.
  EXPECT_NE(text.find("ashlar_payments_calls_open 5\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ashlar_payments_unknown 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ashlar_payments_claims_open 0\n"), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(Storage, PaymentsDataTest, storage::both_engines(), storage::engine_name);

}  // namespace
}  // namespace ashlar::payments
