// Whatever is sent as a CloudEvent is read or refused, and what was read is written so that it is
// read the same again, in every mode.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "platform/events/cloud_event.h"

namespace ashlar::events {
namespace {

// name NUL value NUL …, then after a second NUL the body.
CloudHeaders headers_of(std::string_view& text) {
  CloudHeaders headers;
  while (!text.empty() && text.front() != '\0') {
    const std::size_t name = text.find('\0');
    if (name == std::string_view::npos) break;
    const std::size_t value = text.find('\0', name + 1);
    if (value == std::string_view::npos) break;
    headers.emplace_back(text.substr(0, name), text.substr(name + 1, value - name - 1));
    text.remove_prefix(value + 1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return headers;
}

void check_again(const CloudEvent& event) {
  const auto http = from_http(http_headers(event), event.data.value_or(""));
  CHECK(http.ok());
  CHECK(http->id == event.id && http->subject == event.subject);
  CHECK(http->extensions == event.extensions);
  const auto json = from_structured(structured_json(event));
  CHECK(json.ok());
  CHECK(json->source == event.source && json->time == event.time);
  CHECK(json->data.has_value() == event.data.has_value());
}

void read_one(int mode, std::string_view text) {
  if (mode == 0) {
    const auto event = from_structured(text);
    if (event.ok()) check_again(*event);
    return;
  }
  const CloudHeaders headers = headers_of(text);
  const auto event = mode == 1 ? from_http(headers, text) : from_kafka(headers, text);
  if (event.ok()) check_again(*event);
}

}  // namespace
}  // namespace ashlar::events

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  ashlar::events::read_one(data[0] % 3, {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
