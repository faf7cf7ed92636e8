// LimitsConfig: the settings of the rate limits and of the listeners that serve them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "modules/limits/limit.h"
#include "platform/http/rate_limit_fields.h"

namespace ashlar::app {

struct Setting;

struct LimitsConfig {
  std::string folder;       // of rule files; "": none
  std::string grpc_listen;  // HOST:PORT; "": not served
  std::string http_listen;
  std::string resp_listen;
  bool resp_require_key = false;
  std::string redis;  // "": counts are kept in process; else redis://…
  std::string redis_prefix;
  std::int64_t instances = 1;
  // Of ratelimit's rule files and of CL.THROTTLE; native rules each say their own.
  limits::Keeping keeping = limits::Keeping::kExact;
  limits::OnFailure on_failure = limits::OnFailure::kOpen;
  std::size_t io_threads = 1;
  std::size_t max_connections = 2'000;  // of each listener
  std::size_t max_keys = 4'000'000;
  std::int64_t store_deadline_ms = 50;
  std::int64_t snapshot_s = 5;
  http::RateLimitFields headers = http::RateLimitFields::kDraft10;
  bool merge_domains = false;
  bool count_refused = false;
  bool shadow = false;
  bool response_headers = false;

  // Quotas of Ashlar's own API, in units; 0: none, and of bursts what ten seconds bring.
  std::uint64_t api_key_rate = 0;
  std::uint64_t api_key_burst = 0;
  std::uint64_t api_tenant_rate = 0;
  std::uint64_t api_tenant_burst = 0;
};

std::vector<Setting> limits_settings();

}  // namespace ashlar::app
