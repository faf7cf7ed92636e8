#include "platform/http/refusal_text.h"

#include "platform/http/response.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kMark = "request-id-goes-here";

}  // namespace

RefusalText::RefusalText(const ErrorFace& errors) {
  const Response refusal = errors.of_refusal(
      503, "overloaded", "Too many requests are under way; come back after Retry-After.", kMark);
  const std::string& body = refusal.body;
  type_ = "Content-Type: " + refusal.content_type + "\r\nContent-Length: ";
  // A face that says the id in a header alone has no place for it.
  const std::size_t at = body.find(kMark);
  names_request_ = at != std::string::npos;
  body_begin_ = body.substr(0, at);
  if (names_request_) body_end_ = body.substr(at + kMark.size());
  for (const auto& [name, value] : refusal.headers) {
    if (value == kMark) id_fields_.push_back("\r\n" + name + ": ");
  }
}

void RefusalText::append(std::string& out, const ResponseHead& head, const HeaderList& more,
                         bool head_only, base::Random& random) const {
  const std::string_view id = names_request_ ? head.request_id : std::string_view();
  const std::size_t length = body_begin_.size() + id.size() + body_end_.size();
  out += "HTTP/1.1 503 Service Unavailable\r\n";
  out += head.date_header;
  out += type_;
  out += std::to_string(length);
  out += "\r\nX-Request-Id: ";
  out += head.request_id;
  for (const std::string& field : id_fields_) out.append(field).append(head.request_id);
  out += "\r\nRetry-After: ";
  out += static_cast<char>('1' + random.below(kLongestRetryAfterS));
  out += "\r\n";
  for (const auto& [name, value] : more) out.append(name).append(": ").append(value).append("\r\n");
  if (head.close) {
    out += "Connection: close\r\n";
  } else if (head.keep_alive_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (head_only) return;
  out += body_begin_;
  out += id;
  out += body_end_;
}

}  // namespace ashlar::http
