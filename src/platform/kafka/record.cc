#include "platform/kafka/record.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/events/cloud_event.h"

namespace ashlar::kafka {
namespace {

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

std::string fallback_id(const Record& record) {
  return is_storable(record.key) ? record.key : base::hex_encode(record.key);
}

base::Result<events::Event> to_event(const events::CloudEvent& of, const Record& record,
                                     const Place& place) {
  events::Event event;
  event.seq = events::EventSeq{place.offset};
  event.id = of.id;
  event.type = of.type;
  event.traceparent = of.extension("traceparent");
  event.time = of.time.value_or(place.time);
  event.data = of.data.value_or(std::string());
  // Ours is "aggregate type/aggregate id"; another's may be anything.
  const std::size_t slash = of.subject.find('/');
  if (slash == std::string::npos) {
    event.aggregate_type = place.topic;
    event.aggregate_id = of.subject.empty() ? fallback_id(record) : of.subject;
  } else {
    event.aggregate_type = of.subject.substr(0, slash);
    event.aggregate_id = of.subject.substr(slash + 1);
  }
  for (const std::string& text : {event.id, event.type, event.traceparent, of.subject}) {
    if (!is_storable(text)) return malformed("an attribute is not text");
  }
  if (const std::string_view tenant = of.extension("tenantid"); !tenant.empty()) {
    const char* end = tenant.data() + tenant.size();
    const auto [stop, error] = std::from_chars(tenant.data(), end, event.tenant.value);
    if (error != std::errc() || stop != end || event.tenant.value < 0) {
      return malformed("tenantid: not a tenant's number");
    }
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
  record.headers = events::kafka_headers(events::cloud_event_of(event, source));
  return record;
}

base::Result<events::Event> from_record(const Record& record, const Place& place) {
  const std::string* content_type = header(record, "content-type");
  const bool structured =
      content_type != nullptr && content_type->starts_with(events::kStructuredContentType);
  if (structured || header(record, "ce_specversion") != nullptr) {
    const auto read = structured ? events::from_structured(record.value)
                                 : events::from_kafka(record.headers, record.value);
    if (!read.ok()) return malformed(read.error().detail);
    return to_event(*read, record, place);
  }
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
