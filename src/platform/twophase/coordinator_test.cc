// Money moves between two PostgreSQL databases, and the coordinator stops at each point: afterwards
// it has moved wholly or not at all, and nothing is left prepared. (With a process that is really
// killed: test/twophase.)
#include "platform/twophase/coordinator.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "platform/observability/log.h"
#include "platform/storage/postgres_link.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::twophase {
namespace {

using storage::Dialect;
using storage::Transaction;

struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("stopped by the test") {}
};

// Home on either engine; the branches are two databases of the test's server.
class CoordinatorTest : public ::testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    for (auto& branch : branches_) {
      branch = storage::make_postgres_test_store();
      if (branch == nullptr) GTEST_SKIP() << storage::kNoPostgres;
      branch->run_script(
          "CREATE TABLE accounts (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL CHECK (amount >= "
          "0)); INSERT INTO accounts VALUES (1, 1000)");
    }
    store_ = storage::make_product_store(GetParam());
    home_ = std::move(store_->open()).value();
  }

  Coordinator::Options options(base::Seconds grace = base::Seconds(0)) {
    return {.name = "test",
            .branches = {{"left", branches_[0]->url()}, {"right", branches_[1]->url()}},
            .max_running = 4,
            .grace = grace,
            .keep_decisions = base::Seconds(3600)};
  }
  std::unique_ptr<Coordinator> make(Coordinator::Options given) {
    return std::make_unique<Coordinator>(std::move(given), *home_, clock_, entropy_, metrics_,
                                         log_);
  }

  // 10 from left to right.
  static std::vector<Work> transfer(std::int64_t amount = 10) {
    const auto change = [](std::int64_t by) {
      return [by](Session& session) -> base::Status {
        ASHLAR_ASSIGN(const std::int64_t rows,
                      session.execute("UPDATE accounts SET amount = amount + $1::bigint"
                                      " WHERE id = $2::bigint",
                                      {std::to_string(by), "1"}));
        EXPECT_EQ(rows, 1);
        return base::ok_status();
      };
    };
    return {{"left", change(-amount)}, {"right", change(amount)}};
  }

  std::string ask(std::size_t branch, const char* sql) {
    auto link = storage::connect_postgres(branches_[branch]->url(), base::Seconds(5));
    EXPECT_TRUE(link.ok());
    std::string answer;
    Session session(link->get());
    const base::Status asked =
        session.query(sql, {}, [&](const auto& at) { answer = at(0).value_or("NULL"); });
    EXPECT_TRUE(asked.ok()) << asked.error().detail;
    return answer;
  }
  std::string amount(std::size_t branch) { return ask(branch, "SELECT amount FROM accounts"); }
  std::string prepared(std::size_t branch) {
    return ask(branch,
               "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()");
  }
  std::int64_t decisions() {
    static constexpr storage::Sql kCount{storage::Audience::kPlatform,
                                         "SELECT count(*) FROM twophase_decisions"};
    const auto count = home_->read(
        storage::Context::platform(storage::PlatformUse::kSagas),
        [](Transaction& tx) -> base::Result<std::int64_t> {
          std::int64_t n = -1;
          ASHLAR_TRY(tx.query(kCount, {}, [&](const storage::Row& row) { n = row.integer(0); }));
          return n;
        });
    return count.ok() ? *count : -1;
  }
  void expect_amounts(const std::string& left, const std::string& right) {
    EXPECT_EQ(amount(0), left);
    EXPECT_EQ(amount(1), right);
    EXPECT_EQ(prepared(0), "0");
    EXPECT_EQ(prepared(1), "0");
  }

  std::array<std::unique_ptr<storage::PostgresTestStore>, 2> branches_;
  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> home_;
  base::ManualClock clock_;
  base::SystemEntropy entropy_;  // gids are the server's: two runs of the tests must not meet
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
};

INSTANTIATE_TEST_SUITE_P(Storage, CoordinatorTest, storage::both_engines(), storage::engine_name);

std::string reason(const base::Result<Coordinator::Done>& result) {
  return result.ok() ? "ok" : std::string(result.error().reason);
}

