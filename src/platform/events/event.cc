#include "platform/events/event.h"

#include <algorithm>

#include "base/text.h"

namespace ashlar::events {
namespace {

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxTypeBytes || name.front() == '.' || name.back() == '.') {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

base::Error invalid(const char* detail) {
  return base::fail(base::Code::kInvalid, "event_invalid", detail);
}

}  // namespace

std::string Event::key() const {
  std::string key = tenant.to_string();
  key.append("/").append(aggregate_type).append("/").append(aggregate_id);
  return key;
}

base::Status check_event(const NewEvent& event) {
  if (!is_name(event.type)) {
    return invalid("type: 1 to 128 of a-z, 0-9, '_', '-' and '.', no dot at an end");
  }
  if (!is_name(event.aggregate_type)) {
    return invalid("aggregate_type: 1 to 128 of a-z, 0-9, '_', '-' and '.', no dot at an end");
  }
  const std::string& id = event.aggregate_id;
  if (id.empty() || id.size() > kMaxKeyBytes || !base::is_utf8(id) ||
      id.find('\0') != std::string::npos) {
    return invalid("aggregate_id: 1 to 255 bytes of UTF-8 without NUL");
  }
  if (event.data.empty() || event.data.size() > kMaxDataBytes) {
    return invalid("data: 1 to 262144 bytes of JSON");
  }
  return base::ok_status();
}

bool is_type_pattern(std::string_view pattern) {
  if (pattern == "*") return true;
  if (pattern.ends_with(".*")) pattern.remove_suffix(2);
  return is_name(pattern);
}

bool type_fits(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace ashlar::events
