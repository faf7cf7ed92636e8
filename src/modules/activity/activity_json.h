// The JSON of activity: what the API gives, declared once for rendering and OpenAPI. What it takes
// is read by event_reader.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/json/schema.h"

namespace ashlar::activity {

// Only described: event_reader.h reads it, since tags may have any names.
struct EventJson {
  std::string at;
  std::string user;
  std::string action;
  std::string endpoint;
};
struct EventsJson {
  std::vector<EventJson> events;
};

struct ReceiptJson {
  std::int64_t accepted = 0;
  std::int64_t late = 0;
  std::int64_t ahead = 0;
};

struct TopRowJson {
  std::int64_t rank = 0;
  std::string key;
  std::int64_t count = 0;
  std::int64_t lower = 0;
  std::int64_t upper = 0;
  bool guaranteed = true;
};

struct TopJson {
  std::string dimension;
  std::int64_t window_s = 0;
  base::Time since;
  base::Time as_of;
  std::int64_t total = 0;
  bool exact = true;
  bool known = false;
  std::vector<TopRowJson> data;
};

struct DimensionsJson {
  std::vector<std::string> data;
};

const json::Schema<EventsJson>& events_schema();
const json::Schema<ReceiptJson>& receipt_schema();
const json::Schema<TopJson>& top_schema();
const json::Schema<DimensionsJson>& dimensions_schema();

}  // namespace ashlar::activity