TEST_P(CoordinatorTest, MovesInBothOrInNeither) {
  const auto coordinator = make(options());
  ASSERT_TRUE(coordinator->check().ok());
  const auto done = coordinator->run(transfer());
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_TRUE(done->settled);
  expect_amounts("990", "1010");

  // The second branch refuses: CHECK (amount >= 0).
  auto wrong = transfer(-2000);
  EXPECT_EQ(reason(coordinator->run(wrong)), "storage_constraint");
  expect_amounts("990", "1010");
  const std::vector<Work> nowhere{{"middle", wrong[0].run}};
  EXPECT_EQ(reason(coordinator->run(nowhere)), "twophase_unknown_branch");
}

TEST_P(CoordinatorTest, WorkAtHomeIsPartOfIt) {
  static constexpr storage::Sql kNote{storage::Audience::kPlatform,
                                      "INSERT INTO settings (key, value) VALUES (?1, ?2)"};
  const auto note = [](Transaction& tx) -> base::Status {
    ASHLAR_TRY(tx.execute(kNote, {"moved", storage::Blob{"10"}}));
    return base::ok_status();
  };
  const auto coordinator = make(options());
  ASSERT_TRUE(coordinator->run(transfer(), note).ok());
  expect_amounts("990", "1010");
  // The note is there already: nothing moves either.
  EXPECT_EQ(reason(coordinator->run(transfer(), note)), "storage_duplicate");
  expect_amounts("990", "1010");
}

TEST_P(CoordinatorTest, WhereverItStopsNothingIsHalfDone) {
  struct Case {
    Point point;
    bool moved;
  };
  const std::array<Case, 6> cases{{{Point::kWorked, false},
                                   {Point::kPreparedFirst, false},
                                   {Point::kPreparedAll, false},
                                   {Point::kDecided, true},
                                   {Point::kCommittedFirst, true},
                                   {Point::kCommittedAll, true}}};
  std::int64_t left = 1000;
  for (const Case& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.point));
    auto stopping = options();
    stopping.reached = [&](Point point) {
      if (point == c.point) throw Stopped();
    };
    EXPECT_THROW((void)make(std::move(stopping))->run(transfer()), Stopped);
    const auto again = make(options());
    const auto recovered = again->recover();
    ASSERT_TRUE(recovered.ok()) << recovered.error().detail;
    if (c.moved) left -= 10;
    expect_amounts(std::to_string(left), std::to_string(2000 - left));
    const auto nothing = again->recover();
    ASSERT_TRUE(nothing.ok());
    EXPECT_EQ(nothing->committed + nothing->aborted, 0);
  }
}

TEST_P(CoordinatorTest, OneThatIsSlowFindsThatRecoveryHasAbortedIt) {
  const auto other = make(options());
  auto slow = options();
  slow.reached = [&](Point point) {
    if (point != Point::kPreparedAll) return;
    const auto recovered = other->recover();
    ASSERT_TRUE(recovered.ok());
    EXPECT_EQ(recovered->aborted, 2);
  };
  EXPECT_EQ(reason(make(std::move(slow))->run(transfer())), "twophase_aborted");
  expect_amounts("1000", "1000");
}

TEST_P(CoordinatorTest, RecoveryBesideOneThatHasDecidedCommits) {
  const auto other = make(options());
  auto slow = options();
  slow.reached = [&](Point point) {
    if (point != Point::kDecided) return;
    const auto recovered = other->recover();
    ASSERT_TRUE(recovered.ok());
    EXPECT_EQ(recovered->committed, 2);
  };
  const auto done = make(std::move(slow))->run(transfer());
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done->settled) << "what is committed already is as good";
  expect_amounts("990", "1010");
}

TEST_P(CoordinatorTest, AYoungOneIsLeftAlone) {
  auto stopping = options();
  stopping.reached = [](Point point) {
    if (point == Point::kPreparedAll) throw Stopped();
  };
  EXPECT_THROW((void)make(std::move(stopping))->run(transfer()), Stopped);
  const auto waited = make(options(base::Seconds(600)))->recover();
  ASSERT_TRUE(waited.ok());
  EXPECT_EQ(waited->waiting, 2);
  EXPECT_EQ(waited->aborted, 0);
  const auto text = metrics_.render();
  EXPECT_NE(text.find("ashlar_twophase_prepared 2"), std::string::npos);
  ASSERT_TRUE(make(options())->recover().ok());
  expect_amounts("1000", "1000");
}

