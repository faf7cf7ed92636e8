// No statement of deliveries reaches another tenant's rows, whatever it is given: each is run as
// Carol, who has nothing, with parameters that name what is Bob's. That the parameters are good
// enough is proved by running the same as Bob.
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "modules/notifications/delivery_store.h"
#include "modules/notifications/testing/sending_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Param;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr std::int64_t kMuch = std::int64_t{1} << 60;

class DeliveryStatementsTest : public SendingFixture {
 protected:
  // A dead delivery with an attempt, a report and something caught, all Bob's.
  void SetUp() override {
    SendingFixture::SetUp();
    if (IsSkipped()) return;
    add_provider(1);
    script(1).answer_with({verdict(Verdict::kRefused)});
    planned_ = plan("dave", Channel::kSms, {}, kBob);
    work();
    const auto written = db().write(
        Context::platform(storage::PlatformUse::kNotifications),
        [&](Transaction& tx) -> base::Status {
          ASHLAR_TRY(store::insert_report(
              tx, kBob, {planned_.delivery, "delivered", "", clock_.now(), clock_.now()}, "once"));
          store::Caught caught;
          caught.delivery = planned_.delivery;
          return store::record_caught(tx, kBob, caught);
        });
    ASSERT_TRUE(written.ok());
  }

  base::Result<std::int64_t> run_one(Transaction& tx, const Sql& sql) {
    const auto ignore = [](const Row&) {};
    switch (storage::engine_text(sql, db().dialect())->parameters) {
      case 1: {
        const bool of_delivery = sql.text.find("d.dead = 1") != std::string_view::npos;
        return tx.query(sql, {of_delivery ? planned_.delivery.value : planned_.notification.value},
                        ignore);
      }
      case 2:
        return tx.execute(sql, {planned_.delivery.value, std::int64_t{1}});
      case 3:
        return tx.query(sql, {std::int64_t{-1}, kMuch, std::int64_t{10}}, ignore);
      default:
        return tx.query(sql,
                        {std::int64_t{-1}, std::string_view(""), std::string_view(""),
                         std::int64_t{0}, std::int64_t{0}, kMuch, kMuch, std::int64_t{10}},
                        ignore);
    }
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

  Planned planned_;
};

INSTANTIATE_TEST_SUITE_P(Storage, DeliveryStatementsTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(DeliveryStatementsTest, NobodySeesOrChangesAnothersRows) {
  int tried = 0;
  for (const Sql* sql : store::delivery_statements()) {
    if (sql->audience != storage::Audience::kTenant) continue;
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 6);
}

TEST_P(DeliveryStatementsTest, KeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : store::delivery_statements()) {
    EXPECT_TRUE(texts.insert(sql->text).second) << "listed twice: " << sql->text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

// What runs for each attempt, and each minute, finds its rows by an index: a table of millions is
// never read as a whole.
TEST_P(DeliveryStatementsTest, WhatRunsOnThePlatformReadsNoWholeTable) {
  if (GetParam() != storage::Dialect::kSqlite) GTEST_SKIP() << "SQLite tells its plans";
  std::vector<const Sql*> asked;
  for (const auto statements : {store::delivery_statements(), store::notification_statements()}) {
    for (const Sql* sql : statements) {
      if (sql->audience == storage::Audience::kPlatform) asked.push_back(sql);
    }
  }
  std::deque<std::string> texts;
  std::deque<Sql> explained;
  int plans = 0;
  for (const Sql* sql : asked) {
    const int parameters = storage::engine_text(*sql, storage::Dialect::kSqlite)->parameters;
    if (parameters > 2) continue;
    texts.push_back("EXPLAIN QUERY PLAN " + std::string(sql->text));
    explained.push_back({storage::Audience::kPlatform, texts.back()});
    const auto look = [&](const Row& row) {
      ++plans;
      const std::string_view step = row.text(3);
      const bool whole = step.starts_with("SCAN") && step != "SCAN n" &&
                         step.find("VIRTUAL TABLE") == std::string_view::npos;
      EXPECT_FALSE(whole) << step << " in " << sql->text;
    };
    const auto asked_for =
        db().write(Context::platform(storage::PlatformUse::kNotifications), [&](Transaction& tx) {
          return parameters == 1
                     ? tx.query(explained.back(), {std::int64_t{1}}, look)
                     : tx.query(explained.back(), {std::int64_t{1}, std::int64_t{1}}, look);
        });
    EXPECT_TRUE(asked_for.ok()) << asked_for.error().detail << " " << sql->text;
  }
  EXPECT_GT(plans, 10);
}

// What the database says of a notification is what overall() says, and its ranks are rank_of()'s.
TEST_P(DeliveryStatementsTest, RanksAndLuckAreThoseOfTheRules) {
  const auto deferred = static_cast<int>(State::kDeferred);  // the planner's: never written here
  for (int from = 0; from <= 8; ++from) {
    if (from == deferred) continue;
    for (int to = 0; to <= 8; ++to) {
      const auto before = static_cast<State>(from);
      const auto after = static_cast<State>(to);
      const Planned planned = plan("erin", Channel::kSms, {}, kBob);
      const auto become = [&](State state) {
        store::Made made{.delivery = planned.delivery, .tenant = kBob, .state = state};
        made.at = clock_.now();
        const auto done = db().write(
            Context::platform(storage::PlatformUse::kNotifications).read_committed(),
            [&](Transaction& tx) -> base::Status {
              ASHLAR_TRY(store::record_made(tx, {&made, 1}));
              return store::settle_notifications(tx, {&planned.delivery, 1}, clock_.now());
            });
        EXPECT_TRUE(done.ok());
      };
      become(before);
      if (to != deferred) become(after);
      const State first = advanced(State::kQueued, before);
      const State wanted = to == deferred ? first : advanced(first, after);
      EXPECT_EQ(delivery_of(planned, kBob).state, wanted) << from << " " << to;
      EXPECT_EQ(state_of(planned, kBob), overall({&wanted, 1}));
      // Two deliveries of one notification.
      Delivery other = delivery_of(planned, kBob);
      other.state = after;
      const std::vector<State> both{wanted, after};
      run([&](Transaction& tx) { return store::insert_delivery(tx, other, "news", false); }, kBob);
      become(wanted);
      EXPECT_EQ(name_of(state_of(planned, kBob)), name_of(overall(both))) << from << " " << to;
    }
  }
}

}  // namespace
}  // namespace ashlar::notifications
