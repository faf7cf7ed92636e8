// MockKafka: librdkafka's mock cluster, one broker, for the time of a test. It answers requests
// with errors on demand; what aborted transactions wrote it shows to everyone, so exactly-once is
// proved on a real broker (test/kafka).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "platform/kafka/client.h"

struct rd_kafka_mock_cluster_s;

namespace ashlar::kafka {

// Of the protocol.
enum class Api : std::int16_t {
  kProduce = 0,
  kFindCoordinator = 10,
  kInitProducerId = 22,
  kAddPartitions = 24,
  kEndTransaction = 26,
};

class MockKafka {
 public:
  explicit MockKafka(obs::Log& log);
  ~MockKafka();
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  [[nodiscard]] Connection connection() const;
  void make_topic(const std::string& topic, int partitions);
  // The next requests of that kind are answered so, in order; librdkafka's codes.
  void fail_next(Api api, std::initializer_list<int> codes);
  void set_down(bool down);
  void mend();  // up, and no errors left over

 private:
  Client client_;
  rd_kafka_mock_cluster_s* cluster_;
};

}  // namespace ashlar::kafka
