#include "app/async_settings.h"

#include <array>
#include <string_view>

#include "app/config.h"
#include "app/setting_kinds.h"

namespace ashlar::app {
namespace {

using base::Status;

constexpr std::int64_t kYear = std::int64_t{366} * 24 * 3600;

// NAME=VALUE, several of them.
Status set_kafka_properties(Config& config, std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      return wrong_setting("must be NAME=VALUE, by librdkafka's names");
    }
    found.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  config.async.kafka_properties = std::move(found);
  return base::ok_status();
}

bool is_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kWords{"password", "secret", "pem", "token"};
  for (const std::string_view word : kWords) {
    if (name.find(word) != std::string_view::npos) return true;
  }
  return false;
}

std::string kafka_properties(const Config& config, bool shown) {
  std::string out;
  for (const auto& [name, value] : config.async.kafka_properties) {
    out += (out.empty() ? "" : ",") + name + "=" + (shown && is_secret(name) ? "***" : value);
  }
  return out;
}

std::vector<Setting> kafka_settings() {
  return {
      text("kafka.brokers", "HOST:PORT,… of a cluster that events are handed on to; empty: none.",
           [](Config& c) -> auto& { return c.async.kafka_brokers; }),
      {"kafka.properties", "NAME=VALUE,… by librdkafka's names: security.protocol, sasl.*, ssl.*.",
       set_kafka_properties, [](const Config& c) { return kafka_properties(c, true); },
       [](const Config& c) { return kafka_properties(c, false); }},
      text("kafka.topic_prefix", "What topics begin with; the kind of thing follows.",
           [](Config& c) -> auto& { return c.async.kafka_topic_prefix; }),
      text("kafka.shard", "One for each database that writes to this cluster.",
           [](Config& c) -> auto& { return c.async.kafka_shard; }),
      text("kafka.position_topic", "Where the relay keeps how far it has come.",
           [](Config& c) -> auto& { return c.async.kafka_position_topic; }),
  };
}

}  // namespace

std::vector<Setting> async_settings() {
  std::vector<Setting> all{
      number("jobs.keep_done_s", "How long tasks that are done or cancelled are kept.", 60, kYear,
             [](Config& c) -> auto& { return c.async.keep_done_s; }),
      number("jobs.keep_dead_s", "How long dead tasks are kept.", 60, kYear,
             [](Config& c) -> auto& { return c.async.keep_dead_s; }),
      number("events.keep_s", "How long events are kept once all consumers have had them.", 60,
             kYear, [](Config& c) -> auto& { return c.async.keep_events_s; }),
      flag("tasks.allow_private",
           "Push tasks may go to loopback and private networks: anybody with a key can reach them.",
           [](Config& c) -> auto& { return c.async.tasks_allow_private; }),
      flag("webhooks.allow_private",
           "Webhooks may go to loopback and private networks: anybody with a key can reach them.",
           [](Config& c) -> auto& { return c.async.webhooks_allow_private; }),
      listener("faktory.listen", "HOST:PORT for Faktory's workers, its protocol; empty: off.",
               [](Config& c) -> auto& { return c.async.faktory_listen; }),
      text("faktory.keys", "File of API keys, one a line, that those workers give as password.",
           [](Config& c) -> auto& { return c.async.faktory_keys; }),
      number("faktory.max_connections", "Open connections there; more are closed at once.", 1,
             100'000, [](Config& c) -> auto& { return c.async.faktory_max_connections; }),
  };
  for (Setting& setting : kafka_settings()) all.push_back(std::move(setting));
  return all;
}

}  // namespace ashlar::app
