#include <algorithm>
#include <optional>

#include "modules/activity/log_line.h"

namespace ashlar::activity {
namespace {

enum Field : std::uint8_t { kAt, kUser, kAction, kEndpoint, kNone };

Field field_of(std::string_view key) {
  struct Name {
    std::string_view key;
    Field field;
  };
  static constexpr std::array<Name, 12> kNames{{{"at", kAt},
                                                {"user", kUser},
                                                {"action", kAction},
                                                {"endpoint", kEndpoint},
                                                {"timestamp", kAt},
                                                {"time", kAt},
                                                {"ts", kAt},
                                                {"@timestamp", kAt},
                                                {"user_id", kUser},
                                                {"userId", kUser},
                                                {"event", kAction},
                                                {"path", kEndpoint}}};
  for (const Name& name : kNames) {
    if (name.key == key) return name.field;
  }
  return kNone;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

// A reader of one line's JSON. Each take_ moves `at` behind what it read, or is false.
struct Cursor {
  const char* at;
  const char* end;

  void skip_spaces() {
    while (at != end && (is_blank(*at) || *at == '\r' || *at == '\n')) ++at;
  }
  bool take(char wanted) {
    skip_spaces();
    if (at == end || *at != wanted) return false;
    ++at;
    return true;
  }

  bool take_hex(std::uint32_t& out) {
    if (end - at < 4) return false;
    out = 0;
    for (int i = 0; i < 4; ++i, ++at) {
      const char c = *at;
      const char lower = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        out = out << 4 | static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        out = out << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  // What follows a backslash.
  bool take_escape(std::string& decoded) {
    if (at == end) return false;
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const char c = *at++;
    if (const std::size_t known = kFrom.find(c); known != std::string_view::npos) {
      decoded += kTo[known];
      return true;
    }
    std::uint32_t code = 0;
    if (c != 'u' || !take_hex(code) || (code >= 0xdc00 && code < 0xe000)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      std::uint32_t low = 0;
      if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
      at += 2;
      if (!take_hex(low) || low < 0xdc00 || low >= 0xe000) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(code, decoded);
    return true;
  }

  // `out` points into the line, or into `decoded` where there are escapes.
  bool take_string(std::string_view& out, std::string& decoded) {
    if (!take('"')) return false;
    const char* begin = at;
    bool escapes = false;
    for (; at != end; ++at) {
      const char c = *at;
      if (c == '"') {
        if (escapes) decoded.append(begin, at);
        out = escapes ? std::string_view(decoded) : std::string_view(begin, at);
        ++at;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (!escapes) decoded.clear();
      escapes = true;
      decoded.append(begin, at++);
      if (!take_escape(decoded)) return false;
      begin = at--;  // the loop steps on
    }
    return false;
  }

  // A number, true, false or null, by its characters.
  bool take_word(std::string_view& out) {
    skip_spaces();
    const char* const begin = at;
    while (at != end && (is_digit(*at) || (*at >= 'a' && *at <= 'z') || *at == 'E' || *at == '.' ||
                         *at == '-' || *at == '+')) {
      ++at;
    }
    out = {begin, at};
    return at != begin;
  }

  // Whatever stands here. Brackets are kept as bits, so depth costs no stack.
  bool skip_value(std::string& decoded) {
    std::uint64_t objects = 0;
    int depth = 0;
    do {
      skip_spaces();
      if (at == end) return false;
      std::string_view ignored;
      const char c = *at;
      if (c == '{' || c == '[') {
        if (++depth > 64) return false;
        objects = objects << 1 | (c == '{' ? 1 : 0);
        ++at;
      } else if (c == '}' || c == ']') {
        if (depth == 0 || (objects & 1) != (c == '}' ? 1U : 0U)) return false;
        objects >>= 1;
        --depth;
        ++at;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return false;
        ++at;
      } else if (c == '"' ? !take_string(ignored, decoded) : !take_word(ignored)) {
        return false;
      }
    } while (depth > 0);
    return true;
  }
};

// The value of a field that we know; nullopt: not well-formed. Empty: null.
std::optional<std::string_view> take_field(Cursor& cursor, Field field, std::string& decoded) {
  std::string_view text;
  cursor.skip_spaces();
  if (cursor.at == cursor.end) return std::nullopt;
  if (*cursor.at == '"') {
    if (!cursor.take_string(text, decoded)) return std::nullopt;
    return text;
  }
  if (!cursor.take_word(text)) return std::nullopt;
  if (text == "null") return std::string_view{};
  const bool number = is_digit(text.front()) || (text.front() == '-' && field != kAt);
  if (!number || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) {
    return std::nullopt;
  }
  return text;
}

bool read_time(std::string_view text, CivilDays& civil, LogTime& time) {
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  if (take_unix_time(at, end, time) && at == end) return true;
  at = text.data();
  return take_rfc3339(at, end, civil, time) && at == end;
}

}  // namespace

bool LogLineParser::read_members(const char* at, const char* end, JsonValues& values) {
  Cursor cursor{at, end};
  if (!cursor.take('{')) return false;
  if (!cursor.take('}')) {
    do {
      std::string_view key;
      if (!cursor.take_string(key, decoded_[kNone]) || !cursor.take(':')) return false;
      const Field field = field_of(key);
      if (field == kNone) {
        if (!cursor.skip_value(decoded_[kNone])) return false;
        continue;
      }
      const auto value = take_field(cursor, field, decoded_[field]);
      if (!value) return false;
      values[field] = *value;
    } while (cursor.take(','));
    if (!cursor.take('}')) return false;
  }
  cursor.skip_spaces();
  return cursor.at == end;
}

bool LogLineParser::parse_json(const char* at, const char* end, LogLine& out) {
  JsonValues values;
  if (!read_members(at, end, values) || values[kAt].empty()) return false;
  if (!read_time(values[kAt], civil_, out.time)) return false;
  out.user = values[kUser];
  out.action = values[kAction];
  out.endpoint = values[kEndpoint].empty() ? values[kAction] : values[kEndpoint];
  return true;
}

std::string_view LogLineParser::why_json(const char* at, const char* end) {
  JsonValues values;
  if (!read_members(at, end, values)) return "not one JSON object with plain values";
  if (values[kAt].empty()) return "no \"at\"";
  return "\"at\" is neither Unix seconds nor an RFC 3339 time";
}

}  // namespace ashlar::activity
