// Transactions that commit long after they have drawn their numbers: what loses events, or their
// order, in logs that are read by a number. On PostgreSQL: SQLite has one writer.
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"
#include "platform/events/events_store.h"
#include "platform/events/log_reader.h"
#include "platform/events/testing/events_fixture.h"

namespace ashlar::events {
namespace {

using storage::Transaction;
using Strings = std::vector<std::string>;

constexpr storage::Sql kDraw{storage::Audience::kPlatform, "SELECT 0",
                             "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)"};
constexpr storage::Sql kPause{storage::Audience::kPlatform, "SELECT ?1",
                              "SELECT ?1 FROM pg_sleep(?1 / 1000000.0)"};
constexpr storage::Sql kCountUp{storage::Audience::kPlatform,
                                "INSERT INTO test_counters (key, n) VALUES (?1, 1) ON CONFLICT"
                                " (key) DO UPDATE SET n = test_counters.n + 1 RETURNING n"};

// A transaction that a test moves on step by step. All in a thread of its own.
class SlowTransaction {
 public:
  SlowTransaction(storage::Database& db, std::function<base::Status(Transaction&)> begin,
                  std::function<base::Status(Transaction&)> end) {
    thread_ = std::thread([this, &db, begin = std::move(begin), end = std::move(end)] {
      const auto done =
          db.write(kEventsContext.read_committed(), [&](Transaction& tx) -> base::Status {
            ASHLAR_TRY(begin(tx));
            begun_.set_value();
            go_on_.get_future().wait();
            return end(tx);
          });
      EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().detail);
    });
    begun_.get_future().wait();
  }
  ~SlowTransaction() {
    if (thread_.joinable()) commit();
  }
  SlowTransaction(const SlowTransaction&) = delete;
  SlowTransaction& operator=(const SlowTransaction&) = delete;

  void commit() {
    go_on_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> begun_, go_on_;
  std::thread thread_;
};

class SlowTransactionsTest : public EventsFixture {
 protected:
  void SetUp() override {
    EventsFixture::SetUp();
    if (IsSkipped()) return;
    store_->run_script(
        "CREATE TABLE test_counters (key TEXT PRIMARY KEY, n BIGINT);"
        " GRANT ALL ON test_counters TO ashlar_platform");
    consumers_ = make_consumers("one", *db_);
    consumers_->add(options("c", effect_of("c"), 3));
  }
  void TearDown() override {
    consumers_.reset();
    EventsFixture::TearDown();
  }

  std::function<base::Status(Transaction&)> appending(const std::string& id,
                                                      const std::string& data) {
    return [this, id, data](Transaction& tx) -> base::Status {
      ASHLAR_TRY(outbox_.append_for(tx, kAlice, event(id, data)));
      return base::ok_status();
    };
  }
  static base::Status nothing(Transaction&) { return base::ok_status(); }
  static base::Status draw_xid(Transaction& tx) {
    ASHLAR_TRY(tx.query(kDraw, {}, [](const storage::Row&) {}));
    return base::ok_status();
  }
  void consume() { ASSERT_TRUE(consumers_->run_until_idle().ok()); }

