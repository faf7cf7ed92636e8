#include "modules/limits/rule.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "platform/http/ip_address.h"

namespace ashlar::limits {
namespace {

bool is_window(Algorithm algorithm) {
  return algorithm != Algorithm::kTokenBucket && algorithm != Algorithm::kGcra;
}

// One rule's share of the errors: knows where it stands and what it is called.
class RuleCheck {
 public:
  RuleCheck(const Rule& rule, std::size_t index, RuleErrors& errors)
      : rule_(rule), where_("/rules/" + std::to_string(index)), errors_(errors) {}

  void run() {
    check_name();
    check_where();
    check_key();
    check_limit();
  }

  void wrong(const std::string& field, const char* reason, const std::string& detail) {
    errors_.add(where_ + field, reason, "rule \"" + rule_.name + "\": " + detail);
  }

 private:
  void check_name() {
    if (!is_rule_name(rule_.name)) {
      errors_.add(where_ + "/name", "bad_format",
                  "A name is 1 to 64 of letters, digits, '_', '.', '-'.");
    }
    if (rule_.description.size() > kMaxDescriptionBytes) {
      wrong("/description", "too_long", "a description has at most 500 bytes.");
    }
  }

  void check_where() {
    if (rule_.where.size() > kMaxAttributes) {
      return wrong("/where", "too_many_items", "at most 16 conditions.");
    }
    for (std::size_t i = 0; i < rule_.where.size() && !errors_.full(); ++i) {
      const Condition& condition = rule_.where[i];
      const std::string field = "/where/" + condition.attribute.substr(0, kMaxAttributeNameBytes);
      if (!is_attribute_name(condition.attribute)) {
        wrong(field, "bad_format", "an attribute's name is 1 to 40 of a-z, 0-9, '_', '.', '-'.");
        continue;
      }
      const auto here = rule_.where.begin() + static_cast<std::ptrdiff_t>(i);
      const auto same = [&](const Condition& c) { return c.attribute == condition.attribute; };
      if (std::any_of(rule_.where.begin(), here, same)) {
        wrong(field, "duplicate", "this attribute has a condition already.");
      }
      if (condition.any_of.empty() || condition.any_of.size() > kMaxPatterns) {
        wrong(field, "too_many_items", "give 1 to 100 texts.");
        continue;
      }
      for (const std::string& pattern : condition.any_of) {
        check_pattern(field, condition.attribute, pattern);
      }
    }
  }

  void check_pattern(const std::string& field, std::string_view attribute,
                     std::string_view pattern) {
    if (pattern.empty()) return wrong(field, "too_short", "give at least one character.");
    if (pattern.size() - (pattern.ends_with('*') ? 1 : 0) > kMaxAttributeBytes) {
      return wrong(field, "too_long", "a text has at most 256 bytes.");
    }
    const std::size_t star = pattern.find('*');
    if (star != std::string_view::npos && star + 1 != pattern.size()) {
      return wrong(field, "bad_pattern", "'*' may only stand at the end: \"/api/*\".");
    }
    if (!base::is_utf8(pattern) || pattern.find('\0') != std::string_view::npos) {
      return wrong(field, "bad_format", "a text is UTF-8 without NUL bytes.");
    }
    if (attribute == kAddress && pattern != "*" && !http::parse_ip_block(pattern)) {
      wrong(field, "bad_address", "give an address, a block (\"10.0.0.0/8\"), or \"*\".");
    }
  }

  void check_key() {
    if (rule_.key.size() > kMaxAttributes) {
      return wrong("/key", "too_many_items", "at most 16 attributes.");
    }
    for (std::size_t i = 0; i < rule_.key.size(); ++i) {
      const std::string field = "/key/" + std::to_string(i);
      if (!is_attribute_name(rule_.key[i])) {
        wrong(field, "bad_format", "an attribute's name is 1 to 40 of a-z, 0-9, '_', '.', '-'.");
      } else if (const auto here = rule_.key.begin() + static_cast<std::ptrdiff_t>(i);
                 std::find(rule_.key.begin(), here, rule_.key[i]) != here) {
        wrong(field, "duplicate", "this attribute is in the key already.");
      }
    }
  }

  void check_limit() {
    const LimitSpec& limit = rule_.limit;
    if (limit.amount > kMaxAmount) wrong("/limit", "out_of_range", "a limit is at most 2^53.");
    if (limit.burst > kMaxAmount) wrong("/burst", "out_of_range", "a burst is at most 2^53.");
    if (is_window(limit.algorithm) && limit.burst != 0) {
      wrong("/burst", "not_for_windows", "only token_bucket and gcra have a burst.");
    }
    if (rule_.cost < 1 || rule_.cost > kMaxCost) {
      wrong("/cost", "out_of_range", "a cost is 1 to 10^12.");
    } else if (const std::uint64_t most = limit.burst != 0 ? limit.burst : limit.amount;
               most > 0 && rule_.cost > most) {
      wrong("/cost", "above_limit",
            "no request of this cost could ever pass; at most " + std::to_string(most) + " fit.");
    }
    // What the algorithms themselves cannot take (kit/rate/bounds.h).
    const auto made = Limit::make(limit, "check");
    if (made.ok()) return;
    const std::string_view reason = made.error().reason;
    const char* field = "";
    if (reason == "bad_period") field = "/period_ms";
    if (reason == "bad_amount" || reason == "limit_too_large") field = "/limit";
    if (reason == "fill_too_long") field = "/burst";
    wrong(field, made.error().reason, made.error().detail);
  }

  const Rule& rule_;
  const std::string where_;
  RuleErrors& errors_;
};

}  // namespace

bool is_rule_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxRuleNameBytes && std::ranges::all_of(name, [](char c) {
    const char lower = base::ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

void RuleErrors::add(std::string field, const char* reason, std::string detail) {
  if (!full()) fields_.push_back({std::move(field), reason, std::move(detail)});
}

base::Status RuleErrors::status() const {
  if (fields_.empty()) return base::ok_status();
  return base::Error{base::Code::kInvalid, "invalid_rules",
                     "The rules stay as they were: " + fields_[0].field + ": " + fields_[0].detail,
                     fields_};
}

void check_rules(const std::vector<Rule>& rules, RuleErrors& errors) {
  if (rules.size() > kMaxRules) {
    return errors.add("/rules", "too_many_items", "There are at most 10,000 rules.");
  }
  std::unordered_map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < rules.size() && !errors.full(); ++i) {
    RuleCheck check(rules[i], i, errors);
    check.run();
    const auto [first, fresh] = names.emplace(rules[i].name, i);
    if (!fresh) {
      check.wrong("/name", "duplicate",
                  "rule " + std::to_string(first->second) + " has this name already.");
    }
  }
}

}  // namespace ashlar::limits
