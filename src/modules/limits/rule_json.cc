#include "modules/limits/rule_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::limits {
namespace {

using json::Value;

constexpr json::ParseLimits kLimits{.max_depth = 8, .max_values = 1'000'000};
constexpr std::size_t kShownNameBytes = 64;

template <class T>
struct Word {
  std::string_view text;
  T value;
};

constexpr std::array<Word<Algorithm>, 5> kAlgorithms{{
    {"fixed_window", Algorithm::kFixedWindow},
    {"sliding_window", Algorithm::kSlidingCounter},
    {"sliding_log", Algorithm::kSlidingLog},
    {"token_bucket", Algorithm::kTokenBucket},
    {"gcra", Algorithm::kGcra},
}};
constexpr std::array<Word<std::chrono::nanoseconds>, 4> kUnits{{
    {"second", std::chrono::seconds{1}},
    {"minute", std::chrono::minutes{1}},
    {"hour", std::chrono::hours{1}},
    {"day", std::chrono::days{1}},
}};
constexpr std::array<Word<OnFailure>, 3> kFailures{{
    {"open", OnFailure::kOpen},
    {"closed", OnFailure::kClosed},
    {"local", OnFailure::kLocal},
}};
constexpr std::array<Word<Keeping>, 3> kKeepings{{
    {"exact", Keeping::kExact},
    {"leased", Keeping::kLeased},
    {"local", Keeping::kLocal},
}};
constexpr std::int64_t kMaxPeriodMs = 366LL * 24 * 3600 * 1000;

template <class T, std::size_t N>
std::string_view word_of(const std::array<Word<T>, N>& words, T value) {
  const auto word = std::ranges::find(words, value, &Word<T>::value);
  return word != words.end() ? word->text : std::string_view{};
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, kShownNameBytes)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Reads one rule's object.
class RuleReader {
 public:
  RuleReader(std::string where, RuleErrors& errors) : where_(std::move(where)), errors_(errors) {
    rule_.limit.algorithm = Algorithm::kTokenBucket;
  }

  Rule read(const Value& value) && {
    const Value::Object* members = value.if_object();
    if (members == nullptr) {
      wrong("", "wrong_type", "A rule is an object.");
      return std::move(rule_);
    }
    // First, so that the other errors can say whose they are.
    if (const Value* name = value.find("name"); name != nullptr && name->if_string() != nullptr) {
      rule_.name = name->if_string()->substr(0, kMaxRuleNameBytes + 1);
    }
    for (const auto& [name, member] : *members) take(name, member);
    if (value.find("name") == nullptr) wrong("/name", "required", "A rule has a name.");
    if (value.find("limit") == nullptr) wrong("/limit", "required", "how much is allowed?");
    if (value.find("per") == nullptr && value.find("period_ms") == nullptr) {
      wrong("/per", "period_missing", "give \"per\" or \"period_ms\".");
    }
    if (value.find("per") != nullptr && value.find("period_ms") != nullptr) {
      wrong("/period_ms", "period_twice", "give \"per\" or \"period_ms\", not both.");
    }
    rule_.limit.name = rule_.name;
    rule_.limit.phase_per_key = true;
    return std::move(rule_);
  }

 private:
  void take(const std::string& name, const Value& value) {
    LimitSpec& limit = rule_.limit;
    const std::string field = "/" + escaped(name);
    if (value.is_null()) return wrong(field, "null_not_allowed", "leave it out instead.");
    if (name == "name") return text(field, value, rule_.name);
    if (name == "description") return text(field, value, rule_.description);
    if (name == "where") return conditions(value);
    if (name == "key") return texts(field, value, rule_.key);
    if (name == "algorithm") return word(field, value, kAlgorithms, limit.algorithm);
    if (name == "limit") return number(field, value, 0, kMaxAmount, limit.amount);
    if (name == "burst") return number(field, value, 1, kMaxAmount, limit.burst);
    if (name == "cost") return number(field, value, 1, kMaxCost, rule_.cost);
    if (name == "per") return word(field, value, kUnits, limit.period);
    if (name == "period_ms") return period(field, value);
    if (name == "shadow") return boolean(field, value, limit.shadow);
    if (name == "on_failure") return word(field, value, kFailures, limit.on_failure);
    if (name == "keeping") return word(field, value, kKeepings, limit.keeping);
    wrong(field, "unknown_field", "a rule has no such field.");
  }

  void text(const std::string& field, const Value& value, std::string& target) {
    if (value.if_string() == nullptr) return wrong(field, "wrong_type", "give a string.");
    target = *value.if_string();
  }

  void boolean(const std::string& field, const Value& value, bool& target) {
    if (value.if_boolean() == nullptr) return wrong(field, "wrong_type", "give true or false.");
    target = *value.if_boolean();
  }

  void number(const std::string& field, const Value& value, std::int64_t least, std::uint64_t most,
              std::uint64_t& target) {
    std::optional<std::int64_t> number;
    if (value.if_integer() != nullptr) number = *value.if_integer();
    if (const double* real = value.if_real();
        real != nullptr && std::trunc(*real) == *real && std::abs(*real) <= 0x1p53) {
      number = static_cast<std::int64_t>(*real);
    }
    if (!number) return wrong(field, "wrong_type", "give a whole number.");
    if (*number < least || *number > static_cast<std::int64_t>(most)) {
      return wrong(field, "out_of_range",
                   "give " + std::to_string(least) + " to " + std::to_string(most) + ".");
    }
    target = static_cast<std::uint64_t>(*number);
  }

  void period(const std::string& field, const Value& value) {
    std::uint64_t period_ms = 0;
    number(field, value, 1, kMaxPeriodMs, period_ms);
    rule_.limit.period = std::chrono::milliseconds{period_ms};
  }

