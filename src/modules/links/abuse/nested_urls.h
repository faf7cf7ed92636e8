// nested_urls: where a URL's own parameters may send a visitor on: absolute URLs in its query (or
// fragment), as open redirects take them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links::abuse {

inline constexpr std::size_t kMaxNestedUrls = 4;

// Each "https://…" or "//host…" that is the value of a parameter, its escapes undone up to three
// times, and that leads to another host than `url` (or a host below it or above it); in order, each
// once.
std::vector<std::string> nested_urls(std::string_view url);

}  // namespace ashlar::links::abuse
