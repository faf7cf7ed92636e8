#include "modules/notifications/mail/mime_reader.h"

#include <algorithm>

#include "base/text.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxParameters = 16;

// Takes a line off the front, without its end.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void append_bounded(std::string& to, std::string_view text) {
  to += text.substr(0, kMaxHeaderBytes - std::min(to.size(), kMaxHeaderBytes));
}

std::string_view value_of(const std::vector<std::pair<std::string, std::string>>& pairs,
                          std::string_view name) {
  const auto found =
      std::ranges::find_if(pairs, [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? std::string_view() : std::string_view(found->second);
}

// Up to the next ';' that is in no quotes; takes it off the front.
std::string_view next_parameter(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (quoted && text[end] == '\\') {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    } else if (text[end] == ';' && !quoted) {
      break;
    }
  }
  end = std::min(end, text.size());
  const std::string_view item = base::trim_spaces(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return item;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// "--boundary" or "--boundary--", blanks behind.
bool is_delimiter(std::string_view line, std::string_view boundary, bool& last) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return false;
  std::string_view rest = line.substr(2 + boundary.size());
  last = rest.starts_with("--");
  if (last) rest.remove_prefix(2);
  return base::trim_spaces(rest).empty();
}

}  // namespace

std::string_view MimeEntity::header(std::string_view name) const { return value_of(headers, name); }
std::string_view MediaType::parameter(std::string_view name) const {
  return value_of(parameters, name);
}

MimeEntity read_entity(std::string_view text) {
  MimeEntity entity;
  bool keeps = false;  // a continued line belongs to the last header
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (!keeps) continue;
      append_bounded(entity.headers.back().second, " ");
      append_bounded(entity.headers.back().second, base::trim_spaces(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    keeps = colon != std::string_view::npos && colon > 0 && entity.headers.size() < kMaxHeaders;
    if (!keeps) continue;
    std::string name;
    append_bounded(name, base::trim_spaces(line.substr(0, colon)));
    auto& header = entity.headers.emplace_back(base::ascii_lower(name), std::string());
    append_bounded(header.second, base::trim_spaces(line.substr(colon + 1)));
  }
  entity.body = text;
  return entity;
}

MediaType read_media_type(std::string_view value) {
  MediaType media;
  const std::string_view type = next_parameter(value);
  if (type.find('/') == std::string_view::npos) return media;
  media.type = base::ascii_lower(type);
  while (!value.empty() && media.parameters.size() < kMaxParameters) {
    const std::string_view item = next_parameter(value);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    media.parameters.emplace_back(base::ascii_lower(base::trim_spaces(item.substr(0, equals))),
                                  unquoted(base::trim_spaces(item.substr(equals + 1))));
  }
  return media;
}

std::vector<MimeEntity> read_parts(std::string_view body, std::string_view boundary) {
  std::vector<MimeEntity> parts;
  if (boundary.empty()) return parts;
  const char* begin = nullptr;  // of the part that is being read
  const char* end = nullptr;    // before the line end that belongs to the delimiter
  bool last = false;
  while (!body.empty() && !last && parts.size() < kMaxParts) {
    const char* const at = body.data();
    const std::string_view line = next_line(body);
    if (is_delimiter(line, boundary, last)) {
      if (begin != nullptr) {
        parts.push_back(read_entity({begin, static_cast<std::size_t>(end - begin)}));
      }
      begin = end = body.data();
    } else {
      end = at + line.size();
    }
    if (!last && body.empty() && begin != nullptr && parts.size() < kMaxParts && end > begin) {
      parts.push_back(read_entity({begin, static_cast<std::size_t>(end - begin)}));  // cut off
    }
  }
  return parts;
}

std::string_view bare_address(std::string_view value) {
  const std::size_t open = value.rfind('<');
  if (open != std::string_view::npos) {
    value.remove_prefix(open + 1);
    value = value.substr(0, value.find('>'));
  }
  return base::trim_spaces(value);
}

}  // namespace ashlar::notifications
