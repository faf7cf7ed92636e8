// Who has answered, in any order, once; and who has not when time is over.
#include "platform/sagas/choreography.h"

#include <gtest/gtest.h>

#include "base/entropy.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/jobs/runner.h"
#include "platform/jobs/testing/jobs_fixture.h"

namespace ashlar::sagas {
namespace {

using jobs::kAlice;
using jobs::kBob;
using storage::Transaction;

class ChoreographyTest : public jobs::JobsFixture {
 protected:
  void SetUp() override {
    jobs::JobsFixture::SetUp();
    if (IsSkipped()) return;
    consumers_ = std::make_unique<events::Consumers>(events::Consumers::Options{.instance = "test"},
                                                     db(), clock_, metrics_, log_);
    runner_ = std::make_unique<jobs::Runner>(jobs(), db(), "test", clock_, metrics_, log_);
    review_ = std::make_unique<Choreography>(jobs(), outbox_, clock_);
    review_->define(
        {.kind = "order-review",
         .asks = "order.placed",
         .parties = {{"fraud", {"fraud.cleared", "fraud.found"}}, {"stock", {"stock.reserved"}}},
         .timeout = base::Seconds(600)});
    review_->join(*consumers_, *runner_);
    ASSERT_TRUE(consumers_->run_until_idle().ok());
  }

  void publish(const std::string& type, const std::string& correlation,
               base::TenantId tenant = kAlice) {
    const auto sent = as(tenant, [&](Transaction& tx) {
      events::NewEvent event;
      event.type = type;
      event.aggregate_type = "thing";
      event.aggregate_id = type;
      event.data =
          correlation.empty() ? R"({"other":1})" : R"({"correlation_id":")" + correlation + "\"}";
      return outbox_.append(tx, event);
    });
    ASSERT_TRUE(sent.ok()) << sent.error().detail;
  }
  void consume() { ASSERT_TRUE(consumers_->run_until_idle().ok()); }
  void pass(base::Seconds time) { pass(time, *review_); }
  void pass(base::Seconds time, Choreography& who) {
    advance(time);
    (void)jobs().tend();
    for (const auto& job : lease(10, kChoreographyTimeoutJob)) {
      const auto done = as(job.tenant, [&](Transaction& tx) -> base::Status {
        ASHLAR_ASSIGN(jobs::Outcome outcome, who.on_timeout(tx, job.payload));
        return jobs().end(tx, job.tenant, {job.ref, std::move(outcome)});
      });
      ASSERT_TRUE(done.ok()) << done.error().detail;
    }
  }
  // "open fraud(fraud.cleared) missing stock"
  std::string look(const std::string& correlation, base::TenantId tenant = kAlice) {
    const auto found = db().read(storage::Context::tenant(tenant),
                                 [&](Transaction& tx) { return review_->find(tx, correlation); });
    EXPECT_TRUE(found.ok());
    std::string text;
    for (const Correlation& one : *found) {
      text += one.state;
      for (const Answered& answer : one.answers)
        text += " " + answer.party + "(" + answer.type + ")";
      for (const std::string& party : one.missing) text += " missing " + party;
    }
    return text;
  }
  std::vector<std::string> published(const std::string& type) {
    static constexpr storage::Sql kAll{storage::Audience::kPlatform,
                                       "SELECT payload FROM outbox WHERE type = ?1 ORDER BY seq"};
    std::vector<std::string> found;
    const auto read = db().read(platform(), [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(tx.query(kAll, {type},
                          [&](const storage::Row& row) { found.emplace_back(row.text(0)); }));
      return base::ok_status();
    });
    EXPECT_TRUE(read.ok()) << read.error().detail;
    return found;
  }

