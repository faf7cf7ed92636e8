#include "platform/kafka/position_topic.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::kafka {
namespace {

constexpr int kAsk_ms = 5'000;
constexpr int kPoll_ms = 100;
constexpr std::int64_t kFirstPiece = 1'000;  // records looked at first, from the end
constexpr std::int64_t kGrowth = 16;

struct MessageEnd {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageEnd>;

struct Range {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

base::Error unavailable(std::string detail) {
  return base::fail(base::Code::kUnavailable, "kafka_unavailable", std::move(detail));
}

base::Result<Client> open_reader(const Connection& connection, const char* isolation,
                                 obs::Log& log) {
  return open_client(Role::kConsumer, connection,
                     {{"group.id", "ashlar.relay"},  // nobody joins it: partitions are assigned
                      {"enable.auto.commit", "false"},
                      {"enable.partition.eof", "true"},
                      {"allow.auto.create.topics", "false"},
                      {"auto.offset.reset", "earliest"},
                      {"isolation.level", isolation}},
                     log);
}

// As read_uncommitted sees it: to the last record, decided or not.
base::Result<Range> range_of(const Connection& connection, const std::string& topic,
                             obs::Log& log) {
  ASHLAR_ASSIGN(const Client client, open_reader(connection, "read_uncommitted", log));
  Range range;
  const auto error = rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), 0, &range.low,
                                                      &range.high, kAsk_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable(topic + ": " + error_text(error));
  return range;
}

base::Status assign(rd_kafka_t* client, const std::string& topic, std::int64_t from) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = from;
  const auto error = rd_kafka_assign(client, list);
  rd_kafka_topic_partition_list_destroy(list);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable(topic + ": " + error_text(error));
  return base::ok_status();
}

// The last committed value of the key from `from` to `high`.
base::Result<std::optional<std::string>> last_value(rd_kafka_t* client, const std::string& topic,
                                                    const std::string& key, std::int64_t from,
                                                    std::int64_t high, const base::Clock& clock,
                                                    const std::atomic<bool>& stopping,
                                                    base::Mono deadline) {
  ASHLAR_TRY(assign(client, topic, from));
  std::optional<std::string> found;
  while (true) {
    if (stopping || clock.mono() >= deadline) {
      return unavailable(topic + ": its end is held back by an open transaction, or no broker");
    }
    const Message message(rd_kafka_consumer_poll(client, kPoll_ms));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // The end for read_committed: it comes again when that end has moved.
      if (message->offset >= high) return found;
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;  // it tries again by itself
    const std::string_view its_key(static_cast<const char*>(message->key), message->key_len);
    if (its_key == key) {
      found.emplace(static_cast<const char*>(message->payload), message->len);
    }
    if (message->offset + 1 >= high) return found;
  }
}

}  // namespace

Record position_record(const std::string& topic, const std::string& shard,
                       const ShardPosition& position) {
  Record record{.topic = topic, .key = shard, .value = {}, .headers = {}};
  json::Writer json(record.value);
  json.begin_object().key("source").string(position.source);
  json.key("seq").integer(position.position.seq);
  json.key("from").string(position.position.from);
  json.key("to").string(position.position.to);
  json.end_object();
  return record;
}

std::optional<ShardPosition> parse_position(const std::string& value) {
  const auto parsed = json::parse(value);
  if (!parsed.ok()) return std::nullopt;
  const auto text = [&](std::string_view name) -> const std::string* {
    const json::Value* member = parsed->find(name);
    return member == nullptr ? nullptr : member->if_string();
  };
  const json::Value* seq = parsed->find("seq");
  if (seq == nullptr || seq->if_integer() == nullptr || text("source") == nullptr ||
      text("from") == nullptr || text("to") == nullptr) {
    return std::nullopt;
  }
  return ShardPosition{*text("source"), {*seq->if_integer(), *text("from"), *text("to")}};
}

base::Result<std::optional<ShardPosition>> read_position(const Connection& connection,
                                                         const std::string& topic,
                                                         const std::string& shard,
                                                         const base::Clock& clock, obs::Log& log,
                                                         const std::atomic<bool>& stopping,
                                                         base::Mono deadline) {
  ASHLAR_ASSIGN(const Range range, range_of(connection, topic, log));
  if (range.high <= range.low) return std::optional<ShardPosition>();
  ASHLAR_ASSIGN(const Client client, open_reader(connection, "read_committed", log));
  std::int64_t from = range.high;
  for (std::int64_t piece = kFirstPiece; from > range.low; piece *= kGrowth) {
    from = std::max(range.low, range.high - piece);
    ASHLAR_ASSIGN(const auto value, last_value(client.get(), topic, shard, from, range.high, clock,
                                               stopping, deadline));
    if (!value) continue;
    std::optional<ShardPosition> position = parse_position(*value);
    if (position) return position;
    return base::fail(base::Code::kConflict, "kafka_topic",
                      topic + ": what stands there for shard " + shard + " is no position");
  }
  return std::optional<ShardPosition>();
}

}  // namespace ashlar::kafka
