#include "modules/links/click_notice.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ashlar::links {
namespace {

using Names = std::map<std::string, std::int64_t, std::less<>>;

constexpr std::size_t kMaxNameBytes = 20;
// More than any link gets in a second, and sums of as many as there may be stay in bounds.
constexpr std::int64_t kMaxClicks = std::int64_t{1} << 42;

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() <= kMaxNameBytes && std::ranges::all_of(text, fits);
}

// Up to `end`, which goes too; what is left where it is not there.
std::string_view take(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto got = std::from_chars(text.data(), text.data() + text.size(), number);
  return got.ec == std::errc() && got.ptr == text.data() + text.size() && number >= 0;
}

bool read_names(std::string_view text, Names& names) {
  while (!text.empty()) {
    std::string_view pair = take(text, ',');
    const std::string_view name = take(pair, '=');
    std::int64_t clicks = 0;
    if (!is_name(name) || !read(pair, clicks) || clicks > kMaxClicks) return false;
    names[std::string(name)] += clicks;
  }
  return true;
}

void append_names(std::string& out, const Names& names) {
  bool first = true;
  for (const auto& [name, clicks] : names) {
    if (!is_name(name)) continue;
    if (!std::exchange(first, false)) out += ',';
    out += name;
    out += '=';
    out += std::to_string(clicks);
  }
}

std::string text_of(const LiveClicks& link) {
  std::string text = " " + link.tenant.to_string() + ":" + std::to_string(link.link.value) + ":" +
                     std::to_string(link.clicks) + ":";
  append_names(text, link.devices);
  text += ':';
  append_names(text, link.countries);
  return text;
}

bool read_clicks(std::string_view text, LiveClicks& link) {
  std::int64_t tenant = 0;
  std::int64_t id = 0;
  if (!read(take(text, ':'), tenant) || !read(take(text, ':'), id) ||
      !read(take(text, ':'), link.clicks) || link.clicks > kMaxClicks ||
      !read_names(take(text, ':'), link.devices) || !read_names(text, link.countries)) {
    return false;
  }
  link.tenant = base::TenantId(tenant);
  link.link = LinkId(id);
  return true;
}

}  // namespace

std::string watch_notice(std::uint64_t sender, std::span<const base::TenantId> watched) {
  std::string text = "w " + std::to_string(sender);
  for (const base::TenantId tenant : watched) {
    const std::string more = " " + tenant.to_string();
    if (text.size() + more.size() > ClickNotice::kMaxBytes) break;
    text += more;
  }
  return text;
}

std::string clicks_notice(std::uint64_t sender, std::vector<LiveClicks> clicks) {
  std::ranges::sort(clicks, [](const LiveClicks& a, const LiveClicks& b) {
    return a.clicks != b.clicks ? a.clicks > b.clicks : a.link < b.link;
  });
  std::string text = "c " + std::to_string(sender);
  for (const LiveClicks& link : clicks) {
    const std::string more = text_of(link);
    if (text.size() + more.size() <= ClickNotice::kMaxBytes) text += more;
  }
  return text;
}

std::optional<ClickNotice> parse_click_notice(std::string_view text) {
  const std::string_view kind = take(text, ' ');
  ClickNotice notice;
  if ((kind != "w" && kind != "c") || !read(take(text, ' '), notice.sender)) return std::nullopt;
  while (!text.empty()) {
    const std::string_view part = take(text, ' ');
    std::int64_t tenant = 0;
    if (kind == "c") {
      if (!read_clicks(part, notice.clicks.emplace_back())) return std::nullopt;
    } else if (read(part, tenant)) {
      notice.watched.emplace_back(tenant);
    } else {
      return std::nullopt;
    }
  }
  return notice;
}

}  // namespace ashlar::links
