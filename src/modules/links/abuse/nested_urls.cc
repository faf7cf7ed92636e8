#include "modules/links/abuse/nested_urls.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "modules/links/abuse/listed_url.h"

namespace ashlar::links::abuse {
namespace {

constexpr int kRounds = 3;

bool is_absolute(std::string_view text) {
  for (const std::string_view scheme : {std::string_view("http:"), std::string_view("https:")}) {
    if (text.size() > scheme.size() + 1 &&
        base::ascii_iequals(text.substr(0, scheme.size()), scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  }
  // Browsers take a backslash for a slash.
  const auto slash = [](char c) { return c == '/' || c == '\\'; };
  return text.size() > 2 && slash(text[0]) && slash(text[1]) && !slash(text[2]);
}

std::string as_url(std::string text) {
  std::ranges::replace(text, '\\', '/');
  return text.starts_with("//") ? "http:" + text : text;
}

bool is_of(std::string_view host, std::string_view above) {
  return host == above || (host.size() > above.size() && host.ends_with(above) &&
                           host[host.size() - above.size() - 1] == '.');
}

// The value as it is, or with escapes undone, where it is an absolute URL.
std::optional<std::string> url_in(std::string value) {
  for (int i = 0; i <= kRounds; ++i) {
    if (is_absolute(value)) return as_url(std::move(value));
    std::optional<std::string> decoded = base::percent_decode(value);
    if (!decoded || *decoded == value) break;
    value = std::move(*decoded);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> nested_urls(std::string_view url) {
  std::vector<std::string> found;
  const auto outer = listed_url(url);
  if (!outer) return found;
  std::size_t at = url.find_first_of("?#");
  while (at != std::string_view::npos && found.size() < kMaxNestedUrls) {
    url.remove_prefix(at + 1);
    at = url.find_first_of("?#&;");
    const std::string_view parameter = url.substr(0, at);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    // A value that is not encoded goes on behind its own `?` and `;`.
    const std::string_view value = url.substr(equals + 1, url.find('&', equals) - equals - 1);
    std::optional<std::string> nested = url_in(std::string(value));
    const auto inner = nested ? listed_url(*nested) : std::nullopt;
    if (!inner || is_of(inner->host, outer->host) || is_of(outer->host, inner->host)) continue;
    if (std::ranges::find(found, *nested) == found.end()) found.push_back(std::move(*nested));
  }
  return found;
}

}  // namespace ashlar::links::abuse
