// No statement of notifications before their sending, nor of inboxes, reaches another tenant's
// rows: each is run as Carol, who has nothing, with parameters that name what is Bob's. That the
// parameters are good enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/notifications/accept_store.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/moments_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/testing/sending_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr std::int64_t kMuch = std::int64_t{1} << 60;
constexpr std::string_view kUser = "dave";

// A statement lives for ever.
const Sql& kept(storage::Audience audience, std::string text) {
  static std::deque<std::string> texts;
  static std::deque<Sql> statements;
  texts.push_back(std::move(text));
  return statements.emplace_back(Sql{audience, texts.back()});
}

class NotificationStatementsTest : public SendingFixture {
 protected:
  // A notification with a dedupe_key in an open digest, a deferred and a counted delivery, an entry
  // in the inbox and one in its archive: all Bob's.
  void SetUp() override {
    SendingFixture::SetUp();
    if (IsSkipped()) return;
    run(
        [&](Transaction& tx) -> base::Status {
          Notification n;
          n.user_id = kUser;
          n.category = "news";
          n.dedupe_key = "once";
          n.created_at = clock_.now();
          ASHLAR_ASSIGN(const store::Accepted made, store::insert_notification(tx, n));
          notification_ = made.id;
          Delivery d;
          d.notification = made.id;
          d.user_id = kUser;
          d.created_at = clock_.now();
          ASHLAR_ASSIGN(counted_, store::insert_delivery(tx, d, "news", true));
          d.state = State::kDeferred;
          ASHLAR_ASSIGN(deferred_, store::insert_delivery(tx, d, "news", false));
          ASHLAR_ASSIGN(const store::OpenDigest digest,
                        store::open_digest(tx, kUser, "key", clock_.now()));
          digest_ = digest.id;
          return store::add_to_digest(tx, digest_, notification_);
        },
        kBob);
    put_entries();
  }

  void put_entries() {
    const auto put = db().write(Context::platform(storage::PlatformUse::kNotifications),
                                [&](Transaction& tx) -> base::Status {
                                  std::vector<store::OwnedEntry> entries(2);
                                  for (store::OwnedEntry& one : entries) {
                                    one.tenant = kBob;
                                    one.entry.user_id = kUser;
                                    one.entry.created_at = clock_.now();
                                  }
                                  entries[0].entry.delivery = deferred_;
                                  entries[1].entry.delivery = counted_;
                                  ASHLAR_ASSIGN(const auto made, store::put_inbox(tx, entries));
                                  for (const store::PutEntry& one : made) {
                                    (one.delivery == counted_ ? entry_ : archived_) = one.id;
                                  }
                                  // Once for each delivery.
                                  ASHLAR_ASSIGN(const auto again, store::put_inbox(tx, entries));
                                  EXPECT_EQ(made.size(), 2U);
                                  EXPECT_TRUE(again.empty());
                                  return base::ok_status();
                                });
    ASSERT_TRUE(put.ok());
    run(
        [&](Transaction& tx) -> base::Status {
          ASHLAR_TRY(
              store::change_inbox(tx, kUser, archived_, InboxChange::kArchive, clock_.now()));
          return base::ok_status();
        },
        kBob);
  }

  static base::Result<std::int64_t> go(Transaction& tx, const Sql& sql,
                                       std::initializer_list<storage::Param> params) {
    const bool answers =
        sql.text.starts_with("SELECT") || sql.text.find("RETURNING") != std::string_view::npos;
    if (answers) return tx.query(sql, params, [](const Row&) {});
    return tx.execute(sql, params);
  }

