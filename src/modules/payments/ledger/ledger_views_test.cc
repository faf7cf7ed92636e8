// Views and statements: a tenant sees its own alone, and a statement of any stretch and page is
// what the legs say.
#include "modules/payments/ledger/ledger_views.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "modules/payments/ledger/statements.h"
#include "modules/payments/ledger/testing/ledger_fixture.h"

namespace ashlar::ledger {
namespace {

using storage::Row;
using storage::Sql;
using storage::Transaction;

class LedgerViewsTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(open_accounts({account_of("a"), account_of("b"), account_of("e", "EUR")}).ok());
  }
  Account account(const std::string& id) {
    return *read([&](Transaction& tx) { return store::find_account(tx, id); });
  }
};

TEST_P(LedgerViewsTest, NoStatementReachesAnotherTenantsRows) {
  ASSERT_TRUE(move({moves("t1", "a", "b", 5)}).ok());
  const auto rows = [&](const Sql& sql, base::TenantId tenant) {
    return read(
        [&](Transaction& tx) -> base::Result<std::int64_t> {
          std::int64_t found = 0;
          const auto count = [&](const Row&) { ++found; };
          if (sql.text.find("?3") != std::string_view::npos) {
            ASHLAR_TRY(
                tx.query(sql, {std::string_view("EUR"), std::int64_t{0}, std::int64_t{9}}, count));
          } else if (sql.text.find("json_each(?1)") != std::string_view::npos) {
            ASHLAR_TRY(tx.query(sql, {std::string_view("[1,2,3]")}, count));
          } else if (sql.text.find("?1") != std::string_view::npos) {
            ASHLAR_TRY(tx.query(sql, {std::int64_t{9}}, count));
          } else {
            ASHLAR_TRY(tx.query(sql, {}, count));
          }
          return found;
        },
        tenant);
  };
  for (const Sql* sql : views::statements()) {
    const bool counts = sql->text.starts_with("SELECT (SELECT count(*)");
    const bool strays = sql->text.find("NOT EXISTS") != std::string_view::npos ||
                        sql->text.find("NOT BETWEEN") != std::string_view::npos;
    EXPECT_EQ(rows(*sql, kBob), counts ? 1 : 0) << sql->text;
    if (!strays) {
      EXPECT_GT(rows(*sql, kAlice), 0) << sql->text;
    }
  }
  const views::RowCounts none = read([](Transaction& tx) { return views::row_counts(tx); }, kBob);
  EXPECT_EQ(none.accounts + none.ids + none.legs + none.transfers + none.totals, 0);
}

TEST_P(LedgerViewsTest, TheTrialBalanceSumsBeyond64Bits) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(open_accounts({account_of("big" + std::to_string(i))}).ok());
    for (int k = 0; k < 3; ++k) {
      const std::string id = "t" + std::to_string(i) + "-" + std::to_string(k);
      ASSERT_TRUE(
          move({moves(id, "big" + std::to_string(i), i % 2 ? "a" : "b", kMaxAmount / 16)}).ok());
    }
  }
  const auto all = read([](Transaction& tx) { return views::trial_balance(tx); });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].currency, "USD");
  EXPECT_EQ(all[1].accounts, 12);
  EXPECT_TRUE(all[1].debits_posted == static_cast<views::Sum>(kMaxAmount / 16) * 30);
  EXPECT_TRUE(all[1].balanced());
}

TEST_P(LedgerViewsTest, AStatementOfAnyStretchAndPageIsWhatTheLegsSay) {
  base::Random random(11);
  for (int i = 0; i < 60; ++i) {
    clock_.advance(base::Millis{1'000});
    ASSERT_TRUE(move({moves("t" + std::to_string(i), "a", "b", 1 + i)}).ok());
  }
  const Account b = account("b");
  const auto whole = read([&](Transaction& tx) { return read_statement(tx, b, {}); });
  ASSERT_EQ(whole.rows.size(), 60U);
  EXPECT_EQ(whole.opening, Totals{});
  EXPECT_EQ(whole.closing, b.totals);
  for (int round = 0; round < 40; ++round) {
    const std::size_t first = random.below(60);
    const std::size_t last = first + random.below(60 - first);
    StatementAsk ask{.from = whole.rows[first].at,
                     .to = whole.rows[last].at,
                     .limit = 1 + static_cast<std::int64_t>(random.below(20))};
    std::vector<LegRowJson> rows;
    for (bool more = true; more;) {
      const auto page = read([&](Transaction& tx) { return read_statement(tx, b, ask); });
      EXPECT_EQ(page.opening.has_value(), ask.after == 0 || rows.empty());
      rows.insert(rows.end(), page.rows.begin(), page.rows.end());
      more = page.next_after.has_value();
      EXPECT_EQ(page.closing.has_value(), !more);
      if (more) ask.after = *page.next_after;
      ASSERT_LE(rows.size(), 60U);
    }
    ASSERT_EQ(rows.size(), last - first);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].transfer_id, whole.rows[first + i].transfer_id);
    }
  }
}

TEST_P(LedgerViewsTest, TextsOfAStatementCannotBecomeFormulasOrRows) {
  NewTransfer evil = moves("-1", "a", "b", 3);
  evil.code = "=cmd(\"x\"),\r\n1";
  ASSERT_TRUE(move({evil}).ok());
  const Account b = account("b");
  const auto statement = read([&](Transaction& tx) { return read_statement(tx, b, {}); });
  const std::string csv = to_csv(statement);
  EXPECT_NE(csv.find(",\"'-1\",posted,credit,3,"), std::string::npos) << csv;
  EXPECT_NE(csv.find(",\"'=cmd(\"\"x\"\"),\r\n1\"\r\n"), std::string::npos) << csv;
}

INSTANTIATE_TEST_SUITE_P(Storage, LedgerViewsTest, storage::both_engines(), storage::engine_name);

}  // namespace
}  // namespace ashlar::ledger
