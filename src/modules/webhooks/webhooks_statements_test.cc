// No statement of webhooks reaches another tenant's rows, whatever it is given: each is run as
// Carol, who has nothing, with parameters that name what is Bob's. That the parameters are good
// enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

#include "modules/webhooks/deliveries_store.h"
#include "modules/webhooks/endpoints_store.h"
#include "modules/webhooks/testing/webhooks_fixture.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::webhooks {
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
  for (const auto list : {store::endpoint_statements(), store::delivery_statements()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

bool begins(const Sql& sql, std::string_view with) { return sql.text.starts_with(with); }
bool has(const Sql& sql, std::string_view what) {
  return sql.text.find(what) != std::string_view::npos;
}

class WebhooksStatementsTest : public WebhooksFixture {
 protected:
  void SetUp() override {
    WebhooksFixture::SetUp();
    if (IsSkipped()) return;
    endpoint_ = std::stoll(make_webhook("*", "", "/", kBob));
    receiver_.answer_with({outbound::FaultServer::Reply{.status = 410}});
    publish("a.b", "{}", kBob);
    work();
    const Answer list = get("/v1/webhooks/" + std::to_string(endpoint_) + "/deliveries", kBob);
    delivery_ = std::stoll(list.text({"data", "0", "id"}));
    event_ = list.text({"data", "0", "event_id"});
    ids_ = "[" + std::to_string(delivery_) + "]";
    events_ = "[\"" + event_ + "\"]";
  }

  // What chooses Bob's one endpoint and failed delivery.
  base::Result<std::int64_t> run(Transaction& tx, const Sql& sql) {
    const auto ignore = [](const Row&) {};
    const auto go = [&](std::initializer_list<Param> list) {
      return begins(sql, "SELECT") ? tx.query(sql, list, ignore) : tx.execute(sql, list);
    };
    const bool of_deliveries = has(sql, "FROM webhooks_deliveries AS d");
    switch (storage::engine_text(sql, db().dialect())->parameters) {
      case 0:
        return go({});
      case 1:
        if (has(sql, "series + 1")) return go({std::string_view(ids_)});
        if (has(sql, "SET next_at = NULL")) return go({delivery_});
        if (has(sql, "delivery_id = ?1")) return go({delivery_});
        return has(sql, "LIMIT ?1") ? go({std::int64_t{1'000}}) : go({endpoint_});
      case 2:
        if (has(sql, "d.id = ?2")) return go({endpoint_, delivery_});
        return go({has(sql, "id < ?1") ? kMuch : std::int64_t{0}, std::int64_t{1'000}});
      case 3:
        return go({endpoint_, std::string_view(events_), std::int64_t{0}});
      case 6:
        if (has(sql, ">= ?2")) {
          return go({endpoint_, std::int64_t{0}, kMuch, std::int64_t{0}, std::int64_t{0},
                     std::int64_t{1'000}});
        }
        return go({endpoint_, kMuch, kMuch, has(sql, "state <> 1") ? std::int64_t{2} : -1,
                   std::string_view(""), std::int64_t{1'000}});
      case 7:
        CHECK(of_deliveries);
        return go({endpoint_, kMuch, kMuch, std::int64_t{-1}, std::string_view(""),
                   std::string_view(event_), std::int64_t{1'000}});
      default:
        return go({endpoint_, std::string_view("u"), nullptr, std::string_view("[]"),
                   std::int64_t{0}, std::int64_t{0}, nullptr, std::int64_t{1}, storage::Blob{""},
                   std::int64_t{0}, nullptr, nullptr, std::int64_t{1}, std::int64_t{1}});
    }
  }

  // Rows seen or changed; nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql) {
    std::int64_t rows = -1;
    const auto undone = db().write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(rows, run(tx, sql));
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_FALSE(undone.ok());
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << " " << undone.error().detail;
    return rows;
  }

  std::int64_t endpoint_ = 0;
  std::int64_t delivery_ = 0;
  std::string event_, ids_, events_;
};

INSTANTIATE_TEST_SUITE_P(Storage, WebhooksStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(WebhooksStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : all_statements()) {
    // Writing rows of her own is her right; a count is one row whoever asks.
    if (sql->audience != storage::Audience::kTenant || begins(*sql, "INSERT") ||
        begins(*sql, "SELECT count")) {
      continue;
    }
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 20);
}

TEST_P(WebhooksStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : all_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

}  // namespace
}  // namespace ashlar::webhooks
