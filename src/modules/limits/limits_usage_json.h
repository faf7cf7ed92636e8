// The JSON of what the limits did: declared once for rendering and OpenAPI.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/limits/usage.h"
#include "platform/json/schema.h"

namespace ashlar::limits {

struct CountsJson {
  std::int64_t allowed = 0;
  std::int64_t denied = 0;
  std::int64_t shadow_denied = 0;
  std::int64_t failed_open = 0;
  std::int64_t failed_closed = 0;
  std::int64_t failed_local = 0;
};
struct RuleUsageJson {
  std::string rule;
  CountsJson recent;
  CountsJson total;
};
struct UsageJson {
  base::Time as_of;
  std::int64_t window_s = 0;
  std::vector<RuleUsageJson> rules;
};

struct HeavyKeyJson {
  std::int64_t rank = 0;
  std::string key;
  std::int64_t count = 0;
  std::int64_t lower = 0;
  std::int64_t upper = 0;
};
struct HeavyKeysJson {
  bool kept = true;
  bool exact = true;
  std::vector<HeavyKeyJson> rows;
};
struct RuleDetailJson {
  base::Time as_of;
  std::string rule;
  std::vector<CountsJson> seconds;
  HeavyKeysJson keys;
  HeavyKeysJson denied_keys;
};

struct ShadowRuleJson {
  std::string rule;
  std::int64_t requests = 0;
  std::int64_t would_deny = 0;
  std::int64_t would_deny_total = 0;
  HeavyKeysJson keys;
};
struct ShadowJson {
  base::Time as_of;
  std::int64_t window_s = 0;
  std::vector<ShadowRuleJson> rules;
};

// One event of the stream (live_feed.h); only described.
struct LiveRuleJson {
  std::string rule;
  std::int64_t allowed = 0;
  std::int64_t denied = 0;
  std::int64_t shadow_denied = 0;
  std::int64_t failed = 0;
};
struct LiveJson {
  base::Time at;
  std::vector<LiveRuleJson> rules;
};

const json::Schema<UsageJson>& usage_schema();
const json::Schema<RuleDetailJson>& rule_detail_schema();
const json::Schema<ShadowJson>& shadow_schema();
const json::Schema<LiveJson>& live_schema();

CountsJson render(const RuleCounts& counts);
HeavyKeysJson render(const HeavyKeys& keys);

}  // namespace ashlar::limits
