// rule_json: native rules as text.
//
//   {"rules": [
//     {"name": "per-user",                       required
//      "description": "…",
//      "where": {"endpoint": "/api/*", "plan": ["free", "trial"], "address": "10.0.0.0/8"},
//      "key": ["user"],                          [] or absent: one count for all
//      "algorithm": "token_bucket",              fixed_window, sliding_window, sliding_log,
//                                                token_bucket (default), gcra
//      "limit": 1000, "per": "second",           second, minute, hour, day; or "period_ms": 1000
//      "burst": 2000,                            of buckets; absent: limit
//      "cost": 1,                                of a request that names none
//      "shadow": false,
//      "on_failure": "open",                     open, closed, local
//      "keeping": "exact"}]}                     exact, leased, local
//
// Reading is strict (unknown fields are errors) and reports everything at once: kInvalid
// invalid_rules, fields "/rules/0/limit", each with one of rule.h's reasons or required,
// unknown_field, wrong_type, null_not_allowed, not_allowed, period_missing, period_twice;
// rules_too_large; or the errors of json::parse(). Writing gives one canonical text: reading it
// gives the same rules. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/limits/rule.h"

namespace ashlar::json {
class Value;
class Writer;
}  // namespace ashlar::json

namespace ashlar::limits {

inline constexpr std::size_t kMaxRulesBytes = std::size_t{4} << 20;

base::Error rules_too_large();  // kInvalid

// A whole document, {"rules": […]}.
base::Result<std::vector<Rule>> read_rules(std::string_view text);
// The rules of a document that was read with others (`items`: the value of "rules").
base::Result<std::vector<Rule>> read_rules(const json::Value& items);

void write_rule(json::Writer& writer, const Rule& rule);
std::string rules_text(const std::vector<Rule>& rules);  // {"rules":[…]}

}  // namespace ashlar::limits
