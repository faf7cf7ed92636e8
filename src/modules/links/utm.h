// Utm: the parameters by which web analytics tell campaigns apart, put into a link's target when it
// is made or changed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ashlar::links {

struct Utm {
  std::optional<std::string> source{};
  std::optional<std::string> medium{};
  std::optional<std::string> campaign{};
  std::optional<std::string> term{};
  std::optional<std::string> content{};
};

// `url` with utm_source= and so on, percent-encoded, before a fragment. A parameter that the URL
// has already is replaced.
std::string with_utm(std::string_view url, const Utm& utm);

}  // namespace ashlar::links
