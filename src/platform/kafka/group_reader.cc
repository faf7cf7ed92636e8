#include "platform/kafka/group_reader.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <optional>
#include <utility>

namespace ashlar::kafka {
namespace {

constexpr int kAsk_ms = 5'000;

struct MessageEnd {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, MessageEnd>;
struct ListEnd {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using List = std::unique_ptr<rd_kafka_topic_partition_list_t, ListEnd>;

base::Error unavailable(std::string detail) {
  return base::fail(base::Code::kUnavailable, "kafka_unavailable", std::move(detail));
}

List make_list(std::size_t size) {
  return List(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

rd_kafka_topic_partition_t* add(const List& list, const TopicPartition& partition) {
  return rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(),
                                           partition.partition);
}

std::vector<TopicPartition> names_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> names;
  for (int i = 0; i < list->cnt; ++i) {
    names.push_back({list->elems[i].topic, list->elems[i].partition});
  }
  return names;
}

Fetched fetched(const rd_kafka_message_t* message) {
  Fetched one;
  one.place = {.topic = rd_kafka_topic_name(message->rkt),
               .partition = message->partition,
               .offset = message->offset,
               .time = {}};
  const std::int64_t at_ms = rd_kafka_message_timestamp(message, nullptr);
  if (at_ms > 0) one.place.time = base::from_micros(at_ms * 1'000);
  one.record.topic = one.place.topic;
  one.record.key.assign(static_cast<const char*>(message->key), message->key_len);
  one.record.value.assign(static_cast<const char*>(message->payload), message->len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return one;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    one.record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return one;
}

}  // namespace

struct GroupHooks {
  static void rebalance(rd_kafka_t*, rd_kafka_resp_err_t event,
                        rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    static_cast<GroupReader*>(owner_of(opaque))->rebalance(event, partitions);
  }
};

GroupReader::GroupReader(Hooks hooks, bool cooperative)
    : hooks_(std::move(hooks)), cooperative_(cooperative) {}

base::Result<std::unique_ptr<GroupReader>> GroupReader::open(const GroupReaderOptions& options,
                                                             Hooks hooks, obs::Log& log) {
  const Properties own = {
      {"group.id", options.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"isolation.level", "read_committed"},
      {"auto.offset.reset", "error"},  // what to do then is decided here
      {"partition.assignment.strategy", options.cooperative ? "cooperative-sticky" : "range"},
      {"session.timeout.ms", std::to_string(options.session_timeout.count())},
      {"topic.metadata.refresh.interval.ms", "10000"},  // how soon new topics of a pattern are seen
  };
  std::unique_ptr<GroupReader> reader(new GroupReader(std::move(hooks), options.cooperative));
  const Callbacks callbacks{
      [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_rebalance_cb(conf, &GroupHooks::rebalance); },
      reader.get()};
  ASHLAR_ASSIGN(reader->client_,
                open_client(Role::kConsumer, options.connection, own, log, callbacks));
  rd_kafka_poll_set_consumer(reader->client_.get());
  const List topics = make_list(options.topics.size());
  for (const std::string& topic : options.topics) {
    add(topics, {topic, RD_KAFKA_PARTITION_UA});
  }
  const auto error = rd_kafka_subscribe(reader->client_.get(), topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable(error_text(error));
  return reader;
}

GroupReader::~GroupReader() {
  if (client_) rd_kafka_consumer_close(client_.get());
}

void GroupReader::rebalance(int event, rd_kafka_topic_partition_list_s* partitions) {
  rd_kafka_t* client = client_.get();
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return take(partitions);
  hooks_.revoked(names_of(partitions));
  if (!cooperative_ || event != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    rd_kafka_assign(client, nullptr);
    return;
  }
  rd_kafka_error_t* error = rd_kafka_incremental_unassign(client, partitions);
  if (error == nullptr) return;
  broken_ = unavailable(rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
}

void GroupReader::take(rd_kafka_topic_partition_list_s* partitions) {
  rd_kafka_t* client = client_.get();
  const auto offsets = hooks_.assigned(names_of(partitions));
  if (!offsets.ok()) {
    broken_ = offsets.error();
    rd_kafka_assign(client, nullptr);
    return;
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    partitions->elems[i].offset = (*offsets)[static_cast<std::size_t>(i)];
  }
  if (cooperative_) {
    rd_kafka_error_t* error = rd_kafka_incremental_assign(client, partitions);
    if (error != nullptr) {
      broken_ = unavailable(rd_kafka_error_string(error));
      rd_kafka_error_destroy(error);
    }
  } else if (const auto code = rd_kafka_assign(client, partitions);
             code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    broken_ = unavailable(error_text(code));
  }
  if (paused_) pause_all(true);
}

base::Result<GroupReader::Polled> GroupReader::poll(base::Millis wait, std::size_t max) {
  Polled polled;
  auto wait_ms = static_cast<int>(wait.count());
  while (polled.records.size() < max) {
    const Message message(rd_kafka_consumer_poll(client_.get(), wait_ms));
    if (!broken_.ok()) return broken_.error();
    if (!message) break;
    wait_ms = 0;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      polled.records.push_back(fetched(message.get()));
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      if (message->rkt != nullptr) {
        polled.out_of_range.push_back({rd_kafka_topic_name(message->rkt), message->partition});
      }
      continue;
    }
    if (rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return unavailable(error_text(message->err));
    }
    // The rest (a broker that is away, a topic that is not there yet) it mends by itself; it says
    // so in the log.
  }
  return polled;
}

void GroupReader::pause() {
  paused_ = true;
  pause_all(true);
}

void GroupReader::resume() {
  if (!paused_) return;
  paused_ = false;
  pause_all(false);
}

void GroupReader::pause_all(bool paused) {
  rd_kafka_topic_partition_list_t* found = nullptr;
  if (rd_kafka_assignment(client_.get(), &found) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const List all(found);
  paused ? rd_kafka_pause_partitions(client_.get(), all.get())
         : rd_kafka_resume_partitions(client_.get(), all.get());
}

base::Result<Bounds> GroupReader::bounds(const TopicPartition& partition) {
  Bounds found;
  const auto error =
      rd_kafka_query_watermark_offsets(client_.get(), partition.topic.c_str(), partition.partition,
                                       &found.low, &found.high, kAsk_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable(error_text(error));
  return found;
}

std::optional<Bounds> GroupReader::last_bounds(const TopicPartition& partition) const {
  Bounds found;
  if (rd_kafka_get_watermark_offsets(client_.get(), partition.topic.c_str(), partition.partition,
                                     &found.low, &found.high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      found.high < 0) {
    return std::nullopt;
  }
  return found;
}

void GroupReader::committed_for_show(const std::map<TopicPartition, std::int64_t>& next_offsets) {
  const List list = make_list(next_offsets.size());
  for (const auto& [partition, offset] : next_offsets) add(list, partition)->offset = offset;
  // Nobody reads them back: what becomes of it does not matter.
  if (!next_offsets.empty()) rd_kafka_commit(client_.get(), list.get(), 1);
}

}  // namespace ashlar::kafka
