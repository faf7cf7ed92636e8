#include "modules/limits/rls_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "modules/limits/rls_call.h"
#include "modules/limits/rls_config.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::limits {

namespace {

using json::Value;

base::Error bad_json(std::string_view name, std::string_view what) {
  return base::fail(base::Code::kInvalid, "bad_request_json",
                    "The field " + std::string(name) + " " + std::string(what) + ".");
}

// A field by its JSON name, lowerCamelCase: also as snake_case.
bool is_named(std::string_view given, std::string_view name) {
  std::size_t at = 0;
  bool snake = false;
  if (given == name) return true;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper) {
      if (at >= given.size() || given[at] != '_') return false;
      ++at;
      snake = true;
    }
    if (at >= given.size() || given[at] != (upper ? static_cast<char>(c - 'A' + 'a') : c)) {
      return false;
    }
    ++at;
  }
  return snake && at == given.size();
}

// The fields of one message: each once, under one of its names; null is as if it were not there.
class Fields {
 public:
  static base::Result<Fields> of(const Value& value, std::string_view what) {
    const Value::Object* object = value.if_object();
    if (object == nullptr) return bad_json(what, "must be an object");
    return Fields(*object);
  }

  base::Result<const Value*> take(std::string_view name) {
    const Value* found = nullptr;
    for (const auto& [key, value] : *object_) {
      if (!is_named(key, name)) continue;
      if (found != nullptr) return bad_json(name, "is there twice");
      found = &value;
      ++taken_;
    }
    return found == nullptr || found->is_null() ? nullptr : found;
  }

  // Whether all that is there was taken.
  [[nodiscard]] base::Status done(std::string_view what) const {
    if (taken_ == object_->size()) return {};
    return bad_json(what, "has a field that is not known");
  }

 private:
  explicit Fields(const Value::Object& object) : object_(&object) {}
  const Value::Object* object_;
  std::size_t taken_ = 0;
};

std::optional<std::uint64_t> whole(const Value& value, double most) {
  if (const std::int64_t* integer = value.if_integer()) {
    if (*integer < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*integer);
  }
  const double* real = value.if_real();
  if (real == nullptr || std::trunc(*real) != *real || *real < 0 || *real >= most) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*real);
}

// "18446744073709551615" is beyond what a JSON number may be here.
std::optional<std::uint64_t> whole_text(const std::string& text, double most) {
  const bool digits = !text.empty() && text.size() <= 20 && text.front() != '0' &&
                      std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    unsigned __int128 value = 0;
    for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  const bool number = !text.empty() &&
                      (text.front() == '-' || (text.front() >= '0' && text.front() <= '9')) &&
                      text.back() >= '0' && text.back() <= '9';
  if (!number) return std::nullopt;  // blanks too
  const auto parsed = json::parse(text);
  return parsed.ok() ? whole(*parsed, most) : std::nullopt;
}

base::Status read_unsigned(const Value* value, std::string_view name, bool wide,
                           std::uint64_t& out) {
  if (value == nullptr) return {};
  const double most = wide ? 0x1p64 : 0x1p32;
  const std::string* text = value->if_string();
  const auto number = text != nullptr ? whole_text(*text, most) : whole(*value, most);
  const std::uint64_t top =
      wide ? std::numeric_limits<std::uint64_t>::max() : std::numeric_limits<std::uint32_t>::max();
  if (!number || *number > top) return bad_json(name, "must be a whole number without sign");
  out = *number;
  return {};
}

base::Status read_u32(Fields& fields, std::string_view name, std::uint32_t& out) {
  ASHLAR_ASSIGN(const Value* value, fields.take(name));
  std::uint64_t number = out;
  ASHLAR_TRY(read_unsigned(value, name, false, number));
  out = static_cast<std::uint32_t>(number);
  return {};
}

base::Status read_text(Fields& fields, std::string_view name, std::string_view& out) {
  ASHLAR_ASSIGN(const Value* value, fields.take(name));
  if (value == nullptr) return {};
  const std::string* text = value->if_string();
  if (text == nullptr) return bad_json(name, "must be text");
  out = *text;
  return {};
}

base::Result<const Value::Array*> take_list(Fields& fields, std::string_view name) {
  static const Value::Array kNone;
  ASHLAR_ASSIGN(const Value* value, fields.take(name));
  if (value == nullptr) return &kNone;
  const Value::Array* list = value->if_array();
  if (list == nullptr) return bad_json(name, "must be a list");
  if (list->size() > RlsRequest::kMaxEntries) return bad_json(name, "has too many values");
  return list;
}

base::Status read_entry(const Value& value, RlsEntry& out) {
  ASHLAR_ASSIGN(Fields fields, Fields::of(value, "entries"));
  ASHLAR_TRY(read_text(fields, "key", out.key));
  ASHLAR_TRY(read_text(fields, "value", out.value));
  return fields.done("entries");
}

