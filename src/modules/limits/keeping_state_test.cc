#include "modules/limits/keeping_state.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "modules/limits/memory_state.h"
#include "modules/limits/testing/oracle_run.h"

namespace ashlar::limits {
namespace {

constexpr base::Mono kStart{std::chrono::seconds(1'700'000'000)};

// The shared count, which answers when it is told to, as Redis does.
class LateState final : public LimitState {
 public:
  void decide(Batch& batch, base::Mono now) override {
    asked.push_back(batch.asks);
    waiting_.push_back({&batch, now});
  }
  void answer() {
    const std::vector<Waiting> all = std::exchange(waiting_, {});
    for (const Waiting& each : all) counts.decide(*each.batch, each.now);
  }

  MemoryState counts{{}, {3, 4}};
  std::vector<std::vector<Ask>> asked;

 private:
  struct Waiting {
    Batch* batch;
    base::Mono now;
  };
  std::vector<Waiting> waiting_;
};

class KeepingStateTest : public testing::Test {
 protected:
  static std::shared_ptr<const Limit> limit(Keeping keeping, std::uint64_t amount,
                                            const std::string& name, bool shadow = false) {
    return *Limit::make({.name = name,
                         .amount = amount,
                         .period = std::chrono::hours(1),
                         .shadow = shadow,
                         .keeping = keeping},
                        name);
  }
  CountedBatch decided(std::vector<Ask> asks, Consume consume = Consume::kAllOrNone) {
    CountedBatch batch;
    batch.asks = std::move(asks);
    batch.consume = consume;
    state_.decide(batch, kStart);
    shared_.answer();
    EXPECT_EQ(batch.decided, 1);
    return batch;
  }
  std::uint64_t left(const Limit& of) {
    return decided({{&of, "k", 0, Action::kPeek}}).outcomes[0].decision.remaining;
  }

  MemoryState local_{{}, {1, 2}};
  LateState shared_;
  KeepingState state_{local_, shared_};

  const std::shared_ptr<const Limit> near_ = limit(Keeping::kLocal, 3, "near");
  const std::shared_ptr<const Limit> far_ = limit(Keeping::kExact, 5, "far");
};

TEST_F(KeepingStateTest, AsksEachCountWhereItIsKept) {
  EXPECT_TRUE(decided({{near_.get(), "k"}}).allowed);
  EXPECT_TRUE(shared_.asked.empty());
  EXPECT_TRUE(decided({{far_.get(), "k"}}).allowed);
  EXPECT_EQ(shared_.asked.size(), 1);
}

TEST_F(KeepingStateTest, AnswersABatchOfBothInTheOrderOfItsAsks) {
  const auto batch = decided({{far_.get(), "k"}, {near_.get(), "k", 2}, {far_.get(), "other"}});
  EXPECT_TRUE(batch.allowed);
  ASSERT_EQ(batch.outcomes.size(), 3);
  EXPECT_EQ(batch.outcomes[0].decision.remaining, 4);
  EXPECT_EQ(batch.outcomes[1].decision.remaining, 1);
  EXPECT_EQ(batch.outcomes[2].decision.remaining, 4);
}

TEST_F(KeepingStateTest, TakesNothingOfTheSharedCountWhereTheLocalOneRefuses) {
  const auto batch = decided({{far_.get(), "k"}, {near_.get(), "k", 4}});
  EXPECT_FALSE(batch.allowed);
  EXPECT_FALSE(batch.outcomes[0].over());
  EXPECT_TRUE(batch.outcomes[1].over());
  EXPECT_EQ(left(*far_), 5);
  EXPECT_EQ(left(*near_), 3);
}

TEST_F(KeepingStateTest, GivesBackWhatWasTakenHereWhereTheSharedCountRefuses) {
  const auto batch = decided({{far_.get(), "k", 6}, {near_.get(), "k", 2}});
  EXPECT_FALSE(batch.allowed);
  EXPECT_EQ(left(*far_), 5);
  EXPECT_EQ(left(*near_), 3);
}

TEST_F(KeepingStateTest, GivesNothingBackThatAShadowLimitDidNotTake) {
  const auto watching = limit(Keeping::kLocal, 1, "watching", true);
  EXPECT_TRUE(decided({{watching.get(), "k"}}).allowed);
  EXPECT_FALSE(decided({{far_.get(), "k", 6}, {watching.get(), "k"}}).allowed);
  EXPECT_EQ(left(*watching), 0);
}

TEST_F(KeepingStateTest, CountsRefusedRequestsWhereThatIsAskedFor) {
  EXPECT_FALSE(decided({{far_.get(), "k", 6}, {near_.get(), "k", 2}}, Consume::kEach).allowed);
  EXPECT_EQ(left(*far_), 0);
  EXPECT_EQ(left(*near_), 1);
}

TEST_F(KeepingStateTest, RefundsAndChargesHappenInARefusedBatchToo) {
  EXPECT_TRUE(decided({{near_.get(), "k", 2}, {far_.get(), "k", 4}}).allowed);
  const auto none = limit(Keeping::kExact, 0, "none");
  EXPECT_FALSE(decided({{none.get(), "k"},
                        {near_.get(), "k", 1, Action::kRefund},
                        {far_.get(), "k", 1, Action::kCharge}})
                   .allowed);
  EXPECT_EQ(left(*near_), 2);
  EXPECT_EQ(left(*far_), 0);
}

// Beside one state that keeps all: while nobody comes in between, the two say the same.
TEST_F(KeepingStateTest, AgreesWithOneStateThatKeepsAll) {
  const std::vector<std::shared_ptr<const Limit>> limits{
      limit(Keeping::kLocal, 400, "a"), limit(Keeping::kExact, 500, "b"),
      limit(Keeping::kLocal, 300, "c", true), limit(Keeping::kExact, 600, "d")};
  MemoryState one({}, {5, 6});
  base::Random random(7);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    CountedBatch batch;
    for (const auto& each : limits) {
      if (!random.chance(0.6)) continue;
      const bool back = random.chance(0.3);
      batch.asks.push_back({each.get(), random.chance(0.5) ? "x" : "y", random.below(4),
                            back ? Action::kRefund : Action::kTake});
    }
    if (batch.asks.empty()) continue;
    CountedBatch same;
    same.asks = batch.asks;
    one.decide(same, kStart);
    state_.decide(batch, kStart);
    shared_.answer();
    ASSERT_EQ(batch.allowed, same.allowed) << i;
    for (std::size_t k = 0; k < same.asks.size(); ++k) {
      ASSERT_EQ(batch.outcomes[k].over(), same.outcomes[k].over()) << i;
    }
    refused += same.allowed ? 0 : 1;
  }
  EXPECT_GT(refused, 1'000);
}

}  // namespace
}  // namespace ashlar::limits
