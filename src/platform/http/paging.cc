#include "platform/http/paging.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "platform/http/call.h"

namespace ashlar::http {

base::Error bad_query(const std::string& field, const char* reason, std::string detail) {
  base::Error error = base::fail(base::Code::kInvalid, "invalid_request", detail);
  error.fields.push_back({field, reason, std::move(detail)});
  return error;
}

base::Result<int> page_limit(const Call& call) {
  const std::optional<std::string_view> text = call.query_value("limit");
  if (!text) return kDefaultPageLimit;
  int limit = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), limit);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text->data() + text->size();
  if (whole && limit >= 1 && limit <= kMaxPageLimit) return limit;
  return bad_query("?limit", "out_of_range", "A limit is a whole number from 1 to 100.");
}

std::string next_page_link(const Call& call, std::string_view cursor) {
  std::string url = "<" + std::string(call.head->path) + "?";
  for (const auto& [name, value] : call.query) {
    if (name == "cursor") continue;
    url += base::percent_encode(name) + "=" + base::percent_encode(value) + "&";
  }
  return url + "cursor=" + base::percent_encode(cursor) + ">; rel=\"next\"";
}

}  // namespace ashlar::http
