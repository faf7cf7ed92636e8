#include "modules/links/clicks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "modules/links/click_buffer.h"
#include "modules/links/click_folder.h"
#include "modules/links/click_retention.h"
#include "modules/links/click_stats.h"
#include "modules/links/clicks_store.h"
#include "modules/links/links_module.h"
#include "modules/links/links_store.h"
#include "modules/links/testing/faulty_database.h"
#include "modules/links/testing/links_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

constexpr std::int64_t kMany = static_cast<std::int64_t>(ClickRecorder::kDirectPairs) + 500;

class ClicksTest : public LinksFixture {
 protected:
  using Counts = std::map<std::pair<std::int64_t, Hour>, std::int64_t>;  // (link, hour or kTotal)

  void SetUp() override {
    LinksFixture::SetUp();
    if (IsSkipped()) return;
    make_link(kAlice, "alice");
    make_link(kBob, "bobs");
  }

  Link make_link(base::TenantId tenant, const std::string& code) {
    const auto link = db().write(Context::tenant(tenant), [&](Transaction& tx) {
      return links_.create(tx, {"https://example.com/", code, 302, {}});
    });
    CHECK(link.ok());
    return *link;
  }
  std::unique_ptr<ClickRecorder> make_recorder(storage::Database& database) {
    return std::make_unique<ClickRecorder>(database, clock_, entropy_, metrics_, log_, nullptr, 2);
  }
  std::unique_ptr<ClickFolder> make_folder(storage::Database& database, bool busy = false) {
    return std::make_unique<ClickFolder>(database, clock_, metrics_, log_, [busy] { return busy; });
  }
  void record_many(ClickRecorder& recorder, std::int64_t links = kMany) {
    for (std::int64_t i = 1; i <= links; ++i) {
      recorder.record(static_cast<std::size_t>(i), LinkId(i), kAlice, clock_.now(), {});
    }
  }
  // All counters of a tenant, totals included.
  Counts stored(base::TenantId tenant, std::int64_t max_link = 2 * kMany) {
    Counts counts;
    const auto status = db().read(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      counts.clear();
      std::vector<LinkId> ids;
      for (std::int64_t id = 1; id <= max_link; ++id) ids.emplace_back(id);
      ASHLAR_TRY(store::totals_of(tx, ids, [&](LinkId link, std::int64_t clicks) {
        counts[{link.value, kTotal}] = clicks;
      }));
      for (const LinkId id : ids) {
        if (!counts.contains({id.value, kTotal})) continue;
        ASHLAR_TRY(store::hourly_clicks(
            tx, id, 1, [&](Hour hour, std::int64_t clicks) { counts[{id.value, hour}] = clicks; }));
      }
      return base::ok_status();
    });
    EXPECT_TRUE(status.ok());
    return counts;
  }
  std::size_t waiting_batches() {
    const auto batches =
        db().read(Context::platform(PlatformUse::kClickWriter),
                  [&](Transaction& tx) { return store::list_batches(tx, 10'000); });
    CHECK(batches.ok());
    return batches->size();
  }
  ClickStats stats(const ClickRecorder& recorder, base::TenantId tenant, LinkId link) {
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      return read_click_stats(tx, link, clock_.now(), recorder.flushed_until());
    });
    CHECK(read.ok());
    return *read;
  }
  std::vector<store::StoredClick> details(base::TenantId tenant, LinkId link) {
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      return store::list_details(tx, link, std::int64_t{1} << 62, 100'000);
    });
    CHECK(read.ok());
    return *read;
  }
  static void add(Counts& model, LinkId link, base::Time at) {
    model[{link.value, hour_of(at)}] += 1;
    model[{link.value, kTotal}] += 1;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, ClicksTest, storage::both_engines(), storage::engine_name);

TEST_P(ClicksTest, FewClicksGoStraightIntoTheCounters) {
  const auto recorder = make_recorder(db());
  for (int i = 0; i < 5; ++i) recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  recorder->record(1, LinkId(2), kBob, clock_.now(), {});
  EXPECT_TRUE(stored(kAlice).empty());
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_EQ(waiting_batches(), 0U);
  EXPECT_FALSE(recorder->busy());
  const Hour hour = hour_of(clock_.now());
  EXPECT_EQ(stored(kAlice), (Counts{{{1, kTotal}, 5}, {{1, hour}, 5}}));
  EXPECT_EQ(stored(kBob), (Counts{{{2, kTotal}, 1}, {{2, hour}, 1}}));

  clock_.advance(base::Seconds(3600));
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_EQ(stored(kAlice), (Counts{{{1, kTotal}, 6}, {{1, hour}, 5}, {{1, hour + 1}, 1}}));
}