  // By what a statement is about.
  base::Result<std::int64_t> run_one(Transaction& tx, const Sql& sql) {
    const std::size_t count = storage::engine_text(sql, db().dialect())->parameters;
    const auto has = [&](std::string_view part) {
      return sql.text.find(part) != std::string_view::npos;
    };
    if (has("LIMIT ?1")) return go(tx, sql, {kMuch});
    if (has("notifications_inbox")) return run_inbox(tx, sql, count);
    if (has("dedupe_key = ?1")) return go(tx, sql, {std::string_view("once")});
    if (has("digest_key = ?2")) return go(tx, sql, {kUser, std::string_view("key")});
    if (has("digest_id = ?1")) return go(tx, sql, {digest_, kMuch});
    if (has("notifications_digests SET")) return go(tx, sql, {digest_});
    if (has("min(counted_at)")) {
      return go(tx, sql,
                {kUser, std::string_view("news"), std::int64_t{0}, std::int64_t{0}, kMuch});
    }
    if (has("AND state = 1")) {
      return go(
          tx, sql,
          {deferred_.value, std::int64_t{0}, std::string_view(""), std::string_view(""),
           std::string_view("x"), nullptr, std::int64_t{1}, std::int64_t{0}, std::string_view("")});
    }
    if (has("WHERE d.tenant_id = :tenant AND d.id")) {
      return go(tx, sql, {counted_.value});
    }
    if (count == 7) {
      return go(tx, sql,
                {has("?1 = ''") ? std::string_view("") : kUser, std::string_view(""),
                 std::string_view(""), std::int64_t{0}, std::int64_t{8}, kMuch, kMuch});
    }
    if (count == 4) {
      return go(tx, sql,
                {notification_.value, std::int64_t{2}, std::string_view(""), std::int64_t{1}});
    }
    if (count == 3) {
      return go(tx, sql, {notification_.value, notification_.value, std::int64_t{1}});
    }
    if (count == 2) return go(tx, sql, {notification_.value, std::int64_t{1}});
    return go(tx, sql, {notification_.value});
  }

  base::Result<std::int64_t> run_inbox(Transaction& tx, const Sql& sql, std::size_t count) {
    const auto has = [&](std::string_view part) {
      return sql.text.find(part) != std::string_view::npos;
    };
    if (has("SELECT count")) {
      std::int64_t seen = 0;
      ASHLAR_TRY(tx.query(sql, {kUser}, [&](const Row& row) {
        seen = row.integer(0) + row.integer(1) + row.integer(2);
      }));
      return seen;
    }
    if (has("LIMIT ?4")) return go(tx, sql, {kUser, kMuch, std::int64_t{1}, kMuch});
    if (has("LIMIT ?3")) return go(tx, sql, {kUser, kMuch, kMuch});
    if (has("LIMIT ?2")) return go(tx, sql, {std::int64_t{0}, kMuch});
    if (count == 3) return go(tx, sql, {kUser, entry_.value, std::int64_t{1}});
    if (count == 2) return go(tx, sql, {kUser, entry_.value});
    return go(tx, sql, {kUser});
  }

  // Rows seen or changed; nothing stays changed.
  std::int64_t try_as(base::TenantId tenant, const Sql& sql) {
    std::int64_t rows = -1;
    const auto undone = db().write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(rows, run_one(tx, sql));
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << " " << undone.error().detail;
    return rows;
  }

  std::vector<const Sql*> all() {
    std::vector<const Sql*> statements;
    for (const Sql* sql : store::notification_statements()) statements.push_back(sql);
    for (const Sql* sql : store::inbox_statements()) statements.push_back(sql);
    // PostgreSQL's alone: what they insert is compared in notifications_accept_test.cc.
    for (const Sql* sql : store::accept_statements()) statements.push_back(sql);
    for (const Sql* sql : store::moment_statements()) statements.push_back(sql);
    return statements;
  }

  NotificationId notification_;
  DeliveryId counted_, deferred_;
  std::int64_t digest_ = 0;
  InboxEntryId entry_, archived_;
};

INSTANTIATE_TEST_SUITE_P(Storage, NotificationStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(NotificationStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : all()) {
    // What inserts, inserts the tenant's own; the erasure of attempts and reports has none here.
    if (sql->audience != storage::Audience::kTenant || sql->text.starts_with("INSERT")) continue;
    const bool none = sql->text.find("_attempts") != std::string_view::npos ||
                      sql->text.find("_reports") != std::string_view::npos ||
                      sql->text.find("_caught") != std::string_view::npos;
    ++tried;
    if (!none) {
      EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    }
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 36);
}

