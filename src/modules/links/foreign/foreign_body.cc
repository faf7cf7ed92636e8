#include "modules/links/foreign/foreign_body.h"

#include <cmath>
#include <utility>

#include "platform/json/parse.h"

namespace ashlar::links {
namespace {

constexpr double kMostExact = 9'007'199'254'740'992;  // 2^53: what JavaScript counts up to

}  // namespace

base::Result<ForeignBody> ForeignBody::parse(std::string_view body) {
  if (body.empty()) return ForeignBody(json::Value(json::Value::Object()));
  ASHLAR_ASSIGN(json::Value value, json::parse(body));
  if (value.if_object() == nullptr) {
    return base::fail(base::Code::kInvalid, "not_an_object", "The body is no JSON object.");
  }
  return ForeignBody(std::move(value));
}

const json::Value* ForeignBody::sent(std::string_view name) const {
  const json::Value* const value = find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool ForeignBody::is_null(std::string_view name) const {
  const json::Value* const value = find(name);
  return value != nullptr && value->is_null();
}

std::optional<std::string> ForeignBody::text(std::string_view name) {
  const json::Value* const value = sent(name);
  if (value == nullptr) return std::nullopt;
  if (const std::string* const text = value->if_string()) return *text;
  wrong_type(name, "a text");
  return std::nullopt;
}

std::optional<std::int64_t> ForeignBody::integer(std::string_view name) {
  const json::Value* const value = sent(name);
  if (value == nullptr) return std::nullopt;
  if (const std::int64_t* const number = value->if_integer()) return *number;
  if (const double* const real = value->if_real()) {
    if (std::trunc(*real) == *real && std::abs(*real) <= kMostExact) {
      return static_cast<std::int64_t>(*real);
    }
  }
  wrong_type(name, "a whole number");
  return std::nullopt;
}

std::optional<bool> ForeignBody::boolean(std::string_view name) {
  const json::Value* const value = sent(name);
  if (value == nullptr) return std::nullopt;
  if (const bool* const flag = value->if_boolean()) return *flag;
  wrong_type(name, "true or false");
  return std::nullopt;
}

std::optional<base::Time> ForeignBody::time(std::string_view name) {
  const std::optional<std::string> given = text(name);
  if (!given) return std::nullopt;
  std::optional<base::Time> time = base::parse_rfc3339(*given);
  if (!time) fault(name, "bad_timestamp", "Give a time like 2026-11-22T10:00:00Z.");
  return time;
}

std::optional<std::vector<std::string>> ForeignBody::texts(std::string_view name) {
  const json::Value* const value = sent(name);
  if (value == nullptr) return std::nullopt;
  if (const std::string* const one = value->if_string()) return std::vector{*one};
  const json::Value::Array* const array = value->if_array();
  std::vector<std::string> all;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const std::string* const text = (*array)[i].if_string();
    if (text != nullptr) all.push_back(*text);
  }
  if (array != nullptr && all.size() == array->size()) return all;
  wrong_type(name, "a list of texts");
  return std::nullopt;
}

const json::Value::Array* ForeignBody::array(std::string_view name) {
  const json::Value* const value = sent(name);
  if (value == nullptr) return nullptr;
  const json::Value::Array* const array = value->if_array();
  if (array == nullptr) wrong_type(name, "a list");
  return array;
}

const json::Value::Object* ForeignBody::object(std::string_view name) {
  const json::Value* const value = sent(name);
  if (value == nullptr) return nullptr;
  const json::Value::Object* const object = value->if_object();
  if (object == nullptr) wrong_type(name, "an object");
  return object;
}

void ForeignBody::fault(std::string_view name, const char* reason, std::string detail) {
  faults_.add("/" + std::string(name), reason, std::move(detail));
}

void ForeignBody::wrong_type(std::string_view name, const char* wanted) {
  fault(name, "wrong_type", std::string("This is not ") + wanted + ".");
}

}  // namespace ashlar::links
