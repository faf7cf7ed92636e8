#include "platform/http/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "platform/http/byte_class.h"
#include "platform/http/problem.h"

namespace ashlar::http {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

base::Error bad_header(std::string_view name) {
  return base::fail(base::Code::kInternal, "bad_response_header",
                    "the answer's header field " + std::string(name) + " cannot be sent");
}

}  // namespace

bool is_header_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_byte(c, kTokenByte); });
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return is_byte(c, kTextByte); });
}

base::Status append_response_head(std::string& out, const ResponseHead& head,
                                  const HeaderList& headers) {
  if (!is_header_value(head.content_type)) return bad_header("Content-Type");
  if (!is_header_value(head.request_id)) return bad_header("X-Request-Id");
  for (const auto& [name, value] : headers) {
    if (!is_header_name(name) || !is_header_value(value)) return bad_header(name);
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(head.status));
  out += ' ';
  out += status_text(head.status);
  out += "\r\n";
  out += head.date_header;
  if (!head.content_type.empty()) append_field(out, "Content-Type", head.content_type);
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  if (!bodiless) {
    out += "Content-Length: ";
    append_number(out, head.content_length);
    out += "\r\n";
  }
  if (!head.request_id.empty()) append_field(out, "X-Request-Id", head.request_id);
  for (const auto& [name, value] : headers) append_field(out, name, value);
  if (head.close) {
    out += "Connection: close\r\n";
  } else if (head.keep_alive_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return base::ok_status();
}

}  // namespace ashlar::http