  std::unique_ptr<Consumers> consumers_;
};

INSTANTIATE_TEST_SUITE_P(Storage, SlowTransactionsTest,
                         ::testing::Values(storage::Dialect::kPostgres), storage::engine_name);

TEST_P(SlowTransactionsTest, KamuCli1398ANumberDrawnEarlierThatCommitsLaterIsNotSkipped) {
  consume();
  SlowTransaction slow(*db_, appending("a", "drawn first"), nothing);
  append("b", "drawn second");
  consume();
  EXPECT_EQ(data_of("c"), Strings({"drawn second"}));
  slow.commit();
  consume();
  EXPECT_EQ(data_of("c"), Strings({"drawn second", "drawn first"}));
}

TEST_P(SlowTransactionsTest, Eventuous222ManyThatOverlapAreAllRead) {
  consume();
  std::vector<std::unique_ptr<SlowTransaction>> slow;
  for (int i = 0; i < 8; ++i) {
    const std::string name = std::to_string(i);
    slow.push_back(std::make_unique<SlowTransaction>(*db_, appending(name, name), nothing));
  }
  std::multiset<std::string> expected;
  for (const int i : {5, 0, 7, 2, 6, 1, 4, 3}) {  // commits in another order than numbers
    slow[static_cast<std::size_t>(i)]->commit();
    expected.insert(std::to_string(i));
    consume();
    const Strings data = data_of("c");
    EXPECT_EQ(std::multiset<std::string>(data.begin(), data.end()), expected);
  }
}

// Reading below the oldest running transaction (xmin) loses this one: the key's second event has
// the lower xid, and another transaction's runs in between.
TEST_P(SlowTransactionsTest, PostgresqlEventSourcing16ALowerXidThatCommitsLaterComesLater) {
  consume();
  SlowTransaction low(*db_, draw_xid, appending("k", "committed second"));
  SlowTransaction between(*db_, draw_xid, nothing);
  append("k", "committed first");
  low.commit();
  consume();
  EXPECT_EQ(data_of("c"), Strings({"committed first", "committed second"}));
}

TEST_P(SlowTransactionsTest, WhoAppendsToAKeyWaitsForWhoHasAppendedBefore) {
  SlowTransaction first(*db_, appending("k", "first"), nothing);
  std::thread second([&] { append("k", "second"); });
  // It cannot commit while the first is open; other keys can.
  append("other", "other");
  consume();
  EXPECT_EQ(data_of("c"), Strings({"other"}));
  first.commit();
  second.join();
  consume();
  EXPECT_EQ(data_of("c"), Strings({"other", "first", "second"}));
}

TEST_P(SlowTransactionsTest, ALongOneDelaysNobodyElse) {
  consume();
  SlowTransaction slow(*db_, appending("slow", "slow"), nothing);
  Strings expected;
  for (int i = 0; i < 20; ++i) {
    expected.push_back(std::to_string(i));
    append("k", expected.back());
    consume();
    EXPECT_EQ(data_of("c"), expected);
  }
  ASSERT_TRUE(consumers_->tend().ok());
  const std::string text = metrics_.render();
  const std::string name = "\nashlar_events_oldest_transaction_seconds ";
  const std::size_t at = text.find(name);
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(std::stod(text.substr(at + name.size())), 0);
}

TEST_P(SlowTransactionsTest, AWindowIsReadInPagesAndBegunAnewAnywhere) {
  std::set<std::int64_t> expected;
  for (int i = 0; i < 23; ++i) expected.insert(append("k" + std::to_string(i % 5), "x"));
  LogReader reader(*db_, packed_types({"*"}));
  std::set<std::int64_t> seen;
  LogPosition at = reader.oldest();
  for (int pages = 0; pages < 100; ++pages) {
    const auto page = reader.read(at, 4);
    ASSERT_TRUE(page.ok());
    // Somebody else who has only the position reads the same.
    LogReader fresh(*db_, packed_types({"*"}));
    const auto same = fresh.read(at, 4);
    ASSERT_TRUE(same.ok());
    ASSERT_EQ(same->events.size(), page->events.size());
    for (std::size_t i = 0; i < page->events.size(); ++i) {
      EXPECT_EQ(same->events[i].seq, page->events[i].seq);
      EXPECT_TRUE(seen.insert(page->events[i].seq.value).second);
    }
    at = page->end;
    if (!page->more) break;
    at = page->events.size() > 2 ? page->after(1) : page->end;  // only two were worked
    for (std::size_t i = 2; i < page->events.size(); ++i) seen.erase(page->events[i].seq.value);
  }
  EXPECT_EQ(seen, expected);
}

TEST_P(SlowTransactionsTest, APositionOfAnotherClusterIsNotReadOnFrom) {
  append("a", "0");
  consume();
  store_->run_script(
      "UPDATE event_consumers SET from_snapshot = '4000000000:4000000000:', to_snapshot = '',"
      " lease_until = 0");
  auto other = make_consumers("other", *db_);
  other->add(options("c", effect_of("c")));
  append("a", "1");
  clock_.advance(base::Seconds{60});
  const base::Status done = other->run_until_idle();
  ASSERT_FALSE(done.ok());
  EXPECT_STREQ(done.error().reason, "events_position_foreign");
  // What docs/events.md advises.
  store_->run_script(
      "UPDATE outbox SET xid = '3';"
      " UPDATE event_consumers SET seq = 0, to_snapshot = '',"
      " from_snapshot = pg_current_snapshot()::text, epoch = epoch + 1, lease_until = 0");
  clock_.advance(base::Seconds{60});
  ASSERT_TRUE(other->run_until_idle().ok());
  EXPECT_EQ(*other->replay("c", {.aggregate_type = {},
                                 .aggregate_id = {},
                                 .tenant = {},
                                 .from = clock_.now() - base::Seconds{200},
                                 .to = {}}),
            2);
  append("a", "2");
  ASSERT_TRUE(other->run_until_idle().ok());
  EXPECT_EQ(data_of("c"), Strings({"0", "0", "1", "2"}));
}

// Transactions at random, each with some events, pauses of random length before and after, and
// another order of locks; one in eight rolls back. A consumer works all the while. Commits of one
// key are counted in a row of their own, which says in which order they really came.
class RandomTransactions {
 public:
  RandomTransactions(storage::Database& db, Outbox& outbox) : db_(db), outbox_(outbox) {}

