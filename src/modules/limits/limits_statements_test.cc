// No statement of native rules reaches another tenant's rows, whatever it is given: each is run as
// Carol, who has nothing, with parameters that name what is Bob's. That the parameters are good
// enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "modules/limits/limits_store.h"
#include "modules/limits/testing/native_fixture.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::limits {
namespace {

using storage::Context;
using storage::Dialect;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};

// Whole numbers that choose Bob's rows, as many as a reading or erasing statement takes.
base::Result<std::int64_t> run(Transaction& tx, const Sql& sql, int parameters) {
  const auto ignore = [](const Row&) {};
  const bool query = sql.text.starts_with("SELECT");
  const auto go = [&](std::initializer_list<Param> list) {
    return query ? tx.query(sql, list, ignore) : tx.execute(sql, list);
  };
  const bool after = sql.text.find("version > ?1") != std::string_view::npos;
  const bool one = sql.text.find("version = ?1") != std::string_view::npos;
  const std::int64_t first = after ? 0 : one ? 1 : 1'000;
  switch (parameters) {
    case 0:
      return go({});
    case 1:
      return go({first});
    default:
      return go({first, std::int64_t{1'000}});
  }
}

class LimitsStatementsTest : public NativeFixture {
 protected:
  // Rows seen or changed; nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql) {
    std::int64_t rows = -1;
    const int parameters = storage::engine_text(sql, instance_->db->dialect())->parameters;
    const auto undone =
        instance_->db->write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(rows, run(tx, sql, parameters));
          return base::fail(base::Code::kConflict, "undo", "");
        });
    EXPECT_FALSE(undone.ok());
    EXPECT_STREQ(undone.error().reason, "undo") << undone.error().detail;
    return rows;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, LimitsStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(LimitsStatementsTest, NobodySeesOrChangesAnothersRows) {
  for (const char* limit : {"1", "2"}) {
    ASSERT_EQ(
        put_rules(std::string(R"({"name":"a","limit":)") + limit + R"(,"per":"day"})", {}, kBob)
            .status,
        200);
  }
  int tried = 0;
  for (const Sql* sql : store::statements()) {
    // Writing rules of her own is her right.
    if (sql->audience != storage::Audience::kTenant || sql->text.starts_with("INSERT")) continue;
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 6);
  EXPECT_EQ(get("/v1/limits/rules", kBob).number({"version"}), 2);
}

TEST_P(LimitsStatementsTest, KeepTheRulesOfBothEngines) {
  for (const Sql* sql : store::statements()) {
    for (const Dialect dialect : {Dialect::kSqlite, Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

}  // namespace
}  // namespace ashlar::limits
