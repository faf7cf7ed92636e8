#include "modules/notifications/segment.h"

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "modules/notifications/recipient.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

using json::Value;

constexpr std::size_t kMaxAttributes = 100;
constexpr std::size_t kMaxDepth = 8;
constexpr std::string_view kAttributes = "attributes.";

base::Error wrong(const char* reason, const std::string& field, std::string detail) {
  return {base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

bool is_attribute_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || name.size() > 64 || !letter(name.front())) return false;
  for (const char c : name) {
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

// 1.0 as 1: what is equal is then equal as text. Beyond 2^53 a double is no exact whole number.
void write_number(json::Writer& out, double number) {
  constexpr double kExact = 9007199254740992.0;
  if (number == std::floor(number) && std::abs(number) < kExact) {
    out.integer(static_cast<std::int64_t>(number));
  } else {
    out.real(number);
  }
}

void write_canonical(json::Writer& out, const Value& value) {
  if (const double* number = value.if_real()) {
    write_number(out, *number);
  } else if (const Value::Array* items = value.if_array()) {
    out.begin_array();
    for (const Value& item : *items) write_canonical(out, item);
    out.end_array();
  } else if (const Value::Object* members = value.if_object()) {
    out.begin_object();
    for (const auto& [name, member] : *members) {
      out.key(name);
      write_canonical(out, member);
    }
    out.end_object();
  } else {
    out.value(value);
  }
}

std::size_t depth_of(const Value& value) {
  std::size_t deepest = 0;
  if (const Value::Array* items = value.if_array()) {
    for (const Value& item : *items) deepest = std::max(deepest, 1 + depth_of(item));
  } else if (const Value::Object* members = value.if_object()) {
    for (const auto& [name, member] : *members) deepest = std::max(deepest, 1 + depth_of(member));
  }
  return deepest;
}

bool is_scalar(const Value& value) {
  return !value.is_null() && value.if_array() == nullptr && value.if_object() == nullptr;
}

// What a condition compares: the JSON texts of values, or one prefix.
struct Compared {
  bool prefix = false;
  std::vector<std::string> values;
};

std::optional<Compared> compared(const Value& condition) {
  const auto text_of = [](const Value& value) {
    std::string text;
    json::Writer out(text);
    write_canonical(out, value);
    return text;
  };
  if (is_scalar(condition)) return Compared{false, {text_of(condition)}};
  const Value::Object* members = condition.if_object();
  if (members == nullptr || members->size() != 1) return std::nullopt;
  const auto& [word, operand] = members->front();
  if (word == "prefix" && operand.if_string() != nullptr && !operand.if_string()->empty()) {
    return Compared{true, {*operand.if_string()}};
  }
  const Value::Array* values = operand.if_array();
  if (word != "in" || values == nullptr || values->empty() ||
      values->size() > Segment::kMaxValues) {
    return std::nullopt;
  }
  Compared found;
  for (const Value& value : *values) {
    if (!is_scalar(value)) return std::nullopt;
    found.values.push_back(text_of(value));
  }
  return found;
}

// One element of the list that audience_store.cc's statements go through:
// {"f": "l" | "z" | "a", "n": name, "p": path, "x": prefix} or with "v": [JSON texts].
base::Status write_condition(json::Writer& out, const std::string& field, const Value& condition) {
  const std::string pointer = "/where/" + field;
  std::string kind;
  std::string attribute;
  if (field == "locale") {
    kind = "l";
  } else if (field == "time_zone") {
    kind = "z";
  } else if (field.starts_with(kAttributes)) {
    kind = "a";
    attribute = field.substr(kAttributes.size());
  }
  if (kind.empty() || (kind == "a" && !is_attribute_name(attribute))) {
    return wrong("segment_invalid", pointer,
                 "A condition is on locale, time_zone or attributes.<name>.");
  }
  const std::optional<Compared> what = compared(condition);
  if (!what) {
    return wrong("segment_invalid", pointer,
                 "Give a value, {\"in\": [values]} (200 at most) or {\"prefix\": \"text\"}.");
  }
  out.begin_object().key("f").string(kind);
  out.key("n").string(attribute).key("p").string("$.\"" + attribute + "\"");
  if (what->prefix) {
    out.key("x").string(what->values.front());
  } else {
    out.key("v").begin_array();
    for (const std::string& value : what->values) out.string(value);
    out.end_array();
  }
  out.end_object();
  return base::ok_status();
}

}  // namespace

base::Result<std::string> compile_where(const Value& where) {
  const Value::Object* conditions = where.if_object();
  if (conditions == nullptr || conditions->empty() ||
      conditions->size() > Segment::kMaxConditions) {
    return wrong("segment_invalid", "/where", "Give an object of 1 to 20 conditions.");
  }
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const auto& [field, condition] : *conditions) {
    ASHLAR_TRY(write_condition(out, field, condition));
  }
  out.end_array();
  return text;
}

base::Result<std::string> compile_where(std::string_view where) {
  ASHLAR_ASSIGN(const Value value, json::parse(where));
  return compile_where(value);
}

base::Result<std::string> canonical_attributes(const Value& given, std::string_view field) {
  const std::string pointer(field);
  const Value::Object* members = given.if_object();
  if (members == nullptr) return wrong("attributes_invalid", pointer, "Give an object.");
  if (members->size() > kMaxAttributes) {
    return wrong("attributes_invalid", pointer, "There are more than 100 attributes.");
  }
  for (const auto& [name, value] : *members) {
    if (!is_attribute_name(name)) {
      return wrong("attributes_invalid", pointer,
                   "A name has 1 to 64 of letters, digits, _ and -, and begins with no digit.");
    }
    if (depth_of(value) > kMaxDepth) {
      return wrong("attributes_invalid", pointer + "/" + name, "It is nested too deep.");
    }
  }
  std::string text;
  json::Writer out(text);
  write_canonical(out, given);
  if (text.size() > kMaxAttributesBytes) {
    return wrong("attributes_invalid", pointer, "Attributes are longer than 8 KiB.");
  }
  return text;
}

}  // namespace ashlar::notifications
