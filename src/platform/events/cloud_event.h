// CloudEvent: an event as CloudEvents 1.0.2 writes it, over HTTP (binary and structured mode) and
// Kafka (binary mode).
//
//   binary, HTTP    ce-id: …, ce-type: …, content-type: …; the body is the data
//   binary, Kafka   ce_id: …, content-type: …; the value is the data, the key `partitionkey`
//   structured      application/cloudevents+json: {"specversion":"1.0", …, "data": …}
//
// Promises
//  1. What is written is read back the same, but that JSON data may be spaced otherwise, and that
//  an
//     absent content type of JSON data in structured mode stays absent.
//  2. HTTP values: space, '"', '%' and all outside U+0021 to U+007E is percent-encoded as UTF-8;
//     read, they may be quoted (RFC 7230) and encoded without need; sequences that are not UTF-8
//     are refused.
//  3. Structured: data is a JSON value where the content type is JSON (or absent) and the data
//     really is; a string where it is text of another type; else data_base64.
//  4. What is read is checked: specversion 1.0, id, source and type not empty, attributes named
//     [a-z0-9]{1,20}, none twice, time as RFC 3339.
// Errors: kInvalid cloud_event_invalid, the detail says what. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/event.h"

namespace ashlar::events {

struct CloudEvent {
  std::string id, source, type;
  std::string subject, data_content_type, data_schema;  // "": absent
  std::optional<base::Time> time;
  std::vector<std::pair<std::string, std::string>> extensions;  // by name; values in text form
  std::optional<std::string> data;

  // "": there is none.
  [[nodiscard]] std::string_view extension(std::string_view name) const;
  friend bool operator==(const CloudEvent&, const CloudEvent&) = default;
};

inline constexpr std::string_view kStructuredContentType = "application/cloudevents+json";

// `source` names who publishes: an installation's URL. subject is "aggregate_type/aggregate_id".
// Extensions: partitionkey (the key of order), sequence, tenantid where there is one, traceparent.
CloudEvent cloud_event_of(const Event& event, std::string_view source);

using CloudHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

CloudHeaders http_headers(const CloudEvent& event);
// Headers of other names are passed over; names in any case.
base::Result<CloudEvent> from_http(const CloudHeaders& headers, std::string_view body);
// Whether headers are those of binary mode: there is a ce-specversion.
bool is_binary_http(const CloudHeaders& headers);

CloudHeaders kafka_headers(const CloudEvent& event);
base::Result<CloudEvent> from_kafka(const CloudHeaders& headers, std::string_view value);

std::string structured_json(const CloudEvent& event);
base::Result<CloudEvent> from_structured(std::string_view json);

}  // namespace ashlar::events
