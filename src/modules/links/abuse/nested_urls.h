// nested_urls: where a URL's own parameters may send a visitor on: absolute URLs in its query (or
// fragment), as open redirects take them, and what those carry in turn. Pure.
//
// Read as browsers and redirecting pages read it: escapes undone, backslashes as slashes, more or
// fewer slashes than two, white space before it and tabs within, a parameter without a name.
//
// Promise: each URL that a parameter holds is among `urls`, or `more` is set. One that names
// another host, or another page, once more escapes are undone is there once for each.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links::abuse {

inline constexpr std::size_t kMaxNestedUrls = 16;  // of a URL
inline constexpr int kMaxNestedDepth = 4;          // one within another
inline constexpr int kMaxEscapeRounds = 4;

struct NestedUrl {
  std::string url;         // "http://…" or "https://…"
  bool elsewhere = false;  // another host than the outer's, none below it nor above it

  friend bool operator==(const NestedUrl&, const NestedUrl&) = default;
};

struct NestedUrls {
  std::vector<NestedUrl> urls;  // each once
  // Beyond one of the bounds: nobody may take the URL for harmless.
  bool more = false;
};

NestedUrls nested_urls(std::string_view url);

}  // namespace ashlar::links::abuse
