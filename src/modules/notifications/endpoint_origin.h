// EndpointOrigin: whose a browser's push endpoint is. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace ashlar::notifications {

// "https://push.example:8443" of "https://Push.example:8443/x"; empty: it is no URL.
inline std::string origin_of(std::string_view endpoint) {
  const std::size_t scheme = endpoint.find("://");
  if (scheme == std::string_view::npos) return {};
  return base::ascii_lower(endpoint.substr(0, endpoint.find('/', scheme + 3)));
}

}  // namespace ashlar::notifications
