#include "platform/http/admission.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/clock.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

using base::Millis;
constexpr auto kLive = Importance::kLive;
constexpr auto kBatch = Importance::kBatch;

class AdmissionTest : public testing::Test {
 protected:
  std::vector<Admission::Permit> enter(Importance importance, int times) {
    std::vector<Admission::Permit> permits;
    for (int i = 0; i < times; ++i) {
      auto permit = admission_.enter(importance);
      if (permit) permits.push_back(std::move(*permit));
    }
    return permits;
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  Admission admission_{"test", {.min = 10, .max = 50}, 1, clock_, metrics_};
};

TEST_F(AdmissionTest, RefusesNobodyBelowTheMinimum) {
  const auto batch = enter(kBatch, 10);
  EXPECT_EQ(batch.size(), 10U);
  EXPECT_EQ(admission_.in_flight(), 10U);
}

TEST_F(AdmissionTest, BatchThatHasTakenAllCannotKeepLiveOut) {
  const auto batch = enter(kBatch, 20);
  EXPECT_EQ(batch.size(), 10U);
  EXPECT_FALSE(admission_.has_room(kBatch));
  EXPECT_TRUE(admission_.has_room(kLive));
  const auto live = enter(kLive, 20);
  EXPECT_EQ(live.size(), 8U);  // its share, eight tenths of ten
  EXPECT_FALSE(admission_.has_room(kLive));
}

TEST_F(AdmissionTest, LiveThatHasTakenAllLeavesBatchItsShare) {
  const auto live = enter(kLive, 20);
  EXPECT_EQ(live.size(), 10U);
  const auto batch = enter(kBatch, 20);
  EXPECT_EQ(batch.size(), 2U);
}

TEST_F(AdmissionTest, APermitThatEndsMakesRoom) {
  {
    const auto live = enter(kLive, 10);
    EXPECT_FALSE(admission_.has_room(kLive));
  }
  EXPECT_TRUE(admission_.has_room(kLive));
  EXPECT_EQ(admission_.in_flight(), 0U);
}

// Requests that take as long as ever: the limit grows with the load, up to its maximum.
TEST_F(AdmissionTest, GrowsWhileTheTimeStaysAsItIs) {
  for (int round = 0; round < 400; ++round) {
    auto permits = enter(kLive, 50);
    clock_.advance(Millis{10});
    for (auto& permit : permits) permit.finished(true);
  }
  EXPECT_EQ(admission_.limit(), 50U);
}

// A server that does 1,000 a second whatever is asked of it: more at once only makes them wait.
TEST_F(AdmissionTest, ShrinksToTheMinimumWhenTheTimeGrows) {
  for (int round = 0; round < 400; ++round) {
    auto permits = enter(kLive, 50);
    clock_.advance(Millis{10});
    for (auto& permit : permits) permit.finished(true);
  }
  ASSERT_EQ(admission_.limit(), 50U);
  for (int round = 0; round < 60; ++round) {
    auto permits = enter(kLive, 50);
    clock_.advance(Millis{200});
    for (auto& permit : permits) permit.finished(true);
  }
  EXPECT_LE(admission_.limit(), 15U);
}

TEST_F(AdmissionTest, CountsWhoWasRefused) {
  admission_.count_refusal(kBatch);
  admission_.count_refusal(kBatch);
  const std::string text = metrics_.render();
  EXPECT_NE(text.find(R"(ashlar_admission_refused_total{lane="test",importance="batch"} 2)"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace ashlar::http
