#include "platform/cache/counter_buffer.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "platform/cache/testing/sim_source.h"

namespace ashlar::cache {
namespace {

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kMaintenance);

// Commits and then says that it did not, now and then; or does not.
class CounterBufferTest : public testing::Test {
 protected:
  CounterBuffer make(std::size_t max_keys) {
    return CounterBuffer(max_keys,
                         {.claim = [this](storage::Transaction& tx, std::int64_t writer,
                                          std::int64_t seq) -> base::Result<bool> {
                            if (claimed_.contains({writer, seq})) return false;
                            tx.on_commit([this, writer, seq] { claimed_.insert({writer, seq}); });
                            return true;
                          },
                          .apply = [this](storage::Transaction& tx,
                                          const CounterBuffer::Batch& batch) -> base::Status {
                            tx.on_commit([this, batch] {
                              for (const auto& [key, amount] : batch) written_[key] += amount;
                            });
                            return base::ok_status();
                          }},
                         entropy_);
  }

  base::SeededEntropy entropy_{5};
  std::set<std::pair<std::int64_t, std::int64_t>> claimed_;
  std::map<std::string, std::int64_t> written_;
};

// A database whose commits fail before, or are done and their answers lost.
class UnsureDatabase final : public storage::Database {
 public:
  explicit UnsureDatabase(std::uint64_t seed) : random_(seed) {}

  void subscribe(std::string, std::function<void(const Notice&)>) override {}
  [[nodiscard]] storage::Dialect dialect() const override { return storage::Dialect::kSqlite; }
  base::Status ping(base::Mono) override { return base::ok_status(); }
  base::Result<std::string> check_integrity() override { return std::string(); }

 protected:
  class Tx final : public storage::Transaction {
   public:
    base::Result<std::int64_t> execute(const storage::Sql&,
                                       std::initializer_list<storage::Param>) override {
      return 0;
    }
    base::Result<std::int64_t> query(const storage::Sql&, std::initializer_list<storage::Param>,
                                     const storage::RowSink&) override {
      return 0;
    }
    void on_commit(std::function<void()> run) override { runs.push_back(std::move(run)); }
    void notify(std::string_view, std::string_view) override {}
    [[nodiscard]] const storage::Context& context() const override { return kContext; }
    std::vector<std::function<void()>> runs;
  };

  base::Status run_body(const storage::Context&, Mode, const Body& body) override {
    Tx tx;
    ASHLAR_TRY(body(tx));
    if (random_.chance(0.2)) return broken();
    for (const auto& run : tx.runs) run();  // what the commit has made true
    if (random_.chance(0.2)) return broken();
    return base::ok_status();
  }

 private:
  static base::Error broken() {
    return base::fail(base::Code::kUnavailable, "storage_unavailable", "of the test");
  }
  base::Random random_;
};

TEST_F(CounterBufferTest, EveryAmountIsWrittenExactlyOnceWhateverCommitsSay) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    written_.clear();
    claimed_.clear();
    CounterBuffer buffer = make(1'000);
    UnsureDatabase db(seed);
    base::Random random(seed);
    std::map<std::string, std::int64_t> added;
    for (int i = 0; i < 500; ++i) {
      const std::string key = std::to_string(random.below(20));
      const auto amount = static_cast<std::int64_t>(random.below(10));
      ASSERT_TRUE(buffer.add(key, amount));
      added[key] += amount;
      // What fails waits for the next one.
      if (random.chance(0.1)) static_cast<void>(buffer.flush(db, kContext));
    }
    int tries = 0;
    while (!buffer.flush(db, kContext).ok()) ASSERT_LT(++tries, 100);
    EXPECT_EQ(written_, added) << "seed " << seed;
    EXPECT_EQ(buffer.waiting(), 0U);
  }
}

TEST_F(CounterBufferTest, IsBoundedAndCountsWhatItRefuses) {
  CounterBuffer buffer = make(2);
  EXPECT_TRUE(buffer.add("a", 1));
  EXPECT_TRUE(buffer.add("b", 1));
  EXPECT_FALSE(buffer.add("c", 1));
  EXPECT_TRUE(buffer.add("a", 1));
  EXPECT_EQ(buffer.dropped(), 1U);
}

}  // namespace
}  // namespace ashlar::cache