TEST_P(ClicksTest, ManyPairsWaitInABatchUntilFolded) {
  const auto recorder = make_recorder(db());
  const base::Time before = recorder->flushed_until();
  clock_.advance(base::Seconds(1));
  record_many(*recorder);
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  EXPECT_TRUE(recorder->busy());
  EXPECT_EQ(waiting_batches(), 1U);
  EXPECT_TRUE(stored(kAlice).empty());
  // Honest: nothing since the batch began is promised.
  EXPECT_EQ(stats(*recorder, kAlice, LinkId(1)).as_of, before);
  EXPECT_EQ(stats(*recorder, kAlice, LinkId(1)).clicks, 0);

  const auto folder = make_folder(db());
  ASSERT_TRUE(folder->run().ok());
  EXPECT_EQ(waiting_batches(), 0U);
  EXPECT_EQ(stored(kAlice).size(), static_cast<std::size_t>(2 * kMany));
  EXPECT_EQ(stats(*recorder, kAlice, LinkId(1)).clicks, 2);
  EXPECT_EQ(stats(*recorder, kAlice, LinkId(1)).as_of, recorder->flushed_until());
  EXPECT_GT(recorder->flushed_until(), before);
}

TEST_P(ClicksTest, StatsFillHoursAndDaysWithZeros) {
  const auto recorder = make_recorder(db());
  const base::Time start = clock_.now();
  for (const int hours_ago : {0, 1, 47, 48, 89 * 24, 95 * 24}) {
    recorder->record(0, LinkId(1), kAlice, start - base::Seconds(3600 * hours_ago), {});
  }
  ASSERT_TRUE(recorder->flush().ok());
  const ClickStats read = stats(*recorder, kAlice, LinkId(1));
  EXPECT_EQ(read.clicks, 6);
  ASSERT_EQ(read.by_hour.size(), 48U);
  EXPECT_EQ(read.by_hour.back().start, start_of(hour_of(start)));
  EXPECT_EQ(read.by_hour.back().clicks, 1);
  EXPECT_EQ(read.by_hour[46].clicks, 1);
  EXPECT_EQ(read.by_hour[45].clicks, 0);
  EXPECT_EQ(read.by_hour.front().clicks, 1);
  ASSERT_EQ(read.by_day.size(), 90U);
  EXPECT_EQ(base::to_unix_seconds(read.by_day.front().start) % 86'400, 0);
  std::int64_t days = 0;
  for (const ClickBucket& day : read.by_day) days += day.clicks;
  EXPECT_EQ(days, 5);
  EXPECT_EQ(read.by_day.front().clicks, 1);
  EXPECT_EQ(stats(*recorder, kBob, LinkId(1)).clicks, 0);
}

// Recorded = counted, whatever is refused, lost on the way back or interrupted, in any order.
TEST_P(ClicksTest, NothingIsLostOrDoubledByFaults) {
  const std::uint64_t seed = 20'261'122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  base::Random random(seed);
  FaultyDatabase faulty(db(), seed);
  faulty.set_faults(0.2, 0.2);
  const auto recorder = make_recorder(faulty);
  auto folder = make_folder(faulty);
  Counts model;
  int failed = 0;
  for (int round = 0; round < 150; ++round) {
    const std::int64_t links =
        random.chance(0.25) ? kMany : static_cast<std::int64_t>(random.below(50));
    for (std::int64_t i = 1; i <= links; ++i) {
      recorder->record(random.below(3), LinkId(i), kAlice, clock_.now(), {});
      add(model, LinkId(i), clock_.now());
    }
    if (random.chance(0.2)) clock_.advance(base::Seconds(1800));
    if (random.chance(0.7) && !recorder->flush().ok()) ++failed;
    for (std::uint64_t i = random.below(3); i > 0; --i) {
      if (!folder->step().ok()) ++failed;
    }
    if (random.chance(0.1)) folder = make_folder(faulty);  // died and came back
  }
  EXPECT_GT(failed, 20);
  faulty.set_faults(0, 0);
  ASSERT_TRUE(recorder->stop().ok());
  ASSERT_TRUE(folder->run().ok());
  ASSERT_TRUE(folder->run().ok());
  EXPECT_EQ(waiting_batches(), 0U);
  EXPECT_EQ(stored(kAlice), model);
}

TEST_P(ClicksTest, TwoFoldersAndARecorderAtOnce) {
  const auto recorder = make_recorder(db());
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const auto folder = make_folder(db());
      while (!done) {
        const auto stepped = folder->step();
        EXPECT_TRUE(stepped.ok() || stepped.error().code == base::Code::kConflict)
            << stepped.error().detail;
      }
    });
  }
  constexpr int kRounds = 12;
  for (int i = 0; i < kRounds; ++i) {
    record_many(*recorder);
    ASSERT_TRUE(recorder->flush().ok());
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  const auto folder = make_folder(db());
  ASSERT_TRUE(folder->run().ok());
  const Counts counts = stored(kAlice);
  ASSERT_EQ(counts.size(), static_cast<std::size_t>(2 * kMany));
  for (const auto& [key, clicks] : counts) ASSERT_EQ(clicks, kRounds) << key.first;
}

