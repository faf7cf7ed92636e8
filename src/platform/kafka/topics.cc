#include "platform/kafka/topics.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace ashlar::kafka {
namespace {

template <auto kDestroy>
struct End {
  template <class T>
  void operator()(T* thing) const {
    kDestroy(thing);
  }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, End<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, End<rd_kafka_event_destroy>>;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, End<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, End<rd_kafka_NewTopic_destroy>>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, End<rd_kafka_ConfigResource_destroy>>;

// Small, so that a relay that starts reads little: a segment that is written to is not compacted.
constexpr const char* kSegmentBytes = "16777216";

base::Error unavailable(const std::string& topic, int code) {
  return base::fail(base::Code::kUnavailable, "kafka_unavailable", topic + ": " + error_text(code));
}
base::Error refused(const std::string& topic, std::string_view why) {
  return base::fail(base::Code::kConflict, "kafka_topic", topic + ": " + std::string(why));
}

// It does not speak that part of the protocol, or not to us: it is left to its administrator.
bool is_not_ours(int code) {
  return code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

Event ask(rd_kafka_t* client, rd_kafka_admin_op_t op, base::Millis timeout,
          const std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send) {
  const Queue queue(rd_kafka_queue_new(client));
  const Options options(rd_kafka_AdminOptions_new(client, op));
  std::array<char, 256> error{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()),
                                            error.data(), error.size());
  send(options.get(), queue.get());
  return Event(rd_kafka_queue_poll(queue.get(), static_cast<int>(timeout.count()) + 1'000));
}

}  // namespace

base::Status ensure_topic(rd_kafka_s* client, const TopicPlan& plan, base::Millis timeout) {
  std::array<char, 256> error{};
  const NewTopic topic(rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, plan.replication,
                                             error.data(), error.size()));
  if (!topic) return refused(plan.name, error.data());
  if (plan.compacted) {
    rd_kafka_NewTopic_set_config(topic.get(), "cleanup.policy", "compact");
    rd_kafka_NewTopic_set_config(topic.get(), "segment.bytes", kSegmentBytes);
  }
  const Event event =
      ask(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, [&](auto* options, auto* queue) {
        rd_kafka_NewTopic_t* one = topic.get();
        rd_kafka_CreateTopics(client, &one, 1, options, queue);
      });
  if (!event) return unavailable(plan.name, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const int code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (is_not_ours(code)) return base::ok_status();
    return unavailable(plan.name, code);
  }
  std::size_t count = 0;
  const auto** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const int code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ||
        is_not_ours(code)) {
      continue;
    }
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    return refused(plan.name, why != nullptr ? why : error_text(code));
  }
  return base::ok_status();
}

base::Status check_compacted(rd_kafka_s* client, const std::string& topic, base::Millis timeout) {
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const Event event =
      ask(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, [&](auto* options, auto* queue) {
        rd_kafka_ConfigResource_t* one = resource.get();
        rd_kafka_DescribeConfigs(client, &one, 1, options, queue);
      });
  if (!event) return unavailable(topic, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const int code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (is_not_ours(code)) return base::ok_status();
    return unavailable(topic, code);
  }
  std::size_t resources = 0;
  const auto** found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &resources);
  if (resources != 1) return unavailable(topic, RD_KAFKA_RESP_ERR__BAD_MSG);
  if (const int code = rd_kafka_ConfigResource_error(found[0]);
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (is_not_ours(code)) return base::ok_status();
    return unavailable(topic, code);
  }
  std::size_t entries = 0;
  const auto** configs = rd_kafka_ConfigResource_configs(found[0], &entries);
  for (std::size_t i = 0; i < entries; ++i) {
    if (std::string_view(rd_kafka_ConfigEntry_name(configs[i])) != "cleanup.policy") continue;
    const char* value = rd_kafka_ConfigEntry_value(configs[i]);
    if (value != nullptr && std::string_view(value) == "compact") return base::ok_status();
  }
  return refused(topic, "its cleanup.policy must be compact, or positions in it would be deleted");
}

}  // namespace ashlar::kafka
