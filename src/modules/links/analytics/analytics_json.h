// The JSON of analytics, declared once for rendering and OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/json/schema.h"

namespace ashlar::links::analytics {

struct TrafficJson {
  std::int64_t clicks = 0;
  std::int64_t visitors = 0;
  std::int64_t bots = 0;
};

struct TrafficPointJson {
  base::Time start;
  std::int64_t clicks = 0;
  std::int64_t visitors = 0;
  std::int64_t bots = 0;
};

struct TopValueJson {
  std::string value;
  std::int64_t clicks = 0;
};

struct TopListJson {
  std::string dimension;
  std::vector<TopValueJson> values;
  std::int64_t other = 0;
  std::int64_t unknown = 0;
  std::int64_t error = 0;
};

struct DetailJson {
  bool sampled = false;
  std::int64_t one_in = 1;
  std::int64_t kept = 0;
  std::int64_t of = 0;
};

struct LinkAnalyticsJson {
  std::string scope;
  std::optional<std::string> name;
  base::Time from;
  base::Time to;
  std::string zone;
  std::string interval;
  base::Time as_of;
  TrafficJson totals;
  DetailJson detail;
  std::vector<TrafficPointJson> series;
  std::vector<TopListJson> top;
};

const json::Schema<LinkAnalyticsJson>& link_analytics_schema();

}  // namespace ashlar::links::analytics