TEST_P(ClicksTest, ACleanStopLosesNone) {
  const auto recorder = make_recorder(db());
  recorder->start();
  constexpr int kThreads = 3;
  constexpr int kEach = 20'000;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) {
        recorder->record(static_cast<std::size_t>(i), LinkId(1 + j % 7), kAlice, clock_.now(), {});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(recorder->stop().ok());
  ASSERT_TRUE(recorder->stop().ok());
  std::int64_t total = 0;
  for (const auto& [key, clicks] : stored(kAlice)) total += key.second == kTotal ? clicks : 0;
  EXPECT_EQ(total, kThreads * kEach);
}

TEST_P(ClicksTest, WhileBusyFoldingWaitsAndRests) {
  const auto recorder = make_recorder(db());
  clock_.advance(base::Seconds(1));
  record_many(*recorder);
  ASSERT_TRUE(recorder->flush().ok());
  const auto folder = make_folder(db(), /*busy=*/true);
  ASSERT_TRUE(folder->run().ok());
  EXPECT_EQ(waiting_batches(), 1U);  // not old enough
  clock_.advance(ClickFolder::kMaxAge);
  ASSERT_TRUE(folder->run().ok());
  EXPECT_EQ(waiting_batches(),
            0U);  // no time passes on this clock, so there is nothing to rest from
}

TEST_P(ClicksTest, DetailsAreKeptNewestFirstAndBounded) {
  const auto recorder = make_recorder(db());
  const ClickDetail detail{"https://news.example/private/page?user=1",
                           "Mozilla/5.0 (iPhone) Mobile/15E148"};
  recorder->record(0, LinkId(1), kAlice, clock_.now(), detail);
  clock_.advance(base::Seconds(1));
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  const auto kept = details(kAlice, LinkId(1));
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].at, clock_.now());
  EXPECT_FALSE(kept[0].referrer.has_value());
  EXPECT_EQ(kept[0].agent, AgentClass::kOther);
  EXPECT_EQ(kept[1].referrer, "news.example");
  EXPECT_EQ(kept[1].agent, AgentClass::kMobile);
  EXPECT_TRUE(details(kBob, LinkId(1)).empty());

  for (int flush = 0; flush < 40; ++flush) {
    for (std::size_t i = 0; i < ClickBuffer::kDetails; ++i) {
      recorder->record(0, LinkId(1), kAlice, clock_.now(), detail);
    }
    ASSERT_TRUE(recorder->flush().ok());
  }
  const auto bounded = details(kAlice, LinkId(1)).size();
  EXPECT_GE(bounded, static_cast<std::size_t>(ClickRecorder::kDetailsKept));
  EXPECT_LT(bounded, 2'500U);
}

TEST_P(ClicksTest, OldDetailsAndDeadWritersGo) {
  const auto recorder = make_recorder(db());
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  clock_.advance(ClickRetention::kDetailAge - base::Seconds(1));
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  ClickRetention retention(db(), clock_, log_);
  ASSERT_TRUE(retention.run().ok());
  EXPECT_EQ(details(kAlice, LinkId(1)).size(), 2U);
  clock_.advance(base::Seconds(2));
  ASSERT_TRUE(retention.run().ok());
  EXPECT_EQ(details(kAlice, LinkId(1)).size(), 1U);
  EXPECT_EQ((stored(kAlice)[{1, kTotal}]), 2);
}

