#include "platform/events/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/events/event_id.h"
#include "platform/events/events_store.h"
#include "platform/events/testing/events_fixture.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::events {
namespace {

using storage::Context;
using storage::Sql;
using storage::Transaction;
using Strings = std::vector<std::string>;

constexpr Sql kAddKey{storage::Audience::kTenant,
                      "INSERT INTO idempotency_keys (tenant_id, mode, key, route, request_hash,"
                      " status, headers, body, created_at)"
                      " VALUES (:tenant, 'live', ?1, 'r', ?2, 200, '', ?2, 0)"};
constexpr Sql kCountKeys{storage::Audience::kTenant,
                         "SELECT count(*) FROM idempotency_keys WHERE tenant_id = :tenant"};

class OutboxTest : public EventsFixture {
 protected:
  Strings listed(base::TenantId tenant, store::TenantQuery query = {}) {
    Strings data;
    query.before = std::int64_t{1} << 62;
    const auto read = db_->read(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      data.clear();
      ASHLAR_ASSIGN(const std::vector<Event> events, store::list_of_tenant(tx, query));
      for (const Event& event : events) data.push_back(event.data);
      return base::ok_status();
    });
    EXPECT_TRUE(read.ok());
    return data;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, OutboxTest, storage::both_engines(), storage::engine_name);

TEST_P(OutboxTest, AnEventCommitsWithItsCauseOrNotAtAll) {
  const auto with_cause = [&](const std::string& key, bool fails) {
    return db_->write(Context::tenant(kAlice), [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(outbox_.append(tx, event(key, "before " + key)));
      ASHLAR_TRY(tx.execute(kAddKey, {key, storage::Blob{"x"}}));
      ASHLAR_TRY(outbox_.append(tx, event(key, "after " + key)));
      if (fails) return base::fail(base::Code::kConflict, "undo", "by plan");
      return base::ok_status();
    });
  };
  EXPECT_TRUE(with_cause("a", false).ok());
  EXPECT_FALSE(with_cause("b", true).ok());
  EXPECT_FALSE(with_cause("a", false).ok());  // the key is there already: the cause itself fails
  EXPECT_EQ(listed(kAlice), Strings({"after a", "before a"}));
  const auto causes =
      db_->read(Context::tenant(kAlice), [](Transaction& tx) -> base::Result<std::int64_t> {
        std::int64_t n = 0;
        ASHLAR_TRY(tx.query(kCountKeys, {}, [&](const storage::Row& row) { n = row.integer(0); }));
        return n;
      });
  EXPECT_EQ(*causes, 1);
}

TEST_P(OutboxTest, ManyAreWrittenAtOnceInTheirOrder) {
  std::vector<EventSeq> told;
  Outbox outbox(clock_, entropy_, [] {});
  outbox.set_listener({"thing.*"}, [&](const Event& event) { told.push_back(event.seq); });
  const auto append_all = [&](const std::vector<Outbox::Owned>& all) {
    return db_->write(
        Context::platform(storage::PlatformUse::kEvents).read_committed(),
        [&](Transaction& tx) -> base::Status { return outbox.append_all_for(tx, all); });
  };
  EXPECT_TRUE(append_all({}).ok());
  const std::string text = "{\"a\":\"\\\"\u00e9\\n\",\"b\":[1,null]}";
  std::vector<Outbox::Owned> all;
  for (int i = 0; i < 300; ++i) {
    const std::string data = i == 0 ? text : std::to_string(i);
    all.push_back({i % 3 == 0 ? kAlice : kBob, event("k" + std::to_string(i % 7), data)});
    all.back().event.type = "thing.changed";
  }
  ASSERT_TRUE(append_all(all).ok());
  ASSERT_EQ(told.size(), 300U);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  store::TenantQuery query;
  query.limit = 1'000;
  const Strings alice = listed(kAlice, query);
  ASSERT_EQ(alice.size(), 100U);
  EXPECT_EQ(alice.back(), text);
  EXPECT_EQ(alice.front(), "297");
  EXPECT_EQ(listed(kBob, query).size(), 200U);
  // One that is wrong takes all with it.
  all[7].event.type = "Not a type";
  EXPECT_FALSE(append_all(all).ok());
  EXPECT_EQ(listed(kAlice, query).size(), 100U);
}

TEST_P(OutboxTest, NobodyIsWokenOrToldByWhatWasRolledBack) {
  int wakes = 0;
  std::vector<Event> told;
  Outbox outbox(clock_, entropy_, [&] { ++wakes; });
  outbox.set_listener({"thing.*"}, [&](const Event& event) { told.push_back(event); });
  const auto write = [&](const std::string& type, bool fails) {
    return db_->write(Context::tenant(kBob), [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(outbox.append(tx, event("a", "1", type)));
      EXPECT_TRUE(told.empty() || told.size() == static_cast<std::size_t>(wakes));
      if (fails) return base::fail(base::Code::kConflict, "undo", "by plan");
      return base::ok_status();
    });
  };
  EXPECT_FALSE(write("thing.changed", true).ok());
  EXPECT_EQ(wakes, 0);
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(write("thing.changed", false).ok());
  EXPECT_EQ(wakes, 1);
  ASSERT_EQ(told.size(), 1U);  // before write() has returned
  EXPECT_EQ(told[0].tenant, kBob);
  EXPECT_EQ(told[0].aggregate_id, "a");
  EXPECT_EQ(told[0].data, "1");
  EXPECT_TRUE(write("other", false).ok());
  EXPECT_EQ(wakes, 2);
  EXPECT_EQ(told.size(), 1U);
}

TEST_P(OutboxTest, WhatIsNoEventIsRefused) {
  const auto append_it = [&](const NewEvent& wrong) -> std::string {
    const auto done = db_->write(Context::tenant(kAlice),
                                 [&](Transaction& tx) { return outbox_.append(tx, wrong); });
    return done.ok() ? "ok" : done.error().reason;
  };
  const NewEvent good{"a.b", "thing", "1", "{}", ""};
  EXPECT_EQ(append_it(good), "ok");
  const auto with = [&](auto change) {
    NewEvent wrong = good;
    change(wrong);
    return append_it(wrong);
  };
  const std::string refused = "event_invalid";
  EXPECT_EQ(with([](NewEvent& e) { e.type = ""; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.type = "Link.created"; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.type = "link.*"; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.type = "link."; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.type = std::string(129, 'a'); }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.aggregate_type = "a/b"; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.aggregate_id = ""; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.aggregate_id = std::string(256, 'a'); }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.aggregate_id = "\xff"; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.aggregate_id = std::string("a\0b", 3); }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.data = ""; }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.data = std::string(kMaxDataBytes + 1, ' '); }), refused);
  EXPECT_EQ(with([](NewEvent& e) { e.data = std::string(kMaxDataBytes, ' '); }), "ok");
}

