#include "modules/links/abuse/nested_urls.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "modules/links/abuse/listed_url.h"
#include "modules/links/abuse/percent_escapes.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::string_view kSeparators = "?#&;=";
constexpr std::size_t kMaxForms = 128;  // looked into, of a URL
constexpr std::size_t kHeadBytes = 32;  // enough for a scheme and slashes

bool is_space(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '+'; }

// Without what browsers leave out; '+' is how forms write a space.
std::string cleaned(std::string_view text) {
  const auto first = std::ranges::find_if_not(text, is_space);
  std::string out(first, text.end());
  std::erase_if(out, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });
  return out;
}

// "https:" or "http:" and any number of slashes, or two slashes at the least: and what follows
// them.
std::optional<std::string> absolute(std::string_view value) {
  const std::string text = cleaned(value);
  std::string_view rest = text;
  std::string scheme;
  for (const std::string_view known : {std::string_view("http:"), std::string_view("https:")}) {
    if (rest.size() < known.size() || !base::ascii_iequals(rest.substr(0, known.size()), known)) {
      continue;
    }
    scheme = known;
    rest.remove_prefix(known.size());
    break;
  }
  const std::size_t slashes = rest.find_first_not_of("/\\");
  if (slashes == std::string_view::npos || (scheme.empty() && slashes < 2)) return std::nullopt;
  std::string url = (scheme.empty() ? "http:" : scheme) + "//";
  url += rest.substr(slashes);
  std::ranges::replace(url, '\\', '/');
  return url;
}

bool is_of(std::string_view host, std::string_view above) {
  return host == above || (host.size() > above.size() && host.ends_with(above) &&
                           host[host.size() - above.size() - 1] == '.');
}

// The value as it is and with escapes undone, where it is an absolute URL: one may have another
// host than the one before it, or parameters that were escaped until then.
void add_forms(std::string value, std::vector<std::string>& urls, bool& more) {
  const auto add = [&](std::string_view form) {
    std::optional<std::string> url = absolute(form);
    if (url) urls.push_back(std::move(*url));
  };
  for (int round = 0; round <= kMaxEscapeRounds; ++round) {
    add(value);
    if (!undo_escapes_once(value)) return;
  }
  // Nobody escapes so often who has nothing to hide.
  more = true;
  add(undo_escapes(value));
}

// Of each parameter, from its name's beginning and from its value's, to the next "&": a value that
// is not encoded goes on behind its own `?` and `;`.
std::vector<std::string> carried_by(std::string_view url, bool& more) {
  std::vector<std::string> urls;
  for (std::size_t at = url.find_first_of("?#"); at != std::string_view::npos;
       at = url.find_first_of(kSeparators, at + 1)) {
    const std::string_view value = url.substr(at + 1, url.find('&', at + 1) - at - 1);
    // What it comes to at last begins as all its forms do that are absolute.
    if (!absolute(undo_escapes(value, kHeadBytes))) continue;
    if (urls.size() >= kMaxForms) {
      more = true;
      break;
    }
    add_forms(std::string(value), urls, more);
  }
  return urls;
}

}  // namespace

NestedUrls nested_urls(std::string_view url) {
  NestedUrls found;
  const auto outer = listed_url(url);
  if (!outer) return found;
  std::set<std::string> forms;  // as they are: each is looked into once
  std::set<std::string> known;  // as lists name them: each is one URL
  std::vector<std::string> level{std::string(url)};
  for (int depth = 0; !level.empty(); ++depth) {
    std::vector<std::string> next;
    for (const std::string& each : level) {
      for (std::string& nested : carried_by(each, found.more)) {
        const auto listed = listed_url(nested);
        if (!listed || !forms.insert(nested).second) continue;
        const bool fresh = known.insert(listed->text()).second;
        if (depth == kMaxNestedDepth || forms.size() > kMaxForms ||
            (fresh && found.urls.size() == kMaxNestedUrls)) {
          found.more = true;
          continue;
        }
        if (fresh) {
          const std::string& host = listed->host;
          found.urls.push_back({nested, !is_of(host, outer->host) && !is_of(outer->host, host)});
        }
        next.push_back(std::move(nested));
      }
    }
    level = std::move(next);
  }
  return found;
}

}  // namespace ashlar::links::abuse