// Clicks that were under way when their tenant was erased do not bring it back.
TEST_P(ClicksTest, AnErasedTenantStaysErased) {
  const auto recorder = make_recorder(db());
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  recorder->record(0, LinkId(2), kBob, clock_.now(), {});
  ASSERT_TRUE(recorder->flush().ok());
  record_many(*recorder);
  ASSERT_TRUE(recorder->flush().ok());  // a batch waits
  recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
  const security::TenantData data = links_tenant_data();
  std::int64_t erased = 0;
  for (std::int64_t rows = 1; rows > 0; erased += rows) {
    const auto result =
        db().write(Context::tenant(kAlice), [&](Transaction& tx) { return data.erase(tx, 100); });
    ASSERT_TRUE(result.ok());
    rows = *result;
  }
  EXPECT_GE(erased, 4);  // link, detail, hour, total
  ASSERT_TRUE(recorder->flush().ok());
  ASSERT_TRUE(make_folder(db())->run().ok());
  EXPECT_TRUE(stored(kAlice).empty());
  EXPECT_TRUE(details(kAlice, LinkId(1)).empty());
  EXPECT_EQ((stored(kBob)[{2, kTotal}]), 1);
}

TEST_P(ClicksTest, ExportsLinksAndHours) {
  const auto recorder = make_recorder(db());
  for (int hour = 0; hour < 3; ++hour) {
    recorder->record(0, LinkId(1), kAlice, clock_.now(), {});
    recorder->record(0, LinkId(2), kBob, clock_.now(), {});
    clock_.advance(base::Seconds(3600));
  }
  ASSERT_TRUE(recorder->flush().ok());
  std::vector<std::string> lines;
  const security::TenantData data = links_tenant_data();
  const auto status = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
    lines.clear();
    return data.export_to(tx, [&](std::string_view line) -> base::Status {
      lines.emplace_back(line);
      return base::ok_status();
    });
  });
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines[0].find(R"({"module":"links","table":"links","code":"alice")"),
            std::string::npos);
  for (int i = 1; i < 4; ++i) {
    EXPECT_NE(lines[static_cast<std::size_t>(i)].find(R"("table":"clicks_hourly","code":"alice")"),
              std::string::npos);
  }
}

TEST_P(ClicksTest, BotsStandBesideTheTotal) {
  const auto recorder = make_recorder(db());
  const ClickDetail bot{.user_agent = "Googlebot/2.1 (+http://www.google.com/bot.html)"};
  const ClickDetail person{.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0"};
  const auto totals = [&](base::TenantId tenant) {
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> found;
    const std::array ids{LinkId(1), LinkId(2), LinkId(10), LinkId(99)};
    const auto read = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      found.clear();
      return store::totals_with_bots(tx, ids, [&](LinkId link, store::ClickTotal total) {
        found[link.value] = {total.clicks, total.bots};
      });
    });
    CHECK(read.ok());
    return found;
  };
  using Totals = decltype(totals(kAlice));
  for (int round = 0; round < 2; ++round) {
    for (const std::int64_t link : {1, 10}) {
      recorder->record(0, LinkId(link), kAlice, clock_.now(), bot);
      recorder->record(1, LinkId(link), kAlice, clock_.now(), person);
    }
    clock_.advance(base::Seconds(3'600));
    recorder->record(0, LinkId(1), kAlice, clock_.now(), bot);
    recorder->record(0, LinkId(2), kAlice, clock_.now(), person);
    ASSERT_TRUE(recorder->flush().ok());
  }
  EXPECT_EQ(totals(kAlice), (Totals{{1, {6, 4}}, {2, {2, 0}}, {10, {4, 2}}}));
  EXPECT_TRUE(totals(kBob).empty());
  // The hours are clicks' alone, as before.
  EXPECT_EQ(stored(kAlice).at({10, hour_of(clock_.now()) - 1}), 2);
  // So many at once that the clicks themselves wait: no more bots than clicks are told.
  recorder->record(0, LinkId(99), kAlice, clock_.now(), bot);
  record_many(*recorder);
  ASSERT_TRUE(recorder->flush().ok());
  ASSERT_GT(waiting_batches(), 0U);
  EXPECT_EQ(totals(kAlice).at(99), (std::pair<std::int64_t, std::int64_t>{0, 0}));
  const auto folder = make_folder(db());
  while (*folder->step()) {
  }
  EXPECT_EQ(totals(kAlice).at(99).first, 2);
  EXPECT_GE(totals(kAlice).at(99).second, 1);  // what it stands for of those that were shed
}

}  // namespace
}  // namespace ashlar::links
