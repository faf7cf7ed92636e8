// No statement of payments reaches another tenant's rows: after Bob has payments of every kind,
// each statement that a tenant may run is run as Carol, who has nothing, with parameters that name
// what is Bob's.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/payments/calls_store.h"
#include "modules/payments/claims.h"
#include "modules/payments/entries_store.h"
#include "modules/payments/open_work.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/reconcile/nightly_store.h"
#include "modules/payments/testing/payments_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::payments {
namespace {

using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr std::int64_t kMuch = std::int64_t{1} << 60;

std::vector<const Sql*> all_statements() {
  std::vector<const Sql*> all;
  for (const auto list : {store::payment_statements(), store::call_statements(),
                          store::entry_statements(), claims::statements()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

bool has(const Sql& sql, std::string_view what) {
  return sql.text.find(what) != std::string_view::npos;
}

bool holds(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

template <class Sink, std::size_t... I>
base::Result<std::int64_t> query_nulls(Transaction& tx, const Sql& sql, const Sink& sink,
                                       std::index_sequence<I...> /*each*/) {
  return tx.query(sql, {(static_cast<void>(I), Param(nullptr))...}, sink);
}
template <std::size_t N = 0, class Sink>
base::Result<std::int64_t> query_with_nulls(Transaction& tx, const Sql& sql, int parameters,
                                            const Sink& sink) {
  if constexpr (N > 24) {
    return base::fail(base::Code::kInternal, "test", "too many parameters");
  } else {
    if (parameters == static_cast<int>(N))
      return query_nulls(tx, sql, sink, std::make_index_sequence<N>());
    return query_with_nulls<N + 1>(tx, sql, parameters, sink);
  }
}

class PaymentsStatementsTest : public PaymentsFixture {
 protected:
  void SetUp() override {
    PaymentsFixture::SetUp();
    if (IsSkipped()) return;
    CustomerChange ada;
    ada.name = "Ada";
    customer_ = id_of(
        ask([&](Done done) { payments().create_customer(asked("c"), ada, std::move(done)); }));
    NewPayment payment = wanted(100);
    payment.customer = customer_;
    payment.merchant_reference = "order";
    id_ = id_of(create(payment, "k"));
    confirm(id_, "k2");
    capture(id_, 50, true, "k3");
  }

  // Rows seen or changed by reads and changes that name a row of his; nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql, std::vector<Param> params) {
    std::int64_t rows = -1;
    const auto undone =
        process_->db->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
          const auto ignore = [](const Row&) {};
          const bool read = sql.text.starts_with("SELECT");
          const auto go = [&](std::initializer_list<Param> list) {
            return read ? tx.query(sql, list, ignore) : tx.execute(sql, list);
          };
          params.resize(12, nullptr);
          base::Result<std::int64_t> done = -1;
          switch (storage::engine_text(sql, process_->db->dialect())->parameters) {
            case 0:
              done = go({});
              break;
            case 1:
              done = go({params[0]});
              break;
            case 2:
              done = go({params[0], params[1]});
              break;
            case 3:
              done = go({params[0], params[1], params[2]});
              break;
            case 4:
              done = go({params[0], params[1], params[2], params[3]});
              break;
            default:
              return base::fail(base::Code::kInternal, "test", "too many parameters");
          }
          ASHLAR_ASSIGN(rows, std::move(done));
          return base::fail(base::Code::kConflict, "undo", "");
        });
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << " " << undone.error().detail;
    return rows;
  }

  // How SQLite would go about it.
  std::string plan_of(const Sql& sql) {
    auto [at, fresh] = explained_.try_emplace(&sql);
    if (fresh) {
      at->second.text = "EXPLAIN QUERY PLAN " + std::string(sql.text);
      at->second.sql = {sql.audience, at->second.text};
    }
    const Sql& asked = at->second.sql;
    const auto context = sql.audience == storage::Audience::kTenant
                             ? Context::tenant(kAda)
                             : Context::platform(storage::PlatformUse::kPayments);
    const int parameters = storage::engine_text(asked, storage::Dialect::kSqlite)->parameters;
    std::string plan;
    const auto done = process_->db->write(context, [&](Transaction& tx) -> base::Status {
      const auto note = [&](const Row& row) { plan.append(row.text(3)).append("; "); };
      ASHLAR_TRY(query_with_nulls(tx, asked, parameters, note));
      return base::ok_status();
    });
    EXPECT_TRUE(done.ok()) << asked.text << done.error().detail;
    return plan + " of " + std::string(sql.text);
  }

  struct Explained {
    std::string text;
    Sql sql{};
  };
  std::map<const Sql*, Explained> explained_;  // as long as the database that keeps them prepared
  std::string id_, customer_;
};

INSTANTIATE_TEST_SUITE_P(Storage, PaymentsStatementsTest, storage::both_engines(),
                         storage::engine_name);

// Those that name one row, or all there are.
TEST_P(PaymentsStatementsTest, NobodySeesOrChangesAnothersRows) {
  const std::string call = id_ + ":capture:1";
  const std::string from = id_ + ":";
  const std::string until = id_ + ";";
  const std::string entry = "txn_" + id_.substr(4) + "c01";
  const std::string reference = payment(id_).attempts[0].reference;
  struct Try {
    std::string_view mark;  // in the statement's text
    std::vector<Param> params;
  };
  const std::vector<Try> tries{
      {"merchant_reference = ?1 AND", {std::string_view("order")}},
      {"FROM payment_events WHERE tenant_id = :tenant AND subject = ?1",
       {std::string_view(id_), std::int64_t{0}, kMuch}},
      {"FROM payment_objects WHERE tenant_id = :tenant AND id = ?1", {std::string_view(customer_)}},
      {"FROM payment_attempts WHERE tenant_id = :tenant AND key = ?1", {std::string_view(call)}},
      {"AND key < ?2 ORDER BY at, key", {std::string_view(from), std::string_view(until), kMuch}},
      {"FROM payment_references", {std::string_view("north"), std::string_view(reference)}},
      {"FROM payment_entries WHERE tenant_id = :tenant AND id = ?1", {std::string_view(entry)}},
      {"AND settled = 0 AND available_on <= ?1 ORDER BY", {kMuch, kMuch}},
      {"UPDATE payment_entries SET settled = 1", {std::string_view(entry)}},
      {"FROM ledger_accounts", {}},
      {"FROM payment_claims WHERE tenant_id = :tenant",
       {std::string_view("test"), std::string_view("k")}},
  };
  int tried = 0;
  for (const Try& one : tries) {
    for (const Sql* sql : all_statements()) {
      if (sql->audience != storage::Audience::kTenant || !has(*sql, one.mark) ||
          sql->text.starts_with("INSERT")) {
        continue;
      }
      ++tried;
      EXPECT_GT(try_as(kAda, *sql, one.params), 0) << sql->text;
      EXPECT_EQ(try_as(kCarol, *sql, one.params), 0) << sql->text;
      break;
    }
  }
  EXPECT_EQ(tried, static_cast<int>(tries.size()));
}

// And through the reads, whatever they are asked.
TEST_P(PaymentsStatementsTest, ListsAreOnesOwn) {
  const auto seen = process_->db->read(Context::tenant(kCarol), [&](Transaction& tx) {
    return [&]() -> base::Result<std::size_t> {
      Reads reads(tx);
      std::size_t rows = 0;
      ASHLAR_ASSIGN(const auto payments, reads.payments({}));
      ASHLAR_ASSIGN(const auto charges, reads.charges({}));
      ASHLAR_ASSIGN(const auto of_payment, reads.charges({}, {id_, ""}));
      ASHLAR_ASSIGN(const auto customers, reads.customers({}));
      ASHLAR_ASSIGN(const auto entries, reads.entries({}));
      ASHLAR_ASSIGN(const auto events, reads.events({}));
      ASHLAR_ASSIGN(const auto story, reads.events_of(id_));
      ASHLAR_ASSIGN(const auto calls, reads.calls_of(id_));
      ASHLAR_ASSIGN(const auto balance, reads.balance());
      rows = payments.rows.size() + charges.rows.size() + of_payment.rows.size() +
             customers.rows.size() + entries.rows.size() + events.rows.size() + story.size() +
             calls.size() + balance.size();
      return rows;
    }();
  });
  ASSERT_TRUE(seen.ok()) << seen.error().detail;
  EXPECT_EQ(*seen, 0u);
}

TEST_P(PaymentsStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : all_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

// What is run each second, each ten seconds and each night over tables that only grow. SQLite
// alone: PostgreSQL's plans follow what is in the tables.
TEST_P(PaymentsStatementsTest, NoneWalksATableThatGrows) {
  if (GetParam() != storage::Dialect::kSqlite) GTEST_SKIP();
  std::vector<const Sql*> all = all_statements();
  for (const auto list : {open_work_statements(), reconcile::store::nightly_statements()})
    all.insert(all.end(), list.begin(), list.end());
  const auto uses = [&](std::string_view mark, std::string_view index) {
    for (const Sql* sql : all) {
      if (!has(*sql, mark)) continue;
      EXPECT_TRUE(holds(plan_of(*sql), index)) << plan_of(*sql);
    }
  };
  for (const Sql* sql : all) {
    const std::string plan = plan_of(*sql);
    for (const char* table : {"payment_entries", "payment_attempts", "payment_events", "e;"})
      EXPECT_FALSE(holds(plan, std::string("SCAN ") + table)) << plan;
    // The first rows by id tell whether there is one to be reaped.
    const bool scans = holds(plan, "SCAN payment_claims") || holds(plan, "SCAN c;");
    EXPECT_EQ(scans, has(*sql, "FROM payment_claims ORDER BY id LIMIT")) << plan;
  }
  uses("settled = 0", "payment_entries_unsettled");
  uses("AND subject = ?8", "PRIMARY KEY (tenant_id=? AND subject=?");
  uses("AND customer = ?5", "payments_by_customer (tenant_id=? AND customer=?");
  uses("AND parent = ?5", "payment_objects_by_parent (tenant_id=? AND parent=?");
  uses("AND alias = ?5", "payment_objects_by_alias (tenant_id=? AND alias=?");
}

}  // namespace
}  // namespace ashlar::payments
