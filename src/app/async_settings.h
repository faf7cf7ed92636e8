// AsyncConfig: the settings of what happens later: jobs, events, tasks, webhooks, Kafka.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ashlar::app {

struct Setting;

struct AsyncConfig {
  std::int64_t keep_done_s = 24 * 3600;
  std::int64_t keep_dead_s = 30 * 24 * 3600;
  std::int64_t keep_events_s = 7 * 24 * 3600;
  bool tasks_allow_private = false;
  bool webhooks_allow_private = false;

  std::string faktory_listen;  // HOST:PORT; "": not served
  std::string faktory_keys;    // file of API keys
  std::size_t faktory_max_connections = 2'000;

  std::string kafka_brokers;  // "": no Kafka
  std::vector<std::pair<std::string, std::string>> kafka_properties;
  std::string kafka_topic_prefix = "outbox.event.";
  std::string kafka_shard = "main";
  std::string kafka_position_topic = "ashlar.relay.positions";
};

std::vector<Setting> async_settings();

}  // namespace ashlar::app
