// No statement of recipients, audiences and providers reaches another tenant's rows, whatever it is
// given: each is run as Carol, who has nothing, with parameters that name what is Bob's. That the
// parameters are good enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/notifications/audience_store.h"
#include "modules/notifications/categories_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/provider_store.h"
#include "modules/notifications/recipients_data.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/segment.h"
#include "modules/notifications/segments_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};

std::vector<const Sql*> all_statements() {
  std::vector<const Sql*> all;
  for (const auto list :
       {store::recipient_statements(), store::device_statements(), store::topic_statements(),
        store::segment_statements(), store::audience_statements(), store::category_statements(),
        store::suppression_statements(), store::provider_statements()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

bool begins(const Sql& sql, std::string_view with) { return sql.text.starts_with(with); }
bool has(const Sql& sql, std::string_view what) {
  return sql.text.find(what) != std::string_view::npos;
}

class RecipientsStatementsTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    put("/v1/recipients/bob", R"({"email":"b@example.com","phone":"+4915112345678"})", kBob);
    device_ = id_of(post("/v1/recipients/bob/devices", R"({"platform":"fcm","token":"t"})", kBob));
    put("/v1/notification-topics/x/members", R"({"user_ids":["bob"]})", kBob);
    put("/v1/notification-segments/x", R"({"where":{"locale":"de"}})", kBob);
    put("/v1/notification-categories/x", R"({"title":"X"})", kBob);
    for (const char* category : {"", "x"}) {
      post("/v1/notification-suppressions",
           R"({"channel":"email","address":"b@example.com","reason":"unsubscribe","category":")" +
               std::string(category) + "\"}",
           kBob);
    }
    provider_ = id_of(post("/v1/notification-providers",
                           R"({"channel":"email","type":"test","name":"x","host":"h"})", kBob));
    const auto topic = db().read(Context::tenant(kBob),
                                 [](Transaction& tx) { return store::find_topic(tx, "x"); });
    topic_ = (*topic)->id.value;
  }

  static std::int64_t id_of(const FaceAnswer& made) {
    EXPECT_EQ(made.status, 201) << made.body;
    return std::stoll(made.text({"id"}));
  }

  // What chooses Bob's one row of each table, by the statement's parameters.
  std::vector<Param> params_of(const Sql& sql, int count) const {
    constexpr std::int64_t kAll = 1'000;
    if (has(sql, "AND NOT EXISTS") || has(sql, "s.reason FROM")) return audience_params(sql, count);
    const std::string_view subject = has(sql, "_topic_members") || has(sql, "notifications_topics")
                                         ? "topic"
                                     : has(sql, "notifications_devices")      ? "device"
                                     : has(sql, "notifications_providers")    ? "provider"
                                     : has(sql, "notifications_suppressions") ? "suppression"
                                     : has(sql, "notifications_recipients")   ? "recipient"
                                                                              : "name";
    if (subject == "suppression") return suppression_params(sql, count);
    if (subject == "provider") return provider_params(sql, count);
    if (subject == "topic") return topic_params(sql, count);
    if (subject == "device") return device_params(sql, count);
    if (count == 1 && has(sql, "LIMIT ?1")) return {kAll};
    if (subject == "recipient") {
      const std::string_view key = has(sql, "email = ?1")   ? "b@example.com"
                                   : has(sql, "phone = ?1") ? "+4915112345678"
                                   : has(sql, "> ?1")       ? ""
                                   : has(sql, "json_each")  ? R"(["bob"])"
                                                            : "bob";
      return count == 2 ? std::vector<Param>{key, kAll} : std::vector<Param>{key};
    }
    if (count == 2) return {std::string_view(""), kAll};
    return {std::string_view("x")};
  }

  std::vector<Param> audience_params(const Sql& sql, int count) const {
    const std::string_view where = kAnybody;
    if (count == 1) return {where};
    if (has(sql, "SELECT r.user_id FROM")) return {std::string_view(""), std::int64_t{9}, where};
    if (count == 3) return {std::string_view(""), std::int64_t{1}, std::string_view(R"(["bob"])")};
    std::vector<Param> params{std::string_view("x"), std::int64_t{1}, std::string_view(""),
                              std::int64_t{1'000}};
    if (count == 5 && has(sql, "topic_id = ?5")) params.emplace_back(topic_);
    if (count == 5 && !has(sql, "topic_id = ?5")) params.emplace_back(where);
    return params;
  }
  std::vector<Param> suppression_params(const Sql& sql, int count) const {
    if (count == 1) return {std::int64_t{1'000}};
    if (count == 4) {
      return {std::int64_t{-1}, std::string_view(""), std::string_view(""), std::int64_t{1'000}};
    }
    if (has(sql, "json_each")) {
      return {std::int64_t{0}, std::string_view(R"(["b@example.com"])"),
              std::string_view(R"([""])")};
    }
    std::vector<Param> params{std::int64_t{0}, std::string_view("b@example.com")};
    if (count == 3) params.emplace_back(std::string_view(has(sql, "= ?3") ? "" : "x"));
    return params;
  }
  std::vector<Param> provider_params(const Sql& sql, int count) const {
    if (count == 0) return {};
    if (has(sql, "LIMIT ?1")) return {std::int64_t{1'000}};
    if (has(sql, "p.name = ?1")) return {std::string_view("x")};
    if (has(sql, "p.channel = ?1")) return {std::int64_t{0}};
    if (count == 1) return {provider_};
    return {provider_,       std::string_view("y"), storage::Blob{""}, std::string_view(""),
            std::int64_t{1}, std::int64_t{1},       std::int64_t{1},   nullptr,
            std::int64_t{1}, std::int64_t{2},       std::int64_t{1}};
  }
  std::vector<Param> topic_params(const Sql& sql, int count) const {
    constexpr std::int64_t kAll = 1'000;
    if (count == 0) return {};
    if (has(sql, "LIMIT ?1")) return {kAll};
    if (has(sql, "name = ?1")) return {std::string_view("x")};
    if (has(sql, "name > ?1")) return {std::string_view(""), kAll};
    if (has(sql, "m.user_id = ?1")) return {std::string_view("bob"), kAll};
    if (has(sql, "user_id = ?1")) return {std::string_view("bob")};
    if (has(sql, "SET deleted_at")) return {topic_, std::int64_t{1}};
    if (has(sql, "json_each(?2)")) return {topic_, std::string_view(R"(["bob"])")};
    if (count == 3) return {topic_, std::string_view(""), kAll};
    return {topic_};
  }
  std::vector<Param> device_params(const Sql& sql, int count) const {
    constexpr std::int64_t kAll = 1'000;
    if (has(sql, "LIMIT ?1")) return {kAll};
    if (has(sql, "NOT IN")) return {std::string_view("bob"), std::int64_t{0}};
    if (has(sql, "d.id > ?1")) return {std::int64_t{0}, kAll};
    if (has(sql, "d.id = ?1")) return {device_};
    if (has(sql, "json_each")) return {std::string_view(R"(["bob"])")};
    std::vector<Param> params{std::string_view("bob")};
    if (count == 2) params.emplace_back(device_);
    return params;
  }

  base::Result<std::int64_t> run(Transaction& tx, const Sql& sql) {
    const int count = storage::engine_text(sql, db().dialect())->parameters;
    const std::vector<Param> p = params_of(sql, count);
    EXPECT_EQ(static_cast<int>(p.size()), count) << sql.text;
    const auto go = [&](std::initializer_list<Param> list) {
      return begins(sql, "SELECT") ? tx.query(sql, list, [](const Row&) {}) : tx.execute(sql, list);
    };
    switch (p.size()) {
      case 0:
        return go({});
      case 1:
        return go({p[0]});
      case 2:
        return go({p[0], p[1]});
      case 3:
        return go({p[0], p[1], p[2]});
      case 4:
        return go({p[0], p[1], p[2], p[3]});
      case 5:
        return go({p[0], p[1], p[2], p[3], p[4]});
      default:
        return go({p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10]});
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

  static constexpr std::string_view kAnybody = "[]";
  std::int64_t device_ = 0, topic_ = 0, provider_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Storage, RecipientsStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(RecipientsStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : all_statements()) {
    // Writing rows of her own is her right; a count is one row whoever asks, and so is a row for
    // each user that is asked about (below).
    if (sql->audience != storage::Audience::kTenant || begins(*sql, "INSERT") ||
        begins(*sql, "SELECT count") || begins(*sql, "SELECT u.user_id")) {
      continue;
    }
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 53);
}

TEST_P(RecipientsStatementsTest, CountsAreTheTenantsOwn) {
  EXPECT_EQ(get("/v1/notification-topics/x", kBob).text({"members"}), "1");
  const auto counted = db().read(Context::tenant(kCarol), [](Transaction& tx) -> base::Status {
    for (const auto& count : {store::count_recipients(tx), store::count_segment_members(tx, "[]"),
                              store::count_topics(tx), store::count_segments(tx),
                              store::count_categories(tx), store::count_providers(tx)}) {
      EXPECT_EQ(*count, 0);
    }
    return base::ok_status();
  });
  EXPECT_TRUE(counted.ok());
}

TEST_P(RecipientsStatementsTest, WhoAsksAboutAnothersUserGetsTheBareId) {
  for (const base::TenantId tenant : {kBob, kCarol}) {
    const auto rows = db().read(Context::tenant(tenant), [](Transaction& tx) {
      return store::rows_of_users(tx, std::vector<std::string>{"bob"},
                                  {.category = "x", .with_devices = true});
    });
    ASSERT_EQ(rows->size(), 1U);
    const AudienceRow& row = rows->front();
    EXPECT_EQ(row.recipient.version, tenant == kBob ? 1 : 0);
    EXPECT_EQ(row.recipient.email, tenant == kBob ? "b@example.com" : "");
    EXPECT_EQ(row.email_suppression, tenant == kBob ? "unsubscribe" : "");
    EXPECT_EQ(row.devices.size(), tenant == kBob ? 1U : 0U);
  }
}

TEST_P(RecipientsStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::pair<std::string_view, std::string_view>> texts;  // of both engines
  for (const Sql* sql : all_statements()) {
    EXPECT_TRUE(texts.emplace(sql->text, sql->pg).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

TEST_P(RecipientsStatementsTest, ATenantsShareIsExportedAndErasedWhole) {
  put("/v1/recipients/ann", "{}");
  std::set<std::string> tables;
  const auto lines_of = [&](base::TenantId tenant) {
    int lines = 0;
    const auto exported = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      lines = 0;
      return export_recipients_data(tx, [&](std::string_view line) {
        ++lines;
        const auto row = json::parse(line);
        EXPECT_TRUE(row.ok()) << line;
        if (tenant == kBob) tables.insert(*row->find("table")->if_string());
        EXPECT_EQ(line.find("\"h\""), std::string_view::npos);  // a provider's settings
        return base::ok_status();
      });
    });
    EXPECT_TRUE(exported.ok());
    return lines;
  };
  EXPECT_EQ(lines_of(kBob), 9);
  EXPECT_EQ(tables, (std::set<std::string>{"recipients", "devices", "topics", "topic_members",
                                           "segments", "suppressions", "categories", "providers"}));
  int steps = 0;
  while (steps < 50) {
    const auto erased = db().write(Context::tenant(kBob),
                                   [](Transaction& tx) { return erase_recipients_data(tx, 1); });
    ASSERT_TRUE(erased.ok());
    if (*erased == 0) break;
    ++steps;
  }
  EXPECT_EQ(steps, 9);
  EXPECT_EQ(lines_of(kBob), 0);
  EXPECT_EQ(lines_of(kAlice), 1);
}

}  // namespace
}  // namespace ashlar::notifications
