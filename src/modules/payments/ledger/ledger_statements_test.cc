// No statement of the ledger reaches another tenant's rows, whatever it is given: each is run as
// Carol, who has nothing, with parameters that name what is Bob's. That the parameters are good
// enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "modules/payments/ledger/codec/chain.h"
#include "modules/payments/ledger/testing/ledger_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::ledger {
namespace {

using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr std::int64_t kMuch = std::int64_t{1} << 60;

bool begins(const Sql& sql, std::string_view with) { return sql.text.starts_with(with); }
bool has(const Sql& sql, std::string_view what) {
  return sql.text.find(what) != std::string_view::npos;
}

class LedgerStatementsTest : public LedgerFixture {
 protected:
  void SetUp() override {
    LedgerFixture::SetUp();
    if (IsSkipped()) return;
    const AccountRules solvent{.debits_must_not_exceed_credits = true};
    ASSERT_EQ(reason_of(open_accounts({account_of("a"), account_of("b", "USD", solvent)}, kBob)),
              "");
    ASSERT_EQ(reason_of(move({moves("t1", "a", "b", 5), holds("t2", "b", "a", 1),
                              expiring(holds("t3", "b", "a", 1), base::Millis(1))},
                             kBob)),
              "");
    ASSERT_EQ(apply({moves("t4", "b", "a", 100)}, kBob).front(), "exceeds_credits");
    head_ = *read([](Transaction& tx) { return store::find_head(tx); }, kBob);
  }

  base::Result<std::int64_t> run(Transaction& tx, const Sql& sql) {
    const auto ignore = [](const Row&) {};
    const auto go = [&](std::initializer_list<Param> list) {
      return begins(sql, "SELECT") || begins(sql, "WITH") ? tx.query(sql, list, ignore)
                                                          : tx.execute(sql, list);
    };
    const std::string_view list = has(sql, "id IN") ? R"(["a","b","t1","t2"])" : "[1,2]";
    switch (storage::engine_text(sql, db_->dialect())->parameters) {
      case 0:
        return go({});
      case 1:
        if (has(sql, "json_each")) return go({list});
        if (has(sql, "LIMIT ?1")) return go({std::int64_t{1000}});
        return go({std::string_view(has(sql, "ledger_ids") ? "t1" : "a")});
      case 2:
        if (has(sql, "walk")) return go({std::int64_t{1}, kMuch});
        return go({has(sql, "expires_at <=") ? kMuch : std::int64_t{0}, std::int64_t{1000}});
      case 3:
        return go({std::int64_t{1}, kMuch, std::int64_t{1000}});
      default:
        CHECK(begins(sql, "UPDATE ledger_books"));
        return go({std::int64_t{9}, std::int64_t{0}, std::int64_t{0}, std::int64_t{0},
                   std::int64_t{0}, std::int64_t{0}, std::int64_t{0}, storage::Blob{""},
                   storage::Blob{""}, head_.seq, storage::Blob{head_.hash}});
    }
  }

  // Rows seen or changed; nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql) {
    std::int64_t rows = -1;
    const auto undone = db_->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(rows, run(tx, sql));
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_FALSE(undone.ok());
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << " " << undone.error().detail;
    return rows;
  }

  store::HeadRow head_;
};

INSTANTIATE_TEST_SUITE_P(Storage, LedgerStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(LedgerStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : store::statements()) {
    // Writing rows of her own is her right; a minimum is one row whoever asks.
    if (sql->audience != storage::Audience::kTenant || begins(*sql, "INSERT") ||
        begins(*sql, "SELECT min")) {
      continue;
    }
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 29);
  const auto next = [&](base::TenantId tenant) {
    return read([](Transaction& tx) { return store::next_expiry(tx); }, tenant);
  };
  EXPECT_TRUE(next(kBob).has_value());
  EXPECT_FALSE(next(kCarol).has_value());
}

TEST_P(LedgerStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : store::statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

TEST_P(LedgerStatementsTest, AllOfATenantCanBeErased) {
  for (int i = 0; i < 100; ++i) {
    const auto erased =
        db_->write(Context::tenant(kBob), [](Transaction& tx) { return store::erase_some(tx, 2); });
    ASSERT_TRUE(erased.ok());
    if (*erased == 0) break;
  }
  EXPECT_FALSE(read([](Transaction& tx) { return store::find_head(tx); }, kBob).has_value());
  for (const Sql* sql : store::statements()) {
    if (begins(*sql, "SELECT") && sql->audience == storage::Audience::kTenant &&
        !begins(*sql, "SELECT min")) {
      EXPECT_EQ(try_as(kBob, *sql), 0) << sql->text;
    }
  }
}

}  // namespace
}  // namespace ashlar::ledger
