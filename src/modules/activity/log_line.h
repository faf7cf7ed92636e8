// LogLineParser: one line of a log, read as who did what and when.
//
//   LogLineParser parser(LineFormat::kAuto);
//   LogLine line;
//   if (parser.parse(text, line) == LineKind::kEvent) count(line.time, line.user);
//
// Lines, all without their end ("\n"; one "\r" before it belongs to it):
//   plain  1700000000.25 alice view anything else
//   clf    10.0.0.7 - alice [10/Oct/2000:13:55:36 -0700] "GET /x?a=1 HTTP/1.0" 200 2326 "…" "…"
//   json   {"at":1700000000.25,"user":"alice","action":"view","endpoint":"/x"}
//
//  1. Words are separated by spaces and tabs, any number; those at the start of a line are skipped.
//     A line of nothing else is kBlank. Every other byte, NUL and bytes that are no UTF-8 among
//     them, is part of its word: identity is by bytes.
//  2. Times: Unix seconds with at most nine digits of fraction, or RFC 3339 with any offset
//     (base/time.h). Years 0001 to 9999; so milliseconds since 1970 are malformed, not misread.
//  3. Plain needs three words: time, user, action. What follows is ignored; the endpoint is the
//     action. (An RFC 3339 time may have a space between its date and its time of day.)
//  4. CLF is NCSA's Common Log Format, and Combined, whose further fields are ignored. The user is
//     the authuser, blanks inside it included; where that is "-" or empty quotes, the host. The
//     request is "METHOD TARGET …", \" and \\ inside it as Apache writes them: the action is the
//     method, the endpoint "METHOD TARGET" up to the first '?' or '#'. A request of another form is
//     action and endpoint as it stands ("-" for an empty one): it came, whatever it was. Status and
//     size are not looked at.
//  5. JSON is one object a line, with `at` (number or string, rule 2) and any of `user`, `action`,
//     `endpoint`; without an endpoint it is the action. Also known: timestamp, time, ts,
//     @timestamp; user_id, userId; event; path. Numbers do as names, by their text; null is
//     nothing. Of keys that mean the same the last counts. Other members are skipped: of them
//     only brackets and strings are checked. 64 levels at most.
//  6. kAuto decides for each line: '{' first is JSON; else plain if it can be; else CLF.
//  7. Anything else is kMalformed, and changes nothing in the parser. No input throws or aborts.
//     why_malformed() says in a few words what is missing: the first thing that is, in the form
//     that the line seems to have.
//  8. parse() takes time linear in the line, and allocates only for JSON strings with escapes that
//     are longer than any before.
//
// Views in a LogLine point into the text, or into the parser until its next parse(). An empty view
// is "not there" (JSON only). Not thread-safe: one parser a thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "modules/activity/log_time.h"

namespace ashlar::activity {

inline constexpr std::size_t kMaxLineBytes =
    64 * 1024;  // for callers that split; rule 8 holds beyond

enum class LineFormat : std::uint8_t { kAuto, kPlain, kClf, kJson };
enum class LineKind : std::uint8_t { kEvent, kBlank, kMalformed };

struct LogLine {
  LogTime time;
  std::string_view user;
  std::string_view action;
  std::string_view endpoint;
};

class LogLineParser {
 public:
  explicit LogLineParser(LineFormat format) : format_(format) {}

  // kEvent: `out` is the line. Else what is in `out` means nothing.
  LineKind parse(std::string_view text, LogLine& out) {
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    const char* const end = text.data() + text.size();
    const char* const at = skip_blanks(text.data(), end);
    if (at == end) return LineKind::kBlank;
    if (parse_from(at, end, out)) return LineKind::kEvent;
    return LineKind::kMalformed;
  }

  // REQUIRES: parse() said kMalformed. Lasts for ever.
  std::string_view why_malformed(std::string_view text);

 private:
  using JsonValues = std::array<std::string_view, 4>;

  bool parse_from(const char* at, const char* end, LogLine& out) {
    switch (format_) {
      case LineFormat::kAuto:
        if (*at == '{') return parse_json(at, end, out);
        return (is_digit(*at) && parse_plain(at, end, out)) || parse_clf(at, end, out);
      case LineFormat::kPlain:
        return parse_plain(at, end, out);
      case LineFormat::kClf:
        return parse_clf(at, end, out);
      case LineFormat::kJson:
        return parse_json(at, end, out);
    }
    return false;
  }

  bool parse_plain(const char* at, const char* end, LogLine& out) {
    const char* after = at;
    if (!take_unix_time(after, end, out.time) || after == end || !is_blank(*after)) {
      after = at;
      if (!take_rfc3339(after, end, civil_, out.time) || after == end || !is_blank(*after)) {
        return false;
      }
    }
    const char* const user = skip_blanks(after, end);
    const char* const user_end = find_blank(user, end);
    const char* const action = skip_blanks(user_end, end);
    if (action == end) return false;
    out.user = {user, user_end};
    out.action = {action, find_blank(action, end)};
    out.endpoint = out.action;
    return true;
  }

  bool parse_clf(const char* at, const char* end, LogLine& out);
  bool parse_json(const char* at, const char* end, LogLine& out);
  bool read_members(const char* at, const char* end, JsonValues& values);

  std::string_view why_plain(const char* at, const char* end);
  std::string_view why_clf(const char* at, const char* end);
  std::string_view why_json(const char* at, const char* end);

  LineFormat format_;
  CivilDays civil_;
  // The last CLF time and its text: in such a log hundreds of neighbours share one.
  std::array<char, 26> clf_text_{};
  LogTime clf_time_;
  std::array<std::string, 5> decoded_;  // JSON strings that had escapes: four fields and a key
};

}  // namespace ashlar::activity
