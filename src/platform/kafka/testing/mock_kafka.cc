#include "platform/kafka/testing/mock_kafka.h"

// The mock's header wants this one first.
#include <librdkafka/rdkafka.h>
//
#include <librdkafka/rdkafka_mock.h>

#include <vector>

#include "base/check.h"

namespace ashlar::kafka {
namespace {
constexpr int kBroker = 1;
}

MockKafka::MockKafka(obs::Log& log) {
  auto client = open_client(Role::kProducer, {.brokers = "", .properties = {}}, {}, log);
  CHECK(client.ok());
  client_ = std::move(*client);
  cluster_ = rd_kafka_mock_cluster_new(client_.get(), kBroker);
  CHECK(cluster_ != nullptr);
}

MockKafka::~MockKafka() { rd_kafka_mock_cluster_destroy(cluster_); }

Connection MockKafka::connection() const {
  return {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_),
          .properties = {{"retry.backoff.ms", "10"}, {"reconnect.backoff.ms", "10"}}};
}

void MockKafka::make_topic(const std::string& topic, int partitions) {
  CHECK(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1) ==
        RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockKafka::fail_next(Api api, std::initializer_list<int> codes) {
  std::vector<rd_kafka_resp_err_t> errors;
  for (const int code : codes) errors.push_back(static_cast<rd_kafka_resp_err_t>(code));
  rd_kafka_mock_push_request_errors_array(cluster_, static_cast<std::int16_t>(api), errors.size(),
                                          errors.data());
}

void MockKafka::set_down(bool down) {
  CHECK((down ? rd_kafka_mock_broker_set_down(cluster_, kBroker)
              : rd_kafka_mock_broker_set_up(cluster_, kBroker)) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void MockKafka::mend() {
  set_down(false);
  for (const Api api : {Api::kProduce, Api::kFindCoordinator, Api::kInitProducerId,
                        Api::kAddPartitions, Api::kEndTransaction}) {
    rd_kafka_mock_clear_request_errors(cluster_, static_cast<std::int16_t>(api));
  }
}

}  // namespace ashlar::kafka