// Other programs prepare transactions too, with names that they choose.
TEST_P(CoordinatorTest, OthersPreparedTransactionsAreNotTouched) {
  const std::string unique = entropy_.base62(8);
  const std::array<std::string, 5> foreign{
      "billing-" + unique, "ashlar2pc:test2:" + unique + ":left", "ashlar2pc:test:x_" + unique,
      "ashlar2pc:test:" + unique + ":right", "ashlar2pc:test:a-" + unique + ":left"};
  for (std::size_t i = 0; i < foreign.size(); ++i) {
    branches_[0]->run_script("BEGIN; INSERT INTO accounts VALUES (" + std::to_string(100 + i) +
                             ", 1); PREPARE TRANSACTION '" + foreign[i] + "'");
  }
  const auto recovered = make(options())->recover();
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered->aborted + recovered->committed, 0);
  EXPECT_EQ(prepared(0), std::to_string(foreign.size()));
  for (const std::string& gid : foreign) {
    branches_[0]->run_script("ROLLBACK PREPARED '" + gid + "'");
  }
}

TEST_P(CoordinatorTest, ADecisionIsForgottenWhenAllBranchesHaveIt) {
  auto stopping = options();
  stopping.reached = [](Point point) {
    if (point == Point::kDecided) throw Stopped();
  };
  EXPECT_THROW((void)make(std::move(stopping))->run(transfer()), Stopped);
  clock_.advance(base::Seconds(3601));
  auto one_sided = options();
  one_sided.branches[1].url = "postgres://nobody@127.0.0.1:1/nowhere?connect_timeout=1";
  const auto half = make(std::move(one_sided))->recover();
  ASSERT_TRUE(half.ok());
  EXPECT_EQ(half->committed, 1);
  EXPECT_EQ(half->unreachable, 1);
  EXPECT_EQ(half->forgotten, 0);
  EXPECT_EQ(decisions(), 1) << "the other branch needs it still";
  const auto coordinator = make(options());
  const auto rest = coordinator->recover();
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->committed, 1);
  expect_amounts("990", "1010");
  ASSERT_TRUE(coordinator->recover().ok());
  EXPECT_EQ(decisions(), 0);
}

TEST_P(CoordinatorTest, ABranchThatGoesAwayAfterTheDecisionLearnsOfItLater) {
  const auto coordinator = [&] {
    auto cutting = options();
    cutting.reached = [this, cut = false](Point point) mutable {
      if (point != Point::kDecided || std::exchange(cut, true)) return;
      branches_[1]->run_script(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
          "current_database() AND pid <> pg_backend_pid()");
    };
    return make(std::move(cutting));
  }();
  const auto done = coordinator->run(transfer());
  ASSERT_TRUE(done.ok()) << "it is decided";
  EXPECT_FALSE(done->settled);
  EXPECT_EQ(amount(1), "1000");
  ASSERT_TRUE(coordinator->recover().ok());
  expect_amounts("990", "1010");
  EXPECT_TRUE(coordinator->run(transfer()).ok()) << "the dead connection was not kept";
}

TEST_P(CoordinatorTest, MoreThanItMayAreRefused) {
  const auto coordinator = make(options());
  std::vector<std::string> outcomes;  // of the innermost first
  std::vector<Work> nested = transfer();
  nested[0].run = [&](Session&) {
    if (outcomes.empty()) outcomes.push_back(reason(coordinator->run(nested)));
    return base::fail(base::Code::kConflict, "enough", "");
  };
  (void)coordinator->run(nested);
  EXPECT_EQ(outcomes.front(), "twophase_busy") << "the fifth of at most four";
  expect_amounts("1000", "1000");
}

TEST_P(CoordinatorTest, ManyAtOnceKeepTheSum) {
  const auto coordinator = make(options(base::Seconds(30)));
  std::vector<std::thread> threads;
  std::atomic<int> moved{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) moved += coordinator->run(transfer()).ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(moved, 0);
  expect_amounts(std::to_string(1000 - 10 * moved), std::to_string(1000 + 10 * moved));
}

}  // namespace
}  // namespace ashlar::twophase
