#include "modules/notifications/call_parts.h"

#include <charconv>

#include "platform/http/call.h"
#include "platform/http/entity_tag.h"

namespace ashlar::notifications {

std::int64_t id_in_path(const http::Call& call, std::size_t param) {
  const std::string& text = call.param(param);
  std::int64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && id > 0 && text.front() != '0' ? id : 0;
}

std::string etag_of(std::int64_t version) {
  return version == 0 ? "" : "\"v" + std::to_string(version) + "\"";
}

base::Status check_if_match(const http::Call& call, std::int64_t version) {
  if (call.head->if_match.empty()) return base::ok_status();
  switch (http::match_strong(call.head->if_match, etag_of(version))) {
    case http::TagMatch::kMatch:
      return base::ok_status();
    case http::TagMatch::kNone:
      return base::fail(base::Code::kPreconditionFailed, "etag_mismatch",
                        "It was changed since; read it again.");
    case http::TagMatch::kMalformed:
      break;
  }
  return base::fail(base::Code::kInvalid, "bad_if_match", "If-Match is not a list of entity tags.");
}

bool is_lines(const http::Call& call) {
  return call.head->content_type.find("json") != std::string_view::npos &&
         !call.head->content_type.starts_with("application/json");
}

}  // namespace ashlar::notifications