  // All count their commits at the same end: two locks in opposite order are a deadlock.
  void run(std::uint64_t seed, int count, bool counted_first) {
    base::Random random(seed);
    for (int i = 0; i < count; ++i) {
      std::vector<std::pair<std::string, std::int64_t>> made;  // key, seq
      std::vector<std::int64_t> order;
      const bool rolls_back = random.chance(0.125);
      const std::string key = "k" + std::to_string(random.below(3));
      const auto before = pause_of(random);
      const auto between = pause_of(random);
      const auto after = pause_of(random);
      const std::uint64_t events = 1 + random.below(3);
      const auto done = db_.write(kEventsContext.read_committed(), [&](Transaction& tx) {
        made.clear();
        order.clear();
        return transaction(tx, key, counted_first, rolls_back, {before, between, after}, events,
                           made, order);
      });
      EXPECT_EQ(done.ok(), !rolls_back);
      if (!done.ok()) continue;
      const std::lock_guard lock(mutex_);
      for (std::size_t e = 0; e < made.size(); ++e) {
        committed_[made[e].first][{order.front(), e}] = made[e].second;
      }
    }
  }

  // Of each key the numbers of its events in the order of commits.
  std::map<std::string, std::vector<std::int64_t>> committed() {
    std::map<std::string, std::vector<std::int64_t>> all;
    for (const auto& [key, events] : committed_) {
      for (const auto& [order, seq] : events) all[key].push_back(seq);
    }
    return all;
  }

 private:
  static std::int64_t pause_of(base::Random& random) {
    return random.chance(0.4) ? 0 : static_cast<std::int64_t>(random.below(12'000));
  }

  base::Status transaction(Transaction& tx, const std::string& key, bool counted_first,
                           bool rolls_back, std::array<std::int64_t, 3> pauses,
                           std::uint64_t events,
                           std::vector<std::pair<std::string, std::int64_t>>& made,
                           std::vector<std::int64_t>& order) {
    const auto pause = [&](std::int64_t micros) -> base::Status {
      if (micros > 0) ASHLAR_TRY(tx.query(kPause, {micros}, [](const storage::Row&) {}));
      return base::ok_status();
    };
    const auto count = [&]() -> base::Status {
      ASHLAR_TRY(tx.query(kCountUp, {key},
                          [&](const storage::Row& row) { order.push_back(row.integer(0)); }));
      return base::ok_status();
    };
    // Half draw their xid before they wait for the key.
    if (pauses[0] % 2 == 0) ASHLAR_TRY(tx.query(kDraw, {}, [](const storage::Row&) {}));
    ASHLAR_TRY(pause(pauses[0]));
    if (counted_first) ASHLAR_TRY(count());
    ASHLAR_TRY(pause(pauses[1]));
    for (std::uint64_t i = 0; i < events; ++i) {
      ASHLAR_ASSIGN(const EventSeq seq,
                    outbox_.append_for(tx, kAlice, {"thing.changed", "thing", key, "{}", ""}));
      made.emplace_back("1/thing/" + key, seq.value);
    }
    if (!counted_first) ASHLAR_TRY(count());
    ASHLAR_TRY(pause(pauses[2]));
    if (rolls_back) return base::fail(base::Code::kConflict, "undo", "by plan");
    return base::ok_status();
  }

  storage::Database& db_;
  Outbox& outbox_;
  std::mutex mutex_;
  std::map<std::string, std::map<std::pair<std::int64_t, std::size_t>, std::int64_t>>
      committed_;  // guarded by mutex_
};

TEST_P(SlowTransactionsTest, RandomOnesAreReadOnceAndInTheOrderOfTheirKeys) {
  constexpr int kThreads = 6;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string name = "random" + std::to_string(seed);
    auto consumers = make_consumers("one", *db_);
    ConsumerOptions chosen = options(name, effect_of(name), static_cast<int>(1 + seed * 2));
    chosen.from_start = false;
    consumers->add(std::move(chosen));
    ASSERT_TRUE(consumers->run_until_idle().ok());
    RandomTransactions transactions(*db_, outbox_);
    std::vector<std::thread> threads;
    std::atomic<int> running{kThreads};
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        transactions.run(seed * 100 + static_cast<std::uint64_t>(i), 25, seed % 2 == 0);
        --running;
      });
    }
    while (running > 0) EXPECT_TRUE(consumers->run_until_idle().ok());
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(consumers->run_until_idle().ok());
    std::map<std::string, std::vector<std::int64_t>> seen;
    for (const Effect& effect : effects(name)) seen[effect.key].push_back(effect.seq);
    EXPECT_EQ(seen, transactions.committed());
    EXPECT_EQ(seen.size(), 3U);
  }
}

}  // namespace
}  // namespace ashlar::events
