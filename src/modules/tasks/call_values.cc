#include "modules/tasks/call_values.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "platform/http/call.h"
#include "platform/http/paging.h"

namespace ashlar::tasks {

base::Result<jobs::JobId> id_of(const http::Call& call) {
  const std::string& text = call.param(0);
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || id <= 0 || text.front() == '0') {
    return base::fail(base::Code::kNotFound, "task_not_found", "There is no such task.");
  }
  return jobs::JobId(id);
}

base::Result<std::string> queue_of(const http::Call& call) {
  const std::string& name = call.param(0);
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z');
  };
  const auto allowed = [&](char c) {
    return plain(c) || c == '_' || c == '.' || c == ':' || c == '-';
  };
  const bool good = !name.empty() && name.size() <= jobs::kMaxNameBytes && plain(name.front()) &&
                    std::ranges::all_of(name, allowed);
  if (good) return name;
  return base::fail(base::Code::kInvalid, "queue_malformed",
                    "A queue's name has 1 to 128 letters, digits, '_', '.', ':' or '-', and begins "
                    "with a letter or digit.");
}

base::Result<std::optional<base::Time>> time_of(const http::Call& call, std::string_view name) {
  const auto text = call.query_value(name);
  if (!text) return std::optional<base::Time>();
  const auto time = base::parse_rfc3339(*text);
  if (time) return time;
  return http::bad_query("?" + std::string(name), "bad_timestamp",
                         "Give a time as in RFC 3339: 2030-01-31T12:00:00Z.");
}

}  // namespace ashlar::tasks
