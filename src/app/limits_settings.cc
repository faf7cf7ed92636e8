#include "app/limits_settings.h"

#include <algorithm>
#include <array>

#include "app/setting_kinds.h"
#include "platform/cache/redis_connection.h"

namespace ashlar::app {
namespace {

base::Status set_redis(Config& config, std::string_view text) {
  if (!text.empty()) {
    const auto address = cache::parse_redis_url(text);
    if (!address.ok()) return wrong_setting(address.error().detail);
  }
  config.limits.redis = std::string(text);
  return base::ok_status();
}

base::Status set_headers(Config& config, std::string_view text) {
  constexpr std::array<std::string_view, 4> kVersions{"draft-10", "draft-6", "legacy", "off"};
  if (std::ranges::find(kVersions, text) == kVersions.end()) {
    return wrong_setting("must be draft-10, draft-6, legacy or off");
  }
  config.limits.headers = std::string(text);
  return base::ok_status();
}

std::vector<Setting> listeners() {
  return {
      {"limits.config", "Folder of rule files, envoyproxy/ratelimit's YAML; empty: none.",
       [](Config& c, std::string_view text) {
         c.limits.folder = std::string(text);
         return base::ok_status();
       },
       [](const Config& c) { return c.limits.folder; }},
      listener("grpc.listen", "HOST:PORT for gRPC (the rate limit service); empty: off.",
               [](Config& c) -> auto& { return c.limits.grpc_listen; }),
      listener("limits.http_listen", "HOST:PORT for /json and /healthcheck; empty: off.",
               [](Config& c) -> auto& { return c.limits.http_listen; }),
      listener("resp.listen", "HOST:PORT for CL.THROTTLE, Redis' protocol; empty: off.",
               [](Config& c) -> auto& { return c.limits.resp_listen; }),
      number("limits.io_threads", "Threads of the gRPC and RESP listeners.", 1, 64,
             [](Config& c) -> auto& { return c.limits.io_threads; }),
  };
}

std::vector<Setting> counts() {
  return {
      {"redis", "redis://… where several instances share the limits' counts; empty: in process.",
       set_redis, [](const Config& c) { return masked(c.limits.redis); },
       [](const Config& c) { return c.limits.redis; }},
      text("limits.redis_prefix", "What the limits' keys in Redis begin with.",
           [](Config& c) -> auto& { return c.limits.redis_prefix; }),
      number("limits.store_deadline_ms", "How long a decision waits for Redis.", 1, 50,
             [](Config& c) -> auto& { return c.limits.store_deadline_ms; }),
      number("limits.max_keys", "Counts kept in process; beyond it the nearest to its reset goes.",
             1000, std::int64_t{1} << 30, [](Config& c) -> auto& { return c.limits.max_keys; }),
      number("limits.snapshot_s", "Counts in process are on disk after this long.", 1, 3600,
             [](Config& c) -> auto& { return c.limits.snapshot_s; }),
      flag("limits.merge_domains", "Several rule files may have one domain.",
           [](Config& c) -> auto& { return c.limits.merge_domains; }),
      flag("limits.count_refused", "Refused requests count too, as envoyproxy/ratelimit has it.",
           [](Config& c) -> auto& { return c.limits.count_refused; }),
      flag("limits.shadow", "The rate limit service refuses nothing, and says what it would.",
           [](Config& c) -> auto& { return c.limits.shadow; }),
      flag("limits.response_headers", "The rate limit service sends RateLimit-Limit and the like.",
           [](Config& c) -> auto& { return c.limits.response_headers; }),
      {"limits.headers", "RateLimit fields of the API: draft-10, draft-6, legacy or off.",
       set_headers, [](const Config& c) { return c.limits.headers; }},
  };
}

}  // namespace

std::vector<Setting> limits_settings() {
  std::vector<Setting> all = listeners();
  for (Setting& setting : counts()) all.push_back(std::move(setting));
  return all;
}

}  // namespace ashlar::app