  template <class T, std::size_t N>
  void word(const std::string& field, const Value& value, const std::array<Word<T>, N>& words,
            T& target) {
    if (value.if_string() == nullptr) return wrong(field, "wrong_type", "give a string.");
    const auto found = std::ranges::find(words, *value.if_string(), &Word<T>::text);
    if (found != words.end()) {
      target = found->value;
      return;
    }
    std::string names;
    for (const Word<T>& each : words) names.append(names.empty() ? "" : ", ").append(each.text);
    wrong(field, "not_allowed", "give one of " + names + ".");
  }

  void texts(const std::string& field, const Value& value, std::vector<std::string>& target) {
    const Value::Array* list = value.if_array();
    if (list == nullptr) return wrong(field, "wrong_type", "give a list of strings.");
    for (const Value& item : *list) {
      if (item.if_string() == nullptr) return wrong(field, "wrong_type", "give strings only.");
      target.push_back(*item.if_string());
    }
  }

  void conditions(const Value& value) {
    const Value::Object* members = value.if_object();
    if (members == nullptr) return wrong("/where", "wrong_type", "give an object.");
    for (const auto& [attribute, wanted] : *members) {
      Condition condition{attribute, {}};
      const std::string field = "/where/" + escaped(attribute);
      if (wanted.if_string() != nullptr) {
        condition.any_of.push_back(*wanted.if_string());
      } else if (wanted.if_array() != nullptr) {
        texts(field, wanted, condition.any_of);
      } else {
        wrong(field, "wrong_type", "give a string or a list of strings.");
        continue;
      }
      rule_.where.push_back(std::move(condition));
    }
    std::ranges::sort(rule_.where, {}, &Condition::attribute);
  }

  void wrong(const std::string& field, const char* reason, const std::string& detail) {
    errors_.add(where_ + field, reason,
                rule_.name.empty() ? detail : "rule \"" + rule_.name + "\": " + detail);
  }

  Rule rule_;
  const std::string where_;
  RuleErrors& errors_;
};

}  // namespace

base::Error rules_too_large() {
  constexpr const char* kDetail = "Rules are at most 4 MiB of text.";
  return base::Error{
      base::Code::kInvalid, "rules_too_large", kDetail, {{"/rules", "rules_too_large", kDetail}}};
}

base::Result<std::vector<Rule>> read_rules(const Value& items) {
  RuleErrors errors;
  std::vector<Rule> rules;
  if (const Value::Array* list = items.if_array(); list == nullptr) {
    errors.add("/rules", "wrong_type", "Give a list of rules.");
  } else if (list->size() > kMaxRules) {
    errors.add("/rules", "too_many_items", "There are at most 10,000 rules.");
  } else {
    rules.reserve(list->size());
    for (std::size_t i = 0; i < list->size() && !errors.full(); ++i) {
      rules.push_back(RuleReader("/rules/" + std::to_string(i), errors).read((*list)[i]));
    }
  }
  if (errors.empty()) check_rules(rules, errors);
  ASHLAR_TRY(errors.status());
  return rules;
}

base::Result<std::vector<Rule>> read_rules(std::string_view text) {
  if (text.size() > kMaxRulesBytes) {
    return rules_too_large();
  }
  ASHLAR_ASSIGN(const Value document, json::parse(text, kLimits));
  RuleErrors errors;
  const Value* items = document.find("rules");
  if (document.if_object() == nullptr) {
    errors.add("", "wrong_type", "Give an object with \"rules\" in it.");
  } else {
    for (const auto& [name, value] : *document.if_object()) {
      if (name == "rules") continue;
      errors.add("/" + escaped(name), "unknown_field", "There is no such field.");
    }
    if (items == nullptr) errors.add("/rules", "required", "Give a list of rules.");
  }
  ASHLAR_TRY(errors.status());
  return read_rules(*items);
}

void write_rule(json::Writer& writer, const Rule& rule) {
  const LimitSpec& limit = rule.limit;
  writer.begin_object().key("name").string(rule.name);
  if (!rule.description.empty()) writer.key("description").string(rule.description);
  writer.key("where").begin_object();
  for (const Condition& condition : rule.where) {
    writer.key(condition.attribute);
    if (condition.any_of.size() == 1) {
      writer.string(condition.any_of.front());
      continue;
    }
    writer.begin_array();
    for (const std::string& text : condition.any_of) writer.string(text);
    writer.end_array();
  }
  writer.end_object();
  writer.key("key").begin_array();
  for (const std::string& attribute : rule.key) writer.string(attribute);
  writer.end_array();
  writer.key("algorithm").string(word_of(kAlgorithms, limit.algorithm));
  writer.key("limit").integer(static_cast<std::int64_t>(limit.amount));
  if (const std::string_view unit = word_of(kUnits, limit.period); !unit.empty()) {
    writer.key("per").string(unit);
  } else {
    writer.key("period_ms")
        .integer(std::chrono::duration_cast<std::chrono::milliseconds>(limit.period).count());
  }
  if (limit.burst != 0) writer.key("burst").integer(static_cast<std::int64_t>(limit.burst));
  writer.key("cost").integer(static_cast<std::int64_t>(rule.cost));
  writer.key("shadow").boolean(limit.shadow);
  writer.key("on_failure").string(word_of(kFailures, limit.on_failure));
  writer.key("keeping").string(word_of(kKeepings, limit.keeping));
  writer.end_object();
}

std::string rules_text(const std::vector<Rule>& rules) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("rules").begin_array();
  for (const Rule& rule : rules) write_rule(writer, rule);
  writer.end_array().end_object();
  return text;
}

}  // namespace ashlar::limits
