#include "app/limits_settings.h"

#include <utility>

#include "app/setting_kinds.h"
#include "platform/redis/redis_address.h"

namespace ashlar::app {
namespace {

base::Status set_redis(Config& config, std::string_view text) {
  if (!text.empty()) {
    const auto address = redis::parse_redis_url(text);
    if (!address.ok()) return wrong_setting(address.error().detail);
  }
  config.limits.redis = std::string(text);
  return base::ok_status();
}

constexpr std::pair<std::string_view, http::RateLimitFields> kHeaders[] = {
    {"draft-10", http::RateLimitFields::kDraft10},
    {"draft-6", http::RateLimitFields::kDraft6},
    {"legacy", http::RateLimitFields::kLegacy},
    {"off", http::RateLimitFields::kOff}};

constexpr std::pair<std::string_view, limits::Keeping> kKeepings[] = {
    {"exact", limits::Keeping::kExact},
    {"leased", limits::Keeping::kLeased},
    {"local", limits::Keeping::kLocal}};

constexpr std::pair<std::string_view, limits::OnFailure> kOnFailures[] = {
    {"open", limits::OnFailure::kOpen},
    {"closed", limits::OnFailure::kClosed},
    {"local", limits::OnFailure::kLocal}};

constexpr std::int64_t kMostUnits = 1'000'000;
constexpr std::int64_t kDearestRequest = 10;  // what a burst must at least hold

template <class Place>
Setting burst(std::string_view key, std::string_view doc, Place place) {
  Setting setting = number(key, doc, 0, kMostUnits, place);
  setting.set = [=](Config& config, std::string_view text) -> base::Status {
    std::int64_t value = 0;
    ASHLAR_TRY(parse_number(text, 0, kMostUnits, value));
    if (value > 0 && value < kDearestRequest) {
      return wrong_setting("must be 0, or at least 10: some requests cost so much");
    }
    place(config) = static_cast<std::uint64_t>(value);
    return base::ok_status();
  };
  return setting;
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
      number("limits.max_connections",
             "Open connections of each of these listeners; more are closed at once.", 1, 100'000,
             [](Config& c) -> auto& { return c.limits.max_connections; }),
      flag("resp.require_key", "Connections there need AUTH with an API key.",
           [](Config& c) -> auto& { return c.limits.resp_require_key; }),
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
      number("limits.instances", "How many instances share the counts in Redis.", 1, 1000,
             [](Config& c) -> auto& { return c.limits.instances; }),
      choice("limits.keeping", "Rule files and CL.THROTTLE in Redis: exact, leased or local.",
             kKeepings, [](Config& c) -> auto& { return c.limits.keeping; }),
      choice("limits.on_failure", "And when Redis does not answer: open, closed or local.",
             kOnFailures, [](Config& c) -> auto& { return c.limits.on_failure; }),
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
      choice("limits.headers", "RateLimit fields of the API: draft-10, draft-6, legacy or off.",
             kHeaders, [](Config& c) -> auto& { return c.limits.headers; }),
  };
}

std::vector<Setting> own_quotas() {
  return {
      number("limits.api_key_rate", "Units a second of Ashlar's API for each API key; 0: no quota.",
             0, kMostUnits, [](Config& c) -> auto& { return c.limits.api_key_rate; }),
      burst("limits.api_key_burst", "Units at once for each API key; 0: what ten seconds bring.",
            [](Config& c) -> auto& { return c.limits.api_key_burst; }),
      number("limits.api_tenant_rate", "Units a second for each tenant; 0: no quota.", 0,
             kMostUnits, [](Config& c) -> auto& { return c.limits.api_tenant_rate; }),
      burst("limits.api_tenant_burst", "Units at once for each tenant; 0: what ten seconds bring.",
            [](Config& c) -> auto& { return c.limits.api_tenant_burst; }),
  };
}

}  // namespace

std::vector<Setting> limits_settings() {
  std::vector<Setting> all = listeners();
  for (Setting& setting : counts()) all.push_back(std::move(setting));
  for (Setting& setting : own_quotas()) all.push_back(std::move(setting));
  return all;
}

}  // namespace ashlar::app
