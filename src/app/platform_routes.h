// Routes of the program itself: health, readiness, metrics, the API's description, the console's
// files.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "platform/http/route.h"

namespace ashlar::app {

struct PlatformRouteNeeds {
  std::function<base::Status()> ready;  // blocks for one storage round trip
  std::function<std::string()> metrics_text;
  std::function<const std::string&()> openapi;  // made once, from the finished route table
  std::function<const std::string&()> docs_page;
  bool metrics_here = true;  // false: metrics have a listener of their own
};

http::RouteTable platform_routes(PlatformRouteNeeds needs);
http::Route metrics_route(std::function<std::string()> metrics_text);

}  // namespace ashlar::app
