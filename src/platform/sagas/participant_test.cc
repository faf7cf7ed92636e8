// The side that is called: once, whatever is asked how often and in which order.
#include "platform/sagas/participant.h"

#include <gtest/gtest.h>

#include "platform/jobs/testing/jobs_fixture.h"

namespace ashlar::sagas {
namespace {

using storage::Transaction;

class ParticipantTest : public jobs::JobsFixture {
 protected:
  std::string act(const std::string& key, base::TenantId tenant = jobs::kAlice) {
    const auto answer = as(tenant, [&](Transaction& tx) {
      return participant_.do_once(tx, key, [&](Transaction&) -> base::Result<Told> {
        if (fails_) return base::fail(base::Code::kUnavailable, "busy", "");
        if (refuses_) return Told::refusal("sold out");
        return Told::done("reserved " + std::to_string(++done_));
      });
    });
    if (!answer.ok()) return answer.error().reason;
    return (answer->refused ? "no: " : "") + answer->answer;
  }
  std::string undo(const std::string& key) {
    const auto undone = as(jobs::kAlice, [&](Transaction& tx) {
      return participant_.undo_once(tx, key,
                                    [&](Transaction&, std::string_view answer) -> base::Status {
                                      taken_back_ += answer;
                                      return base::ok_status();
                                    });
    });
    if (!undone.ok()) return undone.error().reason;
    return *undone == Undone::kTakenBack   ? "taken back"
           : *undone == Undone::kNeverCame ? "never came"
                                           : "was already";
  }

  Participant participant_{clock_};
  int done_ = 0;
  bool fails_ = false;
  bool refuses_ = false;
  std::string taken_back_;
};

INSTANTIATE_TEST_SUITE_P(Storage, ParticipantTest, storage::both_engines(), storage::engine_name);

TEST_P(ParticipantTest, ActsOnceAndAnswersTheSameAgain) {
  EXPECT_EQ(act("saga-1-a-reserve"), "reserved 1");
  EXPECT_EQ(act("saga-1-a-reserve"), "reserved 1");
  EXPECT_EQ(act("saga-2-a-reserve"), "reserved 2");
  EXPECT_EQ(act("saga-1-a-reserve", jobs::kBob), "reserved 3") << "another tenant's is another";
  EXPECT_EQ(done_, 3);
}

TEST_P(ParticipantTest, WhatFailedIsNotNoted) {
  fails_ = true;
  EXPECT_EQ(act("saga-1-a-reserve"), "busy");
  fails_ = false;
  EXPECT_EQ(act("saga-1-a-reserve"), "reserved 1");
}

// Mutation 8 of test/models/saga.pml: the saga turned back on the refusal, and the late call of an
// earlier attempt would take it past its pivot.
TEST_P(ParticipantTest, ARefusalIsKept) {
  refuses_ = true;
  EXPECT_EQ(act("saga-1-a-charge"), "no: sold out");
  refuses_ = false;
  EXPECT_EQ(act("saga-1-a-charge"), "no: sold out");
  EXPECT_EQ(done_, 0);
  EXPECT_EQ(act("saga-2-a-charge"), "reserved 1") << "another saga's is another";
  EXPECT_EQ(undo("saga-1-a-charge-undo"), "never came");
  EXPECT_EQ(taken_back_, "");
  EXPECT_EQ(act("saga-1-a-charge"), "saga_step_undone");
}

TEST_P(ParticipantTest, TakesBackOnce) {
  EXPECT_EQ(act("saga-1-a-reserve"), "reserved 1");
  EXPECT_EQ(undo("saga-1-a-reserve-undo"), "taken back");
  EXPECT_EQ(undo("saga-1-a-reserve-undo"), "was already");
  EXPECT_EQ(taken_back_, "reserved 1");
  EXPECT_EQ(act("saga-1-a-reserve"), "saga_step_undone");
}

TEST_P(ParticipantTest, AnActionAfterItsCompensationDoesNothing) {
  EXPECT_EQ(undo("saga-1-a-reserve-undo"), "never came");
  EXPECT_EQ(act("saga-1-a-reserve"), "saga_step_undone");
  EXPECT_EQ(done_, 0);
}

TEST_P(ParticipantTest, KeysHaveBounds) {
  EXPECT_EQ(act(""), "saga_key_invalid");
  EXPECT_EQ(act(std::string(256, 'k')), "saga_key_invalid");
}

}  // namespace
}  // namespace ashlar::sagas
