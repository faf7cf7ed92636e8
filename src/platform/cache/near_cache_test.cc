#include "platform/cache/near_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/entropy.h"
#include "platform/cache/cache_service.h"
#include "platform/cache/testing/model_far_cache.h"
#include "platform/observability/metrics.h"
#include "platform/storage/testing/suite.h"

namespace ashlar::cache {
namespace {

using base::Millis;
using storage::Transaction;

constexpr storage::Sql kReadCounter{storage::Audience::kPlatform,
                                    "SELECT value FROM counters WHERE id = ?1"};

Codec<std::int64_t> number_codec() {
  return {.encode = [](const std::int64_t& value) { return std::to_string(value); },
          .decode = [](std::string_view text) -> std::optional<std::int64_t> {
            return text.empty() ? std::nullopt : std::optional(std::stoll(std::string(text)));
          },
          .bytes = {}};
}

class NearCacheTest : public testing::Test {
 protected:
  using Cache = NearCache<std::int64_t>;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(storage::migrate_for_tests(*store_));
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok());
    db_ = std::move(opened).value();
    make(std::make_unique<ModelFarCache>(far_store_, ModelFarCache::Hooks{}), {});
  }
  void TearDown() override { db_.reset(); }

  void make(std::unique_ptr<FarCache> far, const NearCacheOptions& options) {
    CacheService& service = *services_.emplace_back(
        std::make_unique<CacheService>(std::move(far), *db_, clock_, entropy_, metrics_));
    service.tend();
    near_ = caches_
                .emplace_back(std::make_unique<Cache>(options, number_codec(),
                                                      service.add_region({.name = "test"}), *db_,
                                                      entropy_.u64(), metrics_))
                .get();
  }

  Cache::Loaded load(const std::string& key) {
    ++loads_;
    return db_->read(
        storage::kPlatform, [&](Transaction& tx) -> base::Result<std::optional<std::int64_t>> {
          std::optional<std::int64_t> value;
          ASHLAR_TRY(tx.query(kReadCounter, {std::stoll(key)},
                              [&](const storage::Row& row) { value = row.integer(0); }));
          return value;
        });
  }
  base::Result<Cache::Ptr> get(const std::string& key) {
    return near_->get(key, clock_.mono() + base::Seconds{60},
                      [this](const std::string& k) { return load(k); });
  }
  std::int64_t value(const std::string& key) {
    const auto found = get(key);
    EXPECT_TRUE(found.ok());
    return found.ok() && *found ? **found : -1;
  }
  void set(const std::string& key, std::int64_t value, bool publish) {
    FarChange change = near_->change({key});
    const base::Status done = db_->write(storage::kPlatform, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(tx.execute(storage::kSetCounter, {std::stoll(key), value}));
      publish ? near_->write_through(tx, change, value) : near_->invalidate(tx, change);
      return base::ok_status();
    });
    EXPECT_TRUE(done.ok());
    change.finish();
  }

  base::ManualClock clock_;
  base::SeededEntropy entropy_{3};
  obs::Registry metrics_;
  ModelFarStore far_store_{clock_};
  std::unique_ptr<storage::TestStore> store_ = storage::make_sqlite_test_store();
  std::unique_ptr<storage::Database> db_;
  // Like processes one after another; the earlier ones go on hearing of changes.
  std::vector<std::unique_ptr<CacheService>> services_;
  std::vector<std::unique_ptr<Cache>> caches_;
  Cache* near_ = nullptr;
  std::atomic<int> loads_{0};
};

TEST_F(NearCacheTest, LoadsOnceThenAnswersFromMemory) {
  set("1", 11, false);
  EXPECT_EQ(value("1"), 11);
  EXPECT_EQ(value("1"), 11);
  EXPECT_EQ(loads_, 1);
}

TEST_F(NearCacheTest, AChangeIsSeenByTheNextRead) {
  set("1", 11, false);
  EXPECT_EQ(value("1"), 11);
  set("1", 12, false);
  EXPECT_EQ(value("1"), 12);
  EXPECT_EQ(loads_, 2);
}

TEST_F(NearCacheTest, WriteThroughNeedsNoLoad) {
  set("1", 11, true);
  EXPECT_EQ(value("1"), 11);
  set("1", 12, true);
  EXPECT_EQ(value("1"), 12);
  EXPECT_EQ(loads_, 0);
}

TEST_F(NearCacheTest, AbsenceIsKeptForItsTime) {
  EXPECT_EQ(value("5"), -1);
  EXPECT_EQ(value("5"), -1);
  EXPECT_EQ(loads_, 1);
  set("5", 50, false);
  EXPECT_EQ(value("5"), 50);
}

