// No statement of documents reaches another tenant's rows, whatever it is given: each is run as
// Carol, who has nothing, with parameters that name what is Bob's. That the parameters are good
// enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

#include "modules/documents/documents_store.h"
#include "modules/documents/log_store.h"
#include "modules/documents/testing/documents_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::documents {
namespace {

using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr std::int64_t kMuch = std::int64_t{1} << 60;
constexpr std::string_view kName = "minutes";
constexpr std::string_view kFriend = "friend";

std::vector<const Sql*> all_statements() {
  std::vector<const Sql*> all;
  for (const auto list : {store::document_statements(), store::log_statements()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

bool begins(const Sql& sql, std::string_view with) { return sql.text.starts_with(with); }
bool has(const Sql& sql, std::string_view what) {
  return sql.text.find(what) != std::string_view::npos;
}

class DocumentsStatementsTest : public DocumentsFixture {
 protected:
  void SetUp() override {
    DocumentsFixture::SetUp();
    if (IsSkipped()) return;
    db_ = std::move(store_->open()).value();
    const base::Time now = base::from_micros(5);
    const auto made = db_->write(Context::tenant(kBob), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(const auto no, store::insert(tx, kName, "bob", now));
      no_ = no.value();
      ASHLAR_TRY(store::insert_snapshot(tx, no_, {1, now, "all"}));
      ASHLAR_ASSIGN(version_, store::insert_version(tx, no_, {{}, 1, now, "bob", "v"}));
      ASHLAR_TRY(store::put_grant(tx, no_, {std::string(kFriend), Access::kRead, now}));
      return store::revoke_token(tx, kName, 77, now);
    });
    ASSERT_TRUE(made.ok());
    const auto platform = Context::platform(storage::PlatformUse::kDocuments);
    const auto logged = db_->write(platform, [&](Transaction& tx) -> base::Status {
      const UpdateRow row{1, 1, now, "bob", "bytes"};
      ASHLAR_ASSIGN(const bool current, store::advance(tx, no_, 0, row, 5));
      EXPECT_TRUE(current);
      return store::append(tx, kBob, no_, row);
    });
    ASSERT_TRUE(logged.ok());
  }
  void TearDown() override { db_.reset(); }

  // What chooses Bob's one document and what hangs on it.
  base::Result<std::int64_t> run(Transaction& tx, const Sql& sql) {
    const auto ignore = [](const Row&) {};
    const auto go = [&](std::initializer_list<Param> list) {
      return begins(sql, "SELECT") ? tx.query(sql, list, ignore) : tx.execute(sql, list);
    };
    const std::int64_t no = no_.value;
    const std::int64_t revoked = store::revocation_of(kName, 77);
    switch (storage::engine_text(sql, db_->dialect())->parameters) {
      case 0:
        return go({});
      case 1:
        if (has(sql, "d.name = ?1")) return go({kName});
        return go({std::int64_t{1'000}});
      case 2:
        if (has(sql, "subject = ?2")) return go({no, kFriend});
        if (has(sql, "until >= ?2")) return go({revoked, std::int64_t{0}});
        if (has(sql, "token IN (?1")) return go({revoked, std::int64_t{77}});
        if (has(sql, "no = ?2")) return go({no, version_.value});
        if (has(sql, "d.no > ?1")) return go({std::int64_t{0}, std::int64_t{1'000}});
        return go({no, kMuch});
      default:
        if (has(sql, "d.name >= ?1")) {
          return go({std::string_view("m"), std::string_view(""), std::int64_t{1'000}});
        }
        if (has(sql, "subject > ?2")) return go({no, std::string_view(""), std::int64_t{1'000}});
        if (has(sql, "seq > ?2")) return go({no, std::int64_t{0}, kMuch});
        return go({no, kMuch, std::int64_t{1'000}});
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

  std::unique_ptr<storage::Database> db_;
  DocumentNo no_;
  VersionNo version_;
};

INSTANTIATE_TEST_SUITE_P(Storage, DocumentsStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(DocumentsStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : all_statements()) {
    // Writing rows of her own is her right; a count is one row whoever asks.
    if (sql->audience != storage::Audience::kTenant || begins(*sql, "INSERT") ||
        begins(*sql, "SELECT count") || begins(*sql, "SELECT COALESCE(sum")) {
      continue;
    }
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 23);
}

TEST_P(DocumentsStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : all_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

}  // namespace
}  // namespace ashlar::documents
