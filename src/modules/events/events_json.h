// The JSON of events: what the API gives and takes, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/events/consumers.h"
#include "platform/json/schema.h"

namespace ashlar::events {

struct EventJson {
  std::string id;
  std::string sequence;
  std::string type;
  std::string aggregate_type;
  std::string aggregate_id;
  base::Time time;
  std::string traceparent;
  json::AnyJson data;
};

struct ConsumerJson {
  std::string name;
  std::int64_t lag_events = 0;
  std::int64_t lag_ms = 0;
  std::int64_t parked = 0;
  std::int64_t dead = 0;
  std::optional<std::string> owner;
};
struct ConsumersJson {
  std::vector<ConsumerJson> data;
};

struct DeadLetterJson {
  std::string id;
  std::string consumer;
  std::string event_id;
  std::optional<std::string> tenant;
  std::string type;
  std::string aggregate_type;
  std::string aggregate_id;
  base::Time time;
  json::AnyJson data;
  int attempts = 0;
  std::string error;
  base::Time died_at;
};

struct ReplayDeadJson {};

struct ReplayJson {
  std::optional<std::string> aggregate_type;
  std::optional<std::string> aggregate_id;
  std::optional<std::string> tenant;
  std::optional<base::Time> from;
  std::optional<base::Time> to;
};
struct ReplayedJson {
  std::int64_t events = 0;
};

EventJson event_json(const Event& event);
DeadLetterJson dead_letter_json(const DeadLetter& letter);

const json::Schema<json::Page<EventJson>>& event_page_schema();
const json::Schema<ConsumersJson>& consumers_schema();
const json::Schema<json::Page<DeadLetterJson>>& dead_letter_page_schema();
const json::Schema<ReplayDeadJson>& replay_dead_schema();
const json::Schema<ReplayJson>& replay_schema();
const json::Schema<ReplayedJson>& replayed_schema();

}  // namespace ashlar::events
