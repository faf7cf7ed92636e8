#include "platform/http/response_head.h"

#include <array>
#include <charconv>

#include "platform/http/problem.h"

namespace ashlar::http {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

bool is_safe_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kBreaks("\r\n\0", 3);
  return !name.empty() && name.find_first_of(kBreaks) == std::string_view::npos &&
         name.find(':') == std::string_view::npos &&
         value.find_first_of(kBreaks) == std::string_view::npos;
}

void append_response_head(std::string& out, const ResponseHead& head,
                          const std::vector<std::pair<std::string, std::string>>& headers) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(head.status));
  out += ' ';
  out += status_text(head.status);
  out += "\r\n";
  out += head.date_header;
  if (!head.content_type.empty()) append_header(out, "Content-Type", head.content_type);
  for (const auto& [name, value] : headers) {
    if (is_safe_header(name, value)) append_header(out, name, value);
  }
  append_header(out, "X-Request-Id", head.request_id);
  if (head.close) append_header(out, "Connection", "close");
  if (head.keep_alive_1_0) append_header(out, "Connection", "keep-alive");
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  if (!bodiless) {
    out += "Content-Length: ";
    append_number(out, head.content_length);
    out += "\r\n";
  }
  out += "\r\n";
}

}  // namespace ashlar::http
