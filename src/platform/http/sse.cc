#include "platform/http/sse.h"

namespace ashlar::http {
namespace {

void append_one_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c != '\r' && c != '\n') out += c;
  }
}

}  // namespace

std::string format_event(std::string_view event, std::string_view data) {
  std::string out;
  if (!event.empty()) {
    out += "event: ";
    append_one_line(out, event);
    out += '\n';
  }
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    const bool crlf = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (crlf ? 2 : 1));
  }
  out += '\n';
  return out;
}

std::string format_comment(std::string_view text) {
  std::string out = ": ";
  append_one_line(out, text);
  out += "\n\n";
  return out;
}

}  // namespace ashlar::http