TEST_P(NotificationStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : all()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

// A page of a tenant's notifications is read from its end, whatever lies before it.
TEST_P(NotificationStatementsTest, ListsAreNotSorted) {
  if (GetParam() != storage::Dialect::kSqlite) GTEST_SKIP() << "SQLite tells its plans";
  int plans = 0;
  for (const Sql* sql : store::notification_statements()) {
    if (sql->text.find("ORDER BY n.id DESC LIMIT ?7") == std::string_view::npos) continue;
    const Sql& explained =
        kept(storage::Audience::kTenant, "EXPLAIN QUERY PLAN " + std::string(sql->text));
    const auto look = [&](const Row& row) {
      ++plans;
      EXPECT_EQ(row.text(3).find("TEMP B-TREE"), std::string_view::npos)
          << row.text(3) << sql->text;
    };
    run(
        [&](Transaction& tx) {
          return tx.query(explained,
                          {std::string_view(""), std::string_view(""), std::string_view(""),
                           std::int64_t{0}, std::int64_t{8}, kMuch, kMuch},
                          look);
        },
        kBob);
  }
  EXPECT_GE(plans, 2);
}

// Closed digests, what was caught, and wishes that hang on no delivery, `limit` of each at a time;
// an open digest stays whatever its age.
TEST_P(NotificationStatementsTest, WhatIsOldGoesWhoeverItHangsOn) {
  const base::Time start = clock_.now();
  const auto count = [&](std::string_view table) {
    std::int64_t rows = 0;
    const Sql& counted =
        kept(storage::Audience::kPlatform, "SELECT count(*) FROM " + std::string(table));
    const auto read =
        db().read(Context::platform(storage::PlatformUse::kNotifications), [&](Transaction& tx) {
          return tx.query(counted, {}, [&](const Row& row) { rows = row.integer(0); });
        });
    EXPECT_TRUE(read.ok());
    return rows;
  };
  run(
      [&](Transaction& tx) -> base::Status {
        for (const char* key : {"a", "b", "c"}) {
          ASHLAR_ASSIGN(const auto made, store::open_digest(tx, kUser, key, start));
          ASHLAR_TRY(store::close_digest(tx, made.id));
        }
        return base::ok_status();
      },
      kBob);
  const auto put = db().write(
      Context::platform(storage::PlatformUse::kNotifications),
      [&](Transaction& tx) -> base::Status {
        store::Caught caught;
        caught.delivery = counted_;
        caught.at = start;
        ASHLAR_TRY(store::record_caught(tx, kBob, caught));
        const ReportRecord wish{DeliveryId(-1), "stop", "", start, start};
        ASHLAR_TRY(store::insert_report(tx, kBob, wish, "one"));
        ASHLAR_TRY(store::insert_report(tx, kBob, wish, "two"));
        ASHLAR_TRY(store::insert_report(
            tx, kBob, {DeliveryId(-1), "stop", "", start, start + base::Seconds{9}}, "young"));
        // What a delivery was told goes with its notification, which has not ended.
        ASHLAR_TRY(store::insert_report(tx, kBob, {counted_, "sent", "", start, start}, "own"));
        return base::ok_status();
      });
  ASSERT_TRUE(put.ok());
  const auto sweep = [&](base::Time before, std::int64_t limit) {
    const auto swept =
        db().write(Context::platform(storage::PlatformUse::kMaintenance).read_committed(),
                   [&](Transaction& tx) { return store::sweep(tx, before, limit); });
    EXPECT_TRUE(swept.ok()) << swept.error().detail;
    return swept.ok() ? *swept : -1;
  };
  EXPECT_EQ(sweep(start, 10), 0);
  EXPECT_EQ(count("notifications_digests"), 4);
  EXPECT_EQ(sweep(start + base::Seconds{1}, 2), 2);
  EXPECT_EQ(count("notifications_digests"), 2);
  EXPECT_EQ(count("notifications_caught"), 0);
  EXPECT_EQ(count("notifications_reports"), 2);
  EXPECT_EQ(sweep(start + base::Seconds{1}, 2), 1);
  EXPECT_EQ(count("notifications_digests"), 1);
  EXPECT_EQ(sweep(start + base::Seconds{1}, 2), 0);
  EXPECT_EQ(count("notifications"), 1);
  EXPECT_EQ(sweep(start + base::Seconds{10}, 2), 1);
  EXPECT_EQ(count("notifications_reports"), 1);
}

}  // namespace
}  // namespace ashlar::notifications