TEST_F(NearCacheTest, AnotherProcessFindsItInTheFarCache) {
  set("1", 11, false);
  EXPECT_EQ(value("1"), 11);
  make(std::make_unique<ModelFarCache>(far_store_, ModelFarCache::Hooks{}), {});
  EXPECT_EQ(value("1"), 11);
  EXPECT_EQ(loads_, 1);
}

TEST_F(NearCacheTest, ADeadFarCacheFailsNothing) {
  make(
      std::make_unique<ModelFarCache>(
          far_store_, ModelFarCache::Hooks{.fault = [] { return ModelFarCache::Fault::kNotDone; }}),
      {});
  set("1", 11, false);
  EXPECT_EQ(value("1"), 11);
  set("1", 12, true);
  EXPECT_EQ(value("1"), 12);
}

TEST_F(NearCacheTest, AnErrorIsPassedOnAndNotKept) {
  const auto failing = [](const std::string&) -> Cache::Loaded {
    return base::fail(base::Code::kUnavailable, "storage_busy", "of the test");
  };
  const auto refused = near_->get("1", clock_.mono() + base::Seconds{1}, failing);
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "storage_busy");
  set("1", 11, false);
  EXPECT_EQ(value("1"), 11);
}

TEST_F(NearCacheTest, AfterAnErrorWhatIsPastItsTimeIsServed) {
  make(nullptr, {.ttl = Millis{1'000}, .stale_if_error = Millis{5'000}, .ttl_jitter = 0});
  set("1", 11, false);
  EXPECT_EQ(value("1"), 11);
  const auto failing = [](const std::string&) -> Cache::Loaded {
    return base::fail(base::Code::kUnavailable, "storage_busy", "of the test");
  };
  clock_.advance(Millis{2'000});
  const auto stale = near_->get("1", clock_.mono() + base::Seconds{1}, failing);
  ASSERT_TRUE(stale.ok());
  EXPECT_EQ(**stale, 11);
  clock_.advance(Millis{10'000});
  EXPECT_FALSE(near_->get("1", clock_.mono() + base::Seconds{1}, failing).ok());
}

TEST_F(NearCacheTest, KeysTooLongToKeepAreLoaded) {
  const std::string key(5'000, '0');
  int loads = 0;
  for (int i = 0; i < 2; ++i) {
    const auto found =
        near_->get(key, clock_.mono() + base::Seconds{1}, [&](const std::string&) -> Cache::Loaded {
          ++loads;
          return std::optional<std::int64_t>(4);
        });
    ASSERT_TRUE(found.ok());
  }
  EXPECT_EQ(loads, 2);
  FarChange change = near_->change({key});
  EXPECT_TRUE(change.keys().empty());
}

TEST_F(NearCacheTest, HotKeysAreThoseLastUsed) {
  for (int i = 0; i < 50; ++i) set(std::to_string(i), i, true);
  EXPECT_EQ(near_->hot_keys(1'000).size(), 50U);
  EXPECT_LE(near_->hot_keys(10).size(), 10U);
}

// Real threads on a real database: no read is older than what was acknowledged before it began.
TEST_F(NearCacheTest, ManyThreadsNeverReadWhatWasChangedBefore) {
  constexpr int kKeys = 3;
  std::array<std::atomic<std::int64_t>, kKeys> acknowledged{};
  std::array<std::mutex, kKeys> writing;
  std::atomic<bool> done{false};
  std::atomic<int> stale{0};
  std::atomic<int> reads{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      base::Random random(static_cast<std::uint64_t>(t) + 99);
      while (!done) {
        const auto k = static_cast<std::size_t>(random.below(kKeys));
        const std::int64_t floor = acknowledged[k].load();
        const std::int64_t seen = value(std::to_string(k));
        if (floor > 0 && seen < floor) ++stale;
        ++reads;
      }
    });
  }
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      base::Random random(static_cast<std::uint64_t>(t) + 7);
      for (int i = 0; i < 150; ++i) {
        const auto k = static_cast<std::size_t>(random.below(kKeys));
        const std::lock_guard lock(writing[k]);
        const std::int64_t next = acknowledged[k].load() + 1;
        set(std::to_string(k), next, random.chance(0.5));
        acknowledged[k].store(next);
      }
      done = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
  EXPECT_GT(reads, 100);
}

// Everybody asks for the same key at once: one loads.
TEST_F(NearCacheTest, AStampedeIsOneLoad) {
  constexpr int kThreads = 16;
  std::atomic<int> loads{0};
  std::atomic<int> waiting{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      ++waiting;
      const auto found = near_->get("9", clock_.mono() + base::Seconds{60},
                                    [&](const std::string&) -> Cache::Loaded {
                                      ++loads;
                                      while (waiting < kThreads) std::this_thread::yield();
                                      return std::optional<std::int64_t>(90);
                                    });
      EXPECT_TRUE(found.ok() && **found == 90);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(loads, 1);
}

}  // namespace
}  // namespace ashlar::cache
