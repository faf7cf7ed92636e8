// The JSON of checking limits: what the API takes and gives, declared once for parsing, rendering
// and OpenAPI. (Rules and usage: limits_rules_json.h, limits_usage_json.h.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/limits/limits.h"
#include "platform/json/schema.h"

namespace ashlar::limits {

struct CheckJson {
  json::Value::Object attributes;
  std::optional<std::int64_t> cost;
  bool peek = false;
};
struct ChecksJson {
  std::vector<CheckJson> checks;
};
struct RefundJson {
  json::Value::Object attributes;
  std::optional<std::int64_t> cost;
};
struct ReserveJson {
  json::Value::Object attributes;
  std::optional<std::int64_t> cost;
  std::int64_t ttl_ms = 60'000;
};
struct SettleJson {
  std::string reservation;
  std::int64_t used = 0;
};

struct RuleAnswerJson {
  std::string rule;
  std::string key;
  bool allowed = true;
  bool shadow = false;
  std::int64_t cost = 0;
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::optional<std::int64_t> retry_after_ms;
  std::int64_t reset_after_ms = 0;
  std::string source;
};
struct FieldsJson {
  std::optional<std::string> policy;
  std::optional<std::string> limit;
  std::optional<std::string> retry_after;
};
struct AnswerJson {
  bool allowed = true;
  std::optional<std::int64_t> retry_after_ms;
  std::vector<RuleAnswerJson> limits;
  FieldsJson fields;
};
struct AnswersJson {
  std::vector<AnswerJson> results;
};
struct ReservedJson {
  bool allowed = true;
  std::optional<std::string> reservation;
  std::optional<base::Time> expires_at;
  std::optional<std::int64_t> retry_after_ms;
  std::vector<RuleAnswerJson> limits;
  FieldsJson fields;
};
struct SettledJson {
  std::int64_t used = 0;
  std::vector<RuleAnswerJson> limits;
};

const json::Schema<CheckJson>& check_schema();
const json::Schema<ChecksJson>& checks_schema();
const json::Schema<RefundJson>& refund_schema();
const json::Schema<ReserveJson>& reserve_schema();
const json::Schema<SettleJson>& settle_schema();
const json::Schema<AnswerJson>& answer_schema();
const json::Schema<AnswersJson>& answers_schema();
const json::Schema<ReservedJson>& reserved_schema();
const json::Schema<SettledJson>& settled_schema();

// Views into `attributes`. kInvalid invalid_request: something is no string ("/attributes/user",
// with `pointer` before it).
base::Result<std::vector<Attribute>> attributes_of(const json::Value::Object& attributes,
                                                   std::string_view pointer);

AnswerJson render(const CheckAnswer& answer);
std::vector<RuleAnswerJson> render(const std::vector<RuleAnswer>& answers);

}  // namespace ashlar::limits
