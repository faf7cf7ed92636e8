#include "platform/observability/otlp.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/encoding.h"
#include "platform/observability/json_text.h"

namespace ashlar::obs {
namespace {

constexpr int kStatusError = 2;

template <std::size_t kBytes>
void append_hex_id(std::string& out, std::string_view key,
                   const std::array<std::uint8_t, kBytes>& id) {
  out += '"';
  out += key;
  out += "\":\"";
  out += base::hex_encode({reinterpret_cast<const char*>(id.data()), id.size()});
  out += "\",";
}

void append_nanos(std::string& out, std::string_view key, base::Time time) {
  out += '"';
  out += key;
  out += "\":\"";
  append_json_number(out, base::to_micros(time));
  out += "000\",";
}

void append_attribute(std::string& out, const LogField& field) {
  out += R"({"key":)";
  append_json_string(out, field.key);
  out += R"(,"value":{)";
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    out += R"("stringValue":)";
    append_json_string(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    out += R"("intValue":")";
    append_json_number(out, *integer);
    out += '"';
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    out += R"("doubleValue":)";
    append_json_number(out, *real);
  } else {
    out += R"("boolValue":)";
    out += std::get<bool>(field.value) ? "true" : "false";
  }
  out += "}}";
}

void append_attributes(std::string& out, std::span<const LogField> attributes) {
  out += R"("attributes":[)";
  bool first = true;
  for (const LogField& field : attributes) {
    if (!first) out += ',';
    first = false;
    append_attribute(out, field);
  }
  out += ']';
}

}  // namespace

void append_otlp_span(std::string& out, const OtlpSpan& span) {
  out += '{';
  append_hex_id(out, "traceId", span.context.trace_id);
  append_hex_id(out, "spanId", span.context.span_id);
  if (span.parent && span.parent->is_set())
    append_hex_id(out, "parentSpanId", span.parent->span_id);
  out += R"("flags":1,"name":)";
  append_json_string(out, span.name);
  out += R"(,"kind":)";
  append_json_number(out, static_cast<std::int64_t>(span.kind));
  out += ',';
  append_nanos(out, "startTimeUnixNano", span.start);
  append_nanos(out, "endTimeUnixNano", span.start + std::max(span.duration, base::Micros{0}));
  append_attributes(out, span.attributes);
  out += R"(,"status":{)";
  if (span.error) {
    out += R"("code":)";
    append_json_number(out, std::int64_t{kStatusError});
  }
  out += "}}";
}

std::string otlp_request(std::string_view service_name, std::string_view service_version,
                         std::span<const std::string_view> spans) {
  std::string out = R"({"resourceSpans":[{"resource":{)";
  const LogField resource[] = {{"service.name", service_name},
                               {"service.version", service_version}};
  append_attributes(out, resource);
  out += R"(},"scopeSpans":[{"scope":{"name":"ashlar","version":)";
  append_json_string(out, service_version);
  out += R"(},"spans":[)";
  bool first = true;
  for (const std::string_view span : spans) {
    if (!first) out += ',';
    first = false;
    out += span;
  }
  out += "]}]}]}";
  return out;
}

std::uint64_t otlp_rejected_spans(std::string_view answer) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(answer, error);
  if (error) return 0;
  const boost::json::value* rejected = parsed.find_pointer("/partialSuccess/rejectedSpans", error);
  if (rejected == nullptr) return 0;
  if (rejected->is_int64())
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rejected->get_int64()));
  std::uint64_t count = 0;  // protobuf's JSON writes 64-bit numbers as strings
  if (rejected->is_string()) {
    const std::string_view text = rejected->get_string();
    std::from_chars(text.data(), text.data() + text.size(), count);
  }
  return count;
}

}  // namespace ashlar::obs
