// The three classes of errors, each injected (librdkafka's mock cluster): what the producer makes
// of them. facts: abortable: abort, rewind, begin; retriable: again; fatal, fenced: rebuild.
#include "platform/kafka/producer.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include "base/clock.h"
#include "platform/kafka/testing/mock_kafka.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::kafka {
namespace {

class KafkaProducerTest : public testing::Test {
 protected:
  // One cluster for all of them: its end takes a second.
  static void SetUpTestSuite() { world_ = std::make_unique<World>(); }
  static void TearDownTestSuite() { world_.reset(); }
  void TearDown() override { world_->kafka.mend(); }

  std::unique_ptr<Producer> make() {
    auto producer = Producer::create(
        {.connection = kafka_.connection(),
         .transactional_id = testing::UnitTest::GetInstance()->current_test_info()->name(),
         .transaction_timeout = base::Millis{10'000},
         .message_timeout = base::Millis{5'000}},
        clock_, log_, stopping_);
    EXPECT_TRUE(producer.ok());
    return std::move(producer).value();
  }
  std::unique_ptr<Producer> ready() {
    auto producer = make();
    EXPECT_EQ(producer->init(soon()), Outcome::kDone) << producer->problem();
    return producer;
  }
  base::Mono soon() const { return clock_.mono() + base::Seconds{20}; }
  static Record record(std::string value = "x") {
    return {.topic = "t", .key = "k", .value = std::move(value), .headers = {{"a", "b"}}};
  }
  Outcome write_one(Producer& producer, std::int64_t tag = 1) {
    EXPECT_EQ(producer.begin(), Outcome::kDone) << producer.problem();
    const Outcome produced = producer.produce(record(), tag, soon());
    return produced == Outcome::kDone ? producer.commit(soon()) : produced;
  }

  struct World {
    base::SystemClock clock;
    obs::Registry registry;
    obs::Log log{obs::Level::kOff, 2, clock, registry};
    MockKafka kafka{log};
  };
  static inline std::unique_ptr<World> world_;
  base::Clock& clock_ = world_->clock;
  obs::Log& log_ = world_->log;
  MockKafka& kafka_ = world_->kafka;
  std::atomic<bool> stopping_{false};
};

TEST_F(KafkaProducerTest, CommitsOneTransactionAfterTheOther) {
  auto producer = ready();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(write_one(*producer), Outcome::kDone);
  EXPECT_TRUE(producer->refused().empty());
}

TEST_F(KafkaProducerTest, RetriableErrorsAreTriedAgain) {
  kafka_.fail_next(Api::kInitProducerId, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                                          RD_KAFKA_RESP_ERR_NOT_COORDINATOR});
  auto producer = ready();
  kafka_.fail_next(Api::kAddPartitions, {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
                                         RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE});
  kafka_.fail_next(Api::kEndTransaction,
                   {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                    RD_KAFKA_RESP_ERR__TRANSPORT});
  EXPECT_EQ(write_one(*producer), Outcome::kDone) << producer->problem();
  kafka_.fail_next(Api::kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                   RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  EXPECT_EQ(write_one(*producer), Outcome::kDone) << producer->problem();
}

TEST_F(KafkaProducerTest, AbortableErrorsAreAbortedAndTheNextTransactionIsFine) {
  auto producer = ready();
  kafka_.fail_next(Api::kAddPartitions, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  EXPECT_EQ(write_one(*producer), Outcome::kSpoilt);
  EXPECT_FALSE(producer->problem().empty());
  EXPECT_EQ(producer->abort(soon()), Outcome::kDone) << producer->problem();
  EXPECT_FALSE(producer->fenced());
  EXPECT_EQ(write_one(*producer), Outcome::kDone) << producer->problem();
}

TEST_F(KafkaProducerTest, ARecordThatIsTooLargeForTheBrokerIsNamed) {
  auto producer = ready();
  kafka_.fail_next(Api::kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  EXPECT_EQ(write_one(*producer, 42), Outcome::kSpoilt);
  ASSERT_EQ(producer->refused().size(), 1U);
  EXPECT_EQ(producer->refused()[0].tag, 42);
  EXPECT_EQ(producer->abort(soon()), Outcome::kDone) << producer->problem();
  producer = ready();  // there is a hole in the numbers of the old one
  EXPECT_EQ(write_one(*producer, 43), Outcome::kDone) << producer->problem();
  EXPECT_TRUE(producer->refused().empty());
}

TEST_F(KafkaProducerTest, ARecordThatIsTooLargeForUsIsNamed) {
  auto producer = ready();
  ASSERT_EQ(producer->begin(), Outcome::kDone);
  EXPECT_EQ(producer->produce(record(std::string(2'000'000, 'x')), 7, soon()), Outcome::kSpoilt);
  ASSERT_EQ(producer->refused().size(), 1U);
  EXPECT_EQ(producer->refused()[0].tag, 7);
  EXPECT_EQ(producer->abort(soon()), Outcome::kDone) << producer->problem();
  EXPECT_EQ(write_one(*producer), Outcome::kDone) << producer->problem();
}

class KafkaProducerFencedTest : public KafkaProducerTest,
                                public testing::WithParamInterface<std::pair<Api, int>> {};

TEST_P(KafkaProducerFencedTest, FencedIsTheEndOfTheProducer) {
  auto producer = ready();
  kafka_.fail_next(GetParam().first, {GetParam().second});
  EXPECT_EQ(write_one(*producer), Outcome::kBroken);
  EXPECT_TRUE(producer->fenced()) << producer->problem();
  // Another one takes the shard over.
  producer.reset();
  EXPECT_EQ(write_one(*ready()), Outcome::kDone);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, KafkaProducerFencedTest,
    testing::Values(std::pair(Api::kAddPartitions, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
                    std::pair(Api::kEndTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
                    std::pair(Api::kEndTransaction, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)));

TEST_F(KafkaProducerTest, AFatalErrorIsTheEndOfTheProducer) {
  auto producer = ready();
  kafka_.fail_next(Api::kEndTransaction, {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED});
  EXPECT_EQ(write_one(*producer), Outcome::kBroken);
  EXPECT_FALSE(producer->fenced());
}

TEST_F(KafkaProducerTest, AnOutcomeThatNobodyKnowsIsNoSuccess) {
  auto producer = ready();
  ASSERT_EQ(producer->begin(), Outcome::kDone);
  ASSERT_EQ(producer->produce(record(), 1, soon()), Outcome::kDone);
  kafka_.set_down(true);
  EXPECT_EQ(producer->commit(clock_.mono() + base::Seconds{1}), Outcome::kBroken);
  EXPECT_FALSE(producer->fenced());
}

TEST_F(KafkaProducerTest, StopIsHeededWhileTheBrokerIsAway) {
  kafka_.set_down(true);
  auto producer = make();
  stopping_ = true;
  const base::Mono begin = clock_.mono();
  EXPECT_EQ(producer->init(soon()), Outcome::kBroken);
  EXPECT_LT(clock_.mono() - begin, base::Seconds{8});
}

TEST_F(KafkaProducerTest, ASettingThatIsNoneIsRefused) {
  Connection wrong = kafka_.connection();
  wrong.properties.emplace_back("no.such.thing", "1");
  const auto producer =
      Producer::create({.connection = wrong, .transactional_id = "x"}, clock_, log_, stopping_);
  ASSERT_FALSE(producer.ok());
  EXPECT_STREQ(producer.error().reason, "kafka_setting");
}

}  // namespace
}  // namespace ashlar::kafka
