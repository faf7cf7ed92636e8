#include "modules/activity/log_line.h"

#include <algorithm>
#include <cstring>

namespace ashlar::activity {
namespace {

const char* find(const char* at, const char* end, char wanted) {
  const void* found = std::memchr(at, wanted, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

// The quote that ends a request begun before `at`, or end: one with an even number of backslashes
// before it.
const char* find_closing_quote(const char* at, const char* end) {
  const char* const begin = at;
  for (const char* quote = find(at, end, '"'); quote != end; quote = find(quote + 1, end, '"')) {
    const char* back = quote;
    while (back != begin && back[-1] == '\\') --back;
    if ((quote - back) % 2 == 0) return quote;
  }
  return end;
}

void read_request(const char* at, const char* end, LogLine& out) {
  out.action = out.endpoint = at == end ? std::string_view("-") : std::string_view(at, end);
  const char* const method_end = find_blank(at, end);
  const char* const target = skip_blanks(method_end, end);
  if (method_end == at || target == end) return;
  const char* const target_end = find_blank(target, end);
  const char* const query =
      std::find_if(target, target_end, [](char c) { return c == '?' || c == '#'; });
  if (query == target) return;
  out.action = {at, method_end};
  out.endpoint = {at, query};
}

}  // namespace

bool LogLineParser::parse_clf(const char* at, const char* end, LogLine& out) {
  const std::string_view host{at, find_blank(at, end)};
  const char* const ident = skip_blanks(host.data() + host.size(), end);
  const char* const user = skip_blanks(find_blank(ident, end), end);
  // An authuser may hold blanks and brackets: it ends where a time in brackets follows.
  for (const char* open = find(user, end, '['); open != end; open = find(open + 1, end, '[')) {
    constexpr std::ptrdiff_t kTimeBytes = 26;
    if (open == user || !is_blank(open[-1])) continue;
    if (end - open < kTimeBytes + 2) return false;
    const char* after = open + 1;
    if (open[kTimeBytes + 1] != ']') continue;
    if (!std::equal(clf_text_.begin(), clf_text_.end(), after)) {
      LogTime time;
      if (!take_clf_time(after, end, civil_, time)) continue;
      std::copy_n(open + 1, kTimeBytes, clf_text_.begin());
      clf_time_ = time;
    }
    const char* const quote = skip_blanks(open + kTimeBytes + 2, end);
    if (quote == end || *quote != '"') return false;
    const char* const closing = find_closing_quote(quote + 1, end);
    if (closing == end) return false;
    const char* user_end = open;
    while (is_blank(user_end[-1])) --user_end;
    out.time = clf_time_;
    out.user = {user, user_end};
    if (out.user == "-" || out.user == "\"\"") out.user = host;
    read_request(quote + 1, closing, out);
    return true;
  }
  return false;
}

std::string_view LogLineParser::why_plain(const char* at, const char* end) {
  LogTime time;
  const char* after = at;
  if (!take_unix_time(after, end, time) || (after != end && !is_blank(*after))) {
    after = at;
    if (!take_rfc3339(after, end, civil_, time) || (after != end && !is_blank(*after))) {
      return "it begins with no time: neither Unix seconds nor RFC 3339";
    }
  }
  return skip_blanks(after, end) == end ? "no user after the time" : "no action after the user";
}

// Of parse_clf's conditions the first that no '[' of the line meets.
std::string_view LogLineParser::why_clf(const char* at, const char* end) {
  std::string_view why = "no [time] as access logs have it";
  const char* const user = skip_blanks(find_blank(skip_blanks(find_blank(at, end), end), end), end);
  for (const char* open = find(at, end, '['); open != end; open = find(open + 1, end, '[')) {
    const char* after = open + 1;
    LogTime time;
    if (!take_clf_time(after, end, civil_, time) || after == end || *after != ']') continue;
    if (open <= user || !is_blank(open[-1])) return "no \"host ident user\" before the [time]";
    why = "no request in quotes after the [time]";
  }
  return why;
}

std::string_view LogLineParser::why_malformed(std::string_view text) {
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  const char* const end = text.data() + text.size();
  const char* const at = skip_blanks(text.data(), end);
  switch (format_) {
    case LineFormat::kPlain:
      return why_plain(at, end);
    case LineFormat::kClf:
      return why_clf(at, end);
    case LineFormat::kJson:
      return why_json(at, end);
    case LineFormat::kAuto:
      break;
  }
  if (at != end && *at == '{') return why_json(at, end);
  return text.find('[') == std::string_view::npos ? why_plain(at, end) : why_clf(at, end);
}

}  // namespace ashlar::activity