  base::SeededEntropy entropy_{7};
  events::Outbox outbox_{clock_, entropy_, [] {}};
  std::unique_ptr<events::Consumers> consumers_;
  std::unique_ptr<jobs::Runner> runner_;
  std::unique_ptr<Choreography> review_;
};

INSTANTIATE_TEST_SUITE_P(Storage, ChoreographyTest, storage::both_engines(), storage::engine_name);

TEST_P(ChoreographyTest, ShowsWhoHasAnsweredAndEndsWithTheLast) {
  publish("order.placed", "o1");
  publish("fraud.cleared", "o1");
  publish("stock.reserved", "");          // no id: nobody's
  publish("stock.reserved", "o1", kBob);  // another tenant's is another
  consume();
  EXPECT_EQ(look("o1"), "open fraud(fraud.cleared) missing stock");
  publish("stock.reserved", "o1");
  consume();
  EXPECT_EQ(look("o1"), "complete fraud(fraud.cleared) stock(stock.reserved)");
  const auto told = published("order-review.complete");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("\"stock\":{\"correlation_id\":\"o1\"}"), std::string::npos) << told[0];
  pass(base::Seconds(601));
  EXPECT_TRUE(published("order-review.timed_out").empty());
}

TEST_P(ChoreographyTest, AnswersBeforeTheQuestionCount) {
  publish("stock.reserved", "o1");
  publish("fraud.found", "o1");
  consume();
  EXPECT_EQ(look("o1"), "early fraud(fraud.found) stock(stock.reserved)");
  publish("order.placed", "o1");
  consume();
  EXPECT_EQ(look("o1"), "complete fraud(fraud.found) stock(stock.reserved)");
}

TEST_P(ChoreographyTest, WhoeverIsMissingWhenTimeIsOverIsNamed) {
  publish("order.placed", "o1");
  publish("stock.reserved", "o1");
  consume();
  pass(base::Seconds(601));
  EXPECT_EQ(look("o1"), "timed_out stock(stock.reserved) missing fraud");
  const auto told = published("order-review.timed_out");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], R"({"correlation_id":"o1","missing":["fraud"]})");
  publish("fraud.cleared", "o1");
  consume();
  EXPECT_EQ(look("o1"), "timed_out fraud(fraud.cleared) stock(stock.reserved)");
  EXPECT_TRUE(published("order-review.complete").empty());
}

// An older instance beside a newer one takes the timer of a kind that it does not know.
TEST_P(ChoreographyTest, ATimerOfAnUnknownKindIsLeftToAnotherInstance) {
  publish("order.placed", "o1");
  consume();
  Choreography older(jobs(), outbox_, clock_);
  pass(base::Seconds(601), older);
  EXPECT_EQ(look("o1"), "open missing fraud missing stock");
  EXPECT_TRUE(published("order-review.timed_out").empty());
  pass(base::Seconds(16));
  EXPECT_EQ(look("o1"), "timed_out missing fraud missing stock");
  EXPECT_EQ(published("order-review.timed_out").size(), 1U);
}

TEST_P(ChoreographyTest, TheFirstAnswerOfAPartyCounts) {
  publish("order.placed", "o1");
  publish("order.placed", "o1");
  publish("fraud.cleared", "o1");
  publish("fraud.found", "o1");
  publish("stock.reserved", "o1");
  publish("stock.reserved", "o1");
  consume();
  EXPECT_EQ(published("order-review.complete").size(), 1U);
  const std::string seen = look("o1");
  EXPECT_EQ(seen.find("fraud.found") == std::string::npos,
            seen.find("fraud.cleared") != std::string::npos)
      << seen;
}

TEST_P(ChoreographyTest, EndedOnesGo) {
  publish("order.placed", "o1");
  publish("stock.reserved", "o1");
  publish("fraud.cleared", "o1");
  consume();
  const auto removed = db().write(platform(), [&](Transaction& tx) {
    return Choreography::remove_ended(tx, clock_.now() + base::Seconds(1), 100);
  });
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*removed, 1);
  EXPECT_EQ(look("o1"), "");
}

}  // namespace
}  // namespace ashlar::sagas
