#include "platform/kafka/record.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::kafka {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kStructured = "application/cloudevents+json";
constexpr json::ParseLimits kLimits{.max_depth = 64, .max_values = 1'000'000};

base::Error malformed(std::string detail) {
  return base::fail(base::Code::kInvalid, "record_malformed", std::move(detail));
}

const std::string* header(const Record& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (base::ascii_iequals(key, name)) return &value;
  }
  return nullptr;
}

bool is_storable(std::string_view text) {
  return base::is_utf8(text) && text.find('\0') == std::string_view::npos;
}

// What a CloudEvent says of itself, in either mode.
struct Attributes {
  std::string specversion, id, source, type, subject, time, tenant, aggregate_type, traceparent;
};
struct Attribute {
  std::string_view name;
  std::string Attributes::* value;
};
constexpr Attribute kAttributes[] = {
    {"specversion", &Attributes::specversion}, {"id", &Attributes::id},
    {"source", &Attributes::source},           {"type", &Attributes::type},
    {"subject", &Attributes::subject},         {"time", &Attributes::time},
    {"tenant", &Attributes::tenant},           {"aggregatetype", &Attributes::aggregate_type},
    {"traceparent", &Attributes::traceparent},
};

std::string fallback_id(const Record& record) {
  return is_storable(record.key) ? record.key : base::hex_encode(record.key);
}

base::Result<events::Event> to_event(const Attributes& of, const Record& record,
                                     const Place& place) {
  for (const auto& [name, value] : kAttributes) {
    if (!is_storable(of.*value)) return malformed(std::string(name) + ": not text");
  }
  if (!of.specversion.starts_with("1.")) return malformed("specversion: not 1.0");
  if (of.id.empty()) return malformed("id: missing");
  if (of.source.empty()) return malformed("source: missing");
  if (of.type.empty()) return malformed("type: missing");
  events::Event event;
  event.seq = events::EventSeq{place.offset};
  event.id = of.id;
  event.type = of.type;
  event.aggregate_type = of.aggregate_type.empty() ? place.topic : of.aggregate_type;
  event.aggregate_id = of.subject.empty() ? fallback_id(record) : of.subject;
  event.traceparent = of.traceparent;
  event.time = place.time;
  if (!of.time.empty()) {
    const auto time = base::parse_rfc3339(of.time);
    if (!time) return malformed("time: not RFC 3339");
    event.time = *time;
  }
  if (!of.tenant.empty()) {
    const char* end = of.tenant.data() + of.tenant.size();
    const auto [stop, error] = std::from_chars(of.tenant.data(), end, event.tenant.value);
    if (error != std::errc() || stop != end || event.tenant.value < 0) {
      return malformed("tenant: not a tenant's number");
    }
  }
  return event;
}

base::Result<events::Event> from_binary(const Record& record, const Place& place) {
  Attributes attributes;
  for (const auto& [name, value] : kAttributes) {
    const std::string* found = header(record, "ce_" + std::string(name));
    if (found != nullptr) attributes.*value = *found;
  }
  ASHLAR_ASSIGN(events::Event event, to_event(attributes, record, place));
  event.data = record.value;
  return event;
}

std::optional<std::string> base64_decode(std::string text) {
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return base::base64url_decode(text);
}

base::Result<events::Event> from_structured(const Record& record, const Place& place) {
  const auto parsed = json::parse(record.value, kLimits);
  if (!parsed.ok()) return malformed("structured mode: " + parsed.error().detail);
  if (parsed->if_object() == nullptr) return malformed("structured mode: not a JSON object");
  Attributes attributes;
  for (const auto& [name, value] : kAttributes) {
    const json::Value* found = parsed->find(name);
    if (found == nullptr || found->is_null()) continue;
    if (found->if_string() == nullptr) return malformed(std::string(name) + ": not a string");
    attributes.*value = *found->if_string();
  }
  ASHLAR_ASSIGN(events::Event event, to_event(attributes, record, place));
  if (const json::Value* bytes = parsed->find("data_base64"); bytes != nullptr) {
    auto decoded =
        bytes->if_string() != nullptr ? base64_decode(*bytes->if_string()) : std::nullopt;
    if (!decoded) return malformed("data_base64: not base64");
    event.data = std::move(*decoded);
  } else if (const json::Value* data = parsed->find("data"); data != nullptr) {
    json::Writer(event.data).value(*data);
  }
  return event;
}

}  // namespace

Record to_record(const events::Event& event, std::string_view topic_prefix,
                 std::string_view source) {
  Record record;
  record.topic.append(topic_prefix).append(event.aggregate_type);
  record.key = event.key();
  record.value = event.data;
  record.headers = {
      {"ce_specversion", "1.0"},
      {"ce_id", event.id},
      {"ce_source", std::string(source)},
      {"ce_type", event.type},
      {"ce_subject", event.aggregate_id},
      {"ce_time", base::format_rfc3339(event.time)},
      {"ce_partitionkey", record.key},
      {"ce_aggregatetype", event.aggregate_type},
      {"content-type", std::string(kJson)},
  };
  if (event.tenant.is_set()) record.headers.emplace_back("ce_tenant", event.tenant.to_string());
  if (!event.traceparent.empty()) record.headers.emplace_back("ce_traceparent", event.traceparent);
  return record;
}

base::Result<events::Event> from_record(const Record& record, const Place& place) {
  const std::string* content_type = header(record, "content-type");
  if (content_type != nullptr && content_type->starts_with(kStructured)) {
    return from_structured(record, place);
  }
  if (header(record, "ce_specversion") != nullptr) return from_binary(record, place);
  events::Event event;
  event.seq = events::EventSeq{place.offset};
  event.id =
      place.topic + "/" + std::to_string(place.partition) + "/" + std::to_string(place.offset);
  event.type = place.topic;
  event.aggregate_type = place.topic;
  event.aggregate_id = fallback_id(record);
  event.data = record.value;
  event.time = place.time;
  return event;
}

}  // namespace ashlar::kafka
