// Lists of payments in a state and of events of a type: the same as choosing among all.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/payments/calls_store.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/testing/payments_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using Fate = ModelBank::Fate;

class PaymentsListsTest : public PaymentsFixture {
 protected:
  std::vector<std::string> in_state(PaymentState state, const Window& window) {
    std::vector<std::string> ids;
    PaymentFilter filter;
    filter.state = state;
    for (const Payment& one :
         read([&](Reads& reads) { return reads.payments(window, filter); }).rows)
      ids.push_back(one.id);
    return ids;
  }
  std::vector<std::string> of_types(std::vector<std::string> types, const Window& window = {}) {
    std::vector<std::string> ids;
    EventFilter filter;
    filter.types = std::move(types);
    for (const Told& one : read([&](Reads& reads) { return reads.events(window, filter); }).rows)
      ids.push_back(one.id);
    return ids;
  }
  // Chosen among all, by another way.
  std::vector<std::string> chosen(const std::vector<std::string>& types) {
    std::vector<std::string> ids;
    Window all;
    all.limit = 100;
    for (const Told& one : read([&](Reads& reads) { return reads.events(all); }).rows) {
      if (std::ranges::find(types, one.type) != types.end()) ids.push_back(one.id);
    }
    return ids;
  }
  // Several of each kind, at different moments and at the same.
  void do_much() {
    for (int round = 0; round < 3; ++round) {
      const std::string id = captured(100);
      refund(id, 10);
      if (round == 1) refund(id, 20);
      banks_.north.fates = {Fate::kDeclined};
      confirm(id_of(create(wanted(5))));
      if (round != 1) advance(base::Seconds{1});
      ask([&](Done done) {
        payments().cancel(asked(""), authorized(7), "abandoned", std::move(done));
      });
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Storage, PaymentsListsTest, storage::both_engines(), storage::engine_name);

TEST_P(PaymentsListsTest, PaymentsInAStateArePagedEitherWay) {
  do_much();
  Window window;
  window.limit = 2;
  const auto first = in_state(PaymentState::kSucceeded, window);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_GT(first[0], first[1]);
  window.starting_after = first[1];
  const auto rest = in_state(PaymentState::kSucceeded, window);
  ASSERT_EQ(rest.size(), 1u);
  Window back;
  back.limit = 2;
  back.ending_before = rest[0];
  EXPECT_EQ(in_state(PaymentState::kSucceeded, back), first);
  EXPECT_EQ(in_state(PaymentState::kCanceled, {}).size(), 3u);
  EXPECT_EQ(in_state(PaymentState::kNeedsMethod, {}).size(), 3u);
  EXPECT_TRUE(in_state(PaymentState::kProcessing, {}).empty());
}

TEST_P(PaymentsListsTest, EventsOfRareTypesAreThoseAmongAll) {
  do_much();
  const std::vector<std::vector<std::string>> choices{
      {"refund.succeeded"},
      {"payment.declined"},
      {"payment.canceled", "refund.created"},
      {"refund.created", "refund.succeeded", "payment.declined", "refund.created"},
      {"payment.captured"},
      {"payment.captured", "payment.declined"},
      {"payout.paid"}};
  for (const auto& types : choices) {
    const auto all = chosen(types);
    Window window;
    window.limit = 100;
    EXPECT_EQ(of_types(types, window), all) << types[0];
    // Page by page, forward, and back again.
    std::vector<std::string> paged;
    window.limit = 2;
    for (auto page = of_types(types, window); !page.empty(); page = of_types(types, window)) {
      paged.insert(paged.end(), page.begin(), page.end());
      window.starting_after = page.back();
    }
    EXPECT_EQ(paged, all) << types[0];
    if (all.size() < 3) continue;
    Window back;
    back.limit = 2;
    back.ending_before = all[2];
    EXPECT_EQ(of_types(types, back), (std::vector<std::string>{all[0], all[1]})) << types[0];
  }
  EXPECT_EQ(chosen({"refund.succeeded"}).size(), 4u);
  EXPECT_EQ(chosen({"payment.captured"}).size(), 3u);
}

// How SQLite would go about it. Its parameters are written out: a plan does not look at them.
std::string plan_of(storage::Database& db, const storage::Sql& sql) {
  // Statements live as long as the databases that have prepared them.
  static std::deque<std::pair<std::string, storage::Sql>> asked;
  auto& [text, explain] = asked.emplace_back("EXPLAIN QUERY PLAN ", storage::Sql{sql.audience, {}});
  for (const char c : sql.text) {
    if (c == '?') text += "NULL";
    const bool number = c >= '0' && c <= '9' && text.ends_with("NULL");
    if (c != '?' && !number) text += c;
  }
  explain.text = text;
  const bool own = sql.audience == storage::Audience::kTenant;
  const auto context = own ? storage::Context::tenant(kAda)
                           : storage::Context::platform(storage::PlatformUse::kPayments);
  std::string plan;
  const auto done = db.write(context, [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_TRY(tx.query(explain, {},
                        [&](const storage::Row& row) { plan.append(row.text(3)).append("; "); }));
    return base::ok_status();
  });
  EXPECT_TRUE(done.ok()) << text << ": " << done.error().detail;
  return plan;
}

// SQLite alone: PostgreSQL's plans follow what is in the tables.
TEST_P(PaymentsListsTest, StatesRareTypesAndOldNoticesAreFoundByTheirIndices) {
  if (GetParam() != storage::Dialect::kSqlite) GTEST_SKIP();
  int seen = 0;
  const auto uses = [&](std::span<const storage::Sql* const> statements, std::string_view mark,
                        std::string_view index) {
    for (const storage::Sql* sql : statements) {
      if (sql->text.find(mark) == std::string_view::npos) continue;
      ++seen;
      const std::string plan = plan_of(*process_->db, *sql);
      EXPECT_NE(plan.find(index), std::string::npos) << sql->text << ": " << plan;
      EXPECT_EQ(plan.find("SCAN"), std::string::npos) << sql->text << ": " << plan;
      EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << sql->text << ": " << plan;
    }
  };
  uses(store::payment_statements(), " AND state = ?4 ORDER BY", "payments_by_state");
  uses(store::payment_statements(), " AND type = ?8", "payment_events_of_type");
  uses(store::call_statements(), "FROM payment_notices WHERE at <", "payment_notices_by_time");
  EXPECT_EQ(seen, 5);
}

}  // namespace
}  // namespace ashlar::payments