// Of an override there is no WEEK by name; by number it passes.
base::Status read_unit(const Value* value, std::int32_t& out) {
  if (value == nullptr) return {};
  if (const std::string* name = value->if_string()) {
    for (int unit = 0; unit <= static_cast<int>(RlsUnit::kYear); ++unit) {
      if (*name != name_of(static_cast<RlsUnit>(unit))) continue;
      out = unit;
      return {};
    }
    return bad_json("unit", "must be a unit");
  }
  const std::int64_t* number = value->if_integer();
  if (number == nullptr || *number < std::numeric_limits<std::int32_t>::min() ||
      *number > std::numeric_limits<std::int32_t>::max()) {
    return bad_json("unit", "must be a unit");
  }
  out = static_cast<std::int32_t>(*number);
  return {};
}

base::Status read_limit(const Value& value, RlsOverride& out) {
  ASHLAR_ASSIGN(Fields fields, Fields::of(value, "limit"));
  ASHLAR_TRY(read_u32(fields, "requestsPerUnit", out.requests_per_unit));
  ASHLAR_ASSIGN(const Value* unit, fields.take("unit"));
  ASHLAR_TRY(read_unit(unit, out.unit));
  return fields.done("limit");
}

base::Status read_descriptor(const Value& value, RlsRequest& request) {
  ASHLAR_ASSIGN(Fields fields, Fields::of(value, "descriptors"));
  RlsAsk& ask = request.descriptors.emplace_back();
  ask.first_entry = static_cast<std::uint32_t>(request.entries.size());

  ASHLAR_ASSIGN(const Value::Array* entries, take_list(fields, "entries"));
  if (request.entries.size() + entries->size() > RlsRequest::kMaxEntries) {
    return bad_json("entries", "has too many values");
  }
  for (const Value& entry : *entries) ASHLAR_TRY(read_entry(entry, request.entries.emplace_back()));
  ask.entries = static_cast<std::uint32_t>(entries->size());

  ASHLAR_ASSIGN(const Value* limit, fields.take("limit"));
  if (limit != nullptr) ASHLAR_TRY(read_limit(*limit, ask.limit.emplace()));

  ASHLAR_ASSIGN(const Value* hits, fields.take("hitsAddend"));
  if (hits != nullptr) {
    ASHLAR_TRY(read_unsigned(hits, "hitsAddend", true, ask.hits_addend.emplace(0)));
  }

  ASHLAR_ASSIGN(const Value* negative, fields.take("isNegativeHits"));
  if (negative != nullptr) {
    if (negative->if_boolean() == nullptr) return bad_json("isNegativeHits", "must be a boolean");
    ask.is_negative_hits = *negative->if_boolean();
  }
  return fields.done("descriptors");
}

void write_status(json::Writer& out, const RlsStatus& status) {
  out.begin_object();
  if (status.code != RlsCode::kUnknown) {
    out.key("code").string(status.code == RlsCode::kOk ? "OK" : "OVER_LIMIT");
  }
  if (status.has_limit) {
    out.key("currentLimit").begin_object();
    if (status.requests_per_unit > 0) {
      out.key("requestsPerUnit").integer(status.requests_per_unit);
    }
    out.key("unit").string(name_of(status.unit));
    if (!status.name.empty()) out.key("name").string(status.name);
    out.end_object();
  }
  if (status.limit_remaining > 0) out.key("limitRemaining").integer(status.limit_remaining);
  if (status.has_limit) {
    out.key("durationUntilReset").string(std::to_string(status.reset_s) + "s");
  }
  out.end_object();
}

}  // namespace

base::Status read_rls_json(const Value& document, RlsRequest& request) {
  ASHLAR_ASSIGN(Fields fields, Fields::of(document, "of the request"));
  ASHLAR_TRY(read_text(fields, "domain", request.domain));
  ASHLAR_ASSIGN(const Value::Array* descriptors, take_list(fields, "descriptors"));
  for (const Value& each : *descriptors) ASHLAR_TRY(read_descriptor(each, request));
  ASHLAR_TRY(read_u32(fields, "hitsAddend", request.hits_addend));
  return fields.done("of the request");
}

void write_rls_json(const RlsResponse& response, std::string& text) {
  json::Writer out(text);
  out.begin_object();
  if (response.overall_code != RlsCode::kUnknown) {
    const bool ok = response.overall_code == RlsCode::kOk;
    out.key("overallCode").string(ok ? "OK" : "OVER_LIMIT");
  }
  if (!response.statuses.empty()) {
    out.key("statuses").begin_array();
    for (const RlsStatus& status : response.statuses) write_status(out, status);
    out.end_array();
  }
  if (!response.headers.empty()) {
    out.key("responseHeadersToAdd").begin_array();
    for (const auto& [name, value] : response.headers) {
      out.begin_object().key("key").string(name).key("value").string(value).end_object();
    }
    out.end_array();
  }
  if (!response.metadata.empty()) {
    out.key("dynamicMetadata").value(Value(response.metadata));
  }
  out.end_object();
}

}  // namespace ashlar::limits
