#include "modules/tasks/push_headers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"

namespace ashlar::tasks {
namespace {

constexpr std::array<std::string_view, 13> kForbidden{"host",
                                                      "content-length",
                                                      "transfer-encoding",
                                                      "connection",
                                                      "keep-alive",
                                                      "upgrade",
                                                      "te",
                                                      "trailer",
                                                      "expect",
                                                      "proxy-authorization",
                                                      "proxy-connection",
                                                      "traceparent",
                                                      "tracestate"};
constexpr std::array<std::string_view, 2> kForbiddenBegin{"ashlar-", "webhook-"};

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c == '\t' || (c >= ' ' && c < 0x7f); });
}

bool is_forbidden(std::string_view name) {
  const auto begins = [&](std::string_view with) {
    return base::ascii_iequals(name.substr(0, with.size()), with);
  };
  return std::ranges::any_of(
             kForbidden, [&](std::string_view one) { return base::ascii_iequals(name, one); }) ||
         std::ranges::any_of(kForbiddenBegin, begins);
}

base::Error wrong(const std::string& field, const char* reason, std::string detail) {
  return base::Error{base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

}  // namespace

base::Status check_push_headers(const std::vector<std::pair<std::string, std::string>>& headers,
                                const std::string& where) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) {
    bytes += name.size() + value.size();
    if (!is_token(name) || !is_value(value)) {
      return wrong(where, "header_malformed",
                   "A header's name is a token, its value visible ASCII, blanks and tabs.");
    }
    if (is_forbidden(name)) {
      return wrong(where + "/" + name, "header_forbidden",
                   "This header is not the caller's to set.");
    }
  }
  if (headers.size() > kMaxPushHeaders || bytes > kMaxPushHeaderBytes) {
    return wrong(where, "too_many_headers", "At most 32 headers of 8 KiB altogether.");
  }
  return base::ok_status();
}

}  // namespace ashlar::tasks
