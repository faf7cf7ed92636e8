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
      if (permit) {
        permits.push_back(std::move(*permit));
      } else {
        admission_.count_refusal(importance);
      }
    }
    return permits;
  }
  // As many as may, again and again; all of them take so long.
  void load(int rounds, Millis each) {
    for (int round = 0; round < rounds; ++round) {
      auto permits = enter(kLive, 50);
      clock_.advance(each);
      for (auto& permit : permits) permit.finished(true);
    }
  }
  void shrink() {
    load(400, Millis{10});
    load(60, Millis{200});
    ASSERT_EQ(admission_.limit(), 10U);
  }

  base::ManualClock clock_;
  obs::Registry metrics_;
  Admission admission_{"test", {.min = 10, .max = 50}, 1, clock_, metrics_};
};

TEST_F(AdmissionTest, TakesBurstsAsLongAsItWasNeverOverloaded) {
  const auto live = enter(kLive, 60);
  EXPECT_EQ(live.size(), 50U);
}

TEST_F(AdmissionTest, ForgetsAnOverloadThatIsOver) {
  shrink();
  clock_.advance(Millis{9'000});
  EXPECT_EQ(enter(kLive, 60).size(), 10U);
  clock_.advance(Millis{9'000});
  EXPECT_EQ(enter(kLive, 60).size(), 10U);
  clock_.advance(Millis{10'000});
  EXPECT_EQ(enter(kLive, 60).size(), 50U);
}

TEST_F(AdmissionTest, RefusesNobodyBelowTheMinimum) {
  shrink();
  const auto batch = enter(kBatch, 20);
  EXPECT_EQ(batch.size(), 10U);
  EXPECT_EQ(admission_.in_flight(), 10U);
}

TEST_F(AdmissionTest, BatchThatHasTakenAllCannotKeepLiveOut) {
  shrink();
  const auto batch = enter(kBatch, 20);
  EXPECT_FALSE(admission_.has_room(kBatch));
  EXPECT_TRUE(admission_.has_room(kLive));
  const auto live = enter(kLive, 20);
  EXPECT_EQ(live.size(), 8U);  // its share, eight tenths of ten
  EXPECT_FALSE(admission_.has_room(kLive));
}

TEST_F(AdmissionTest, LiveThatHasTakenAllLeavesBatchItsShare) {
  shrink();
  const auto live = enter(kLive, 20);
  EXPECT_EQ(live.size(), 10U);
  const auto batch = enter(kBatch, 20);
  EXPECT_EQ(batch.size(), 2U);
}

TEST_F(AdmissionTest, APermitThatEndsMakesRoom) {
  {
    const auto live = enter(kLive, 50);
    EXPECT_FALSE(admission_.has_room(kLive));
  }
  EXPECT_TRUE(admission_.has_room(kLive));
  EXPECT_EQ(admission_.in_flight(), 0U);
}

TEST_F(AdmissionTest, KeepsItsSizeWhileTheTimeStaysAsItIs) {
  load(400, Millis{10});
  EXPECT_EQ(admission_.limit(), 50U);
}

TEST_F(AdmissionTest, GrowsAgainWhenTheTimeIsWhatItWas) {
  shrink();
  load(1500, Millis{10});
  EXPECT_EQ(admission_.limit(), 50U);
}

TEST_F(AdmissionTest, CountsWhoWasRefused) {
  admission_.count_refusal(kBatch);
  admission_.count_refusal(kBatch);
  const std::string text = metrics_.render();
  EXPECT_NE(text.find(R"(ashlar_admission_refused_total{importance="batch",lane="test"} 2)"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace ashlar::http