TEST_P(OutboxTest, TenantsSeeAndEraseOnlyTheirOwn) {
  append("a", "alice 1");
  append("a", "bob", "thing.changed", kBob);
  append("b", "alice 2", "x_y");
  append("b", "alice 3", "xzy");
  EXPECT_EQ(listed(kAlice), Strings({"alice 3", "alice 2", "alice 1"}));
  EXPECT_EQ(listed(kAlice, {.type = "x_y"}), Strings({"alice 2"}));
  EXPECT_EQ(listed(kAlice, {.type = "thing.*"}), Strings({"alice 1"}));
  EXPECT_EQ(listed(kAlice, {.aggregate_type = "thing", .aggregate_id = "b", .limit = 1}),
            Strings({"alice 3"}));
  EXPECT_EQ(listed(kBob), Strings({"bob"}));
  // What consumers have parked goes with it.
  const std::vector<std::int64_t> all{1, 2, 3, 4};
  ASSERT_TRUE(
      db_->write(kEventsContext,
                 [&](Transaction& tx) { return store::park_behind(tx, "c", all, clock_.now()); })
          .ok());
  for (int i = 0; i < 7; ++i) {
    const auto erased =
        db_->write(Context::tenant(kAlice), [](Transaction& tx) { return store::erase(tx, 1); });
    EXPECT_EQ(*erased, i < 6 ? 1 : 0);
  }
  EXPECT_EQ(listed(kBob), Strings({"bob"}));
  const auto parked =
      db_->read(kEventsContext, [](Transaction& tx) { return store::count_parked(tx, "c"); });
  EXPECT_EQ(parked->parked, 1);
}

TEST_P(OutboxTest, StatementsKeepTheRulesOfBothEngines) {
  std::set<std::string_view> texts;
  for (const Sql* sql : store::statements()) {
    const std::string_view text = sql->pg.empty() ? sql->text : sql->pg;
    EXPECT_TRUE(texts.insert(text).second) << "listed twice: " << text;
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      const auto made = storage::engine_text(*sql, dialect);
      EXPECT_TRUE(made.ok()) << sql->text << (made.ok() ? "" : made.error().detail);
    }
  }
}

TEST(EventIdTest, IsAUuidOfVersion7ThatGrowsWithTime) {
  base::SeededEntropy entropy(3);
  base::ManualClock clock;
  std::set<std::string> seen;
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = make_event_id(clock.now(), entropy);
    ASSERT_EQ(id.size(), 36U);
    for (std::size_t at = 0; at < id.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      EXPECT_EQ(id[at] == '-', dash);
    }
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_LT(last, id);
    last = id;
    clock.advance(base::Millis{1});
  }
  // RFC 9562's example of a time: 0x017F22E279B0 ms.
  const std::string id = make_event_id(base::from_micros(0x017F22E279B0LL * 1000), entropy);
  EXPECT_TRUE(id.starts_with("017f22e2-79b0-7")) << id;
}

TEST(EventTypeTest, Patterns) {
  EXPECT_TRUE(type_fits("*", "a.b"));
  EXPECT_TRUE(type_fits("a.*", "a.b.c"));
  EXPECT_FALSE(type_fits("a.*", "ab"));
  EXPECT_TRUE(type_fits("a.b", "a.b"));
  EXPECT_FALSE(type_fits("a.b", "a.bc"));
  for (const char* good : {"*", "a", "a.b", "a.*", "a_b-c.d1.*"})
    EXPECT_TRUE(is_type_pattern(good));
  for (const char* bad : {"", ".*", "a*", "a.*.b", "**", "A", "a..", "a.**"}) {
    EXPECT_FALSE(is_type_pattern(bad)) << bad;
  }
}

}  // namespace
}  // namespace ashlar::events
