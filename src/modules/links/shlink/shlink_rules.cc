#include "modules/links/shlink/shlink_rules.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "modules/links/field_errors.h"

namespace ashlar::links::shlink {
namespace {

struct Condition {
  std::string type;
  std::optional<std::string> key{};
  std::string value{};
};

constexpr std::array<std::string_view, 6> kSystems{"android", "ios",   "windows",
                                                   "macos",   "linux", "chromeos"};
constexpr std::array<std::string_view, 2> kDevices{"mobile", "desktop"};
constexpr std::array<std::string_view, 5> kBrowsers{"chrome", "firefox", "edge", "safari", "opera"};

template <class List>
bool is_one_of(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// Sets the one value that a list may have; false: it has another one.
bool set_once(std::vector<std::string>& list, const std::string& value) {
  if (!list.empty() && list.front() != value) return false;
  if (list.empty()) list.push_back(value);
  return true;
}

bool add_query(RuleJson& rule, const Condition& condition) {
  if (!condition.key || condition.key->empty()) return false;
  std::optional<std::string> value;
  if (condition.type == "query-param") value = condition.value;
  if (condition.type == "valueless-query-param") value = "";
  rule.query.push_back({*condition.key, std::move(value)});
  return true;
}

bool add_device(RuleJson& rule, const std::string& value) {
  if (is_one_of(kSystems, value)) return set_once(rule.os, value);
  return is_one_of(kDevices, value) && set_once(rule.devices, value);
}

bool add_date(RuleJson& rule, const Condition& condition) {
  const std::optional<base::Time> time = base::parse_rfc3339(condition.value);
  if (!time) return false;
  if (condition.type == "before-date") {
    rule.until = std::min(rule.until.value_or(*time), *time);
  } else {
    rule.from = std::max(rule.from.value_or(*time), *time);
  }
  return true;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// False: no condition of ours says that.
bool add(RuleJson& rule, const Condition& condition) {
  if (condition.type == "device") return add_device(rule, condition.value);
  if (condition.type == "language") return set_once(rule.languages, condition.value);
  if (condition.type.ends_with("query-param")) return add_query(rule, condition);
  if (condition.type.ends_with("-date")) return add_date(rule, condition);
  if (condition.type == "browser") {
    return is_one_of(kBrowsers, condition.value) && set_once(rule.browsers, condition.value);
  }
  if (condition.type == "geolocation-country-code") {
    return set_once(rule.countries, upper(condition.value));
  }
  return false;
}

std::optional<std::string> text_of(const json::Value& object, std::string_view name) {
  const json::Value* const value = object.find(name);
  if (value == nullptr || value->if_string() == nullptr) return std::nullopt;
  return *value->if_string();
}

constexpr std::array<std::string_view, 9> kTypes{
    "device",      "language",   "query-param", "any-value-query-param",   "valueless-query-param",
    "before-date", "after-date", "browser",     "geolocation-country-code"};

void read_rule(const json::Value& given, const std::string& field, RuleJson& rule,
               FieldErrors& errors) {
  const std::optional<std::string> url = text_of(given, "longUrl");
  const json::Value* const list = given.find("conditions");
  if (!url || list == nullptr || list->if_array() == nullptr) {
    errors.add(field, "required", "A rule has a longUrl and a list of conditions.");
    return;
  }
  rule.url = *url;
  const json::Value::Array& conditions = *list->if_array();
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const std::string at = field + "/conditions/" + std::to_string(i);
    const Condition condition{.type = text_of(conditions[i], "type").value_or(""),
                              .key = text_of(conditions[i], "matchKey"),
                              .value = text_of(conditions[i], "matchValue").value_or("")};
    if (!is_one_of(kTypes, condition.type)) {
      errors.add(at, "not_allowed", "This server has no condition of this type.");
    } else if (!add(rule, condition)) {
      errors.add(at, "not_allowed",
                 "This server has no such condition, or it can never hold beside another one.");
    }
  }
}

// All combinations of one value of each list.
class Combinations {
 public:
  void each_of(const std::vector<Condition>& choices) {
    if (choices.empty()) return;
    std::vector<std::vector<Condition>> grown;
    for (const std::vector<Condition>& row : rows_) {
      for (const Condition& choice : choices) {
        if (grown.size() == kMostShown) break;
        grown.push_back(row);
        grown.back().push_back(choice);
      }
    }
    rows_ = std::move(grown);
  }
  void each_of(const char* type, const std::vector<std::string>& values) {
    std::vector<Condition> choices;
    for (const std::string& value : values) choices.push_back({.type = type, .value = value});
    each_of(choices);
  }
  [[nodiscard]] const std::vector<std::vector<Condition>>& rows() const { return rows_; }

 private:
  std::vector<std::vector<Condition>> rows_{{}};
};

Combinations combinations_of(const RuleJson& rule) {
  Combinations all;
  all.each_of("device", rule.devices);
  all.each_of("device", rule.os);
  all.each_of("browser", rule.browsers);
  all.each_of("language", rule.languages);
  all.each_of("geolocation-country-code", rule.countries);
  for (const QueryConditionJson& query : rule.query) {
    const char* const type = !query.value           ? "any-value-query-param"
                             : query.value->empty() ? "valueless-query-param"
                                                    : "query-param";
    all.each_of({Condition{.type = type, .key = query.name, .value = query.value.value_or("")}});
  }
  if (rule.from) all.each_of("after-date", {base::format_rfc3339(*rule.from)});
  if (rule.until) all.each_of("before-date", {base::format_rfc3339(*rule.until)});
  return all;
}

void write_condition(json::Writer& out, const Condition& condition) {
  out.begin_object().key("type").string(condition.type).key("matchKey");
  condition.key ? out.string(*condition.key) : out.null();
  out.key("matchValue");
  condition.value.empty() ? out.null() : out.string(condition.value);
  out.end_object();
}

}  // namespace

base::Result<std::vector<RuleJson>> rules_from(const json::Value::Array& rules) {
  FieldErrors errors;
  std::vector<RuleJson> all;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    read_rule(rules[i], "/redirectRules/" + std::to_string(i), all.emplace_back(), errors);
  }
  ASHLAR_TRY(errors.status());
  return all;
}

void write_rules(json::Writer& out, const std::string& default_url,
                 const std::vector<RuleJson>& rules) {
  out.begin_object().key("defaultLongUrl").string(default_url).key("redirectRules").begin_array();
  std::int64_t priority = 0;
  for (const RuleJson& rule : rules) {
    const Combinations all = combinations_of(rule);
    for (const std::vector<Condition>& conditions : all.rows()) {
      if (priority == static_cast<std::int64_t>(kMostShown)) break;
      out.begin_object().key("longUrl").string(rule.url).key("priority").integer(++priority);
      out.key("conditions").begin_array();
      for (const Condition& condition : conditions) write_condition(out, condition);
      out.end_array().end_object();
    }
  }
  out.end_array().end_object();
}

}  // namespace ashlar::links::shlink
