#include "platform/http/sse.h"

#include <algorithm>

namespace ashlar::http {
namespace {

// One "field:value" line for each line of `text`: the ends are CR LF, LF or CR.
void append_lines(std::string& out, std::string_view field, std::string_view text) {
  for (;;) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    out += field;
    out += text.substr(0, end);
    out += '\n';
    if (end == text.size()) return;
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
}

void append_one_line(std::string& out, std::string_view field, std::string_view text) {
  out += field;
  for (const char c : text) {
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  out += '\n';
}

}  // namespace

std::string format_event(std::string_view event, std::string_view data, std::string_view id) {
  std::string out;
  out.reserve(event.size() + data.size() + id.size() + 32);
  if (!id.empty()) append_one_line(out, "id: ", id);
  if (!event.empty()) append_one_line(out, "event: ", event);
  append_lines(out, "data: ", data);
  out += '\n';
  return out;
}

std::string format_comment(std::string_view text) {
  std::string out;
  append_lines(out, ": ", text);
  out += '\n';
  return out;
}

std::string format_retry(base::Millis delay) {
  return "retry: " + std::to_string(delay.count()) + "\n\n";
}

}  // namespace ashlar::http
