// RequestFeed: Ashlar's own requests as activity: who calls most, for which tenant, and what.
//
//   on_request (workers) ──> this thread's shard ─┐
//   the routes' own counters (all requests) ──────┴─ flush, every second ──> ActivityLog
//
// Dimensions: "user" ("TENANT/KEY ID", "administrator"), "tenant", "endpoint" ("GET /v1/links").
// Callers are known where a worker answers; endpoints are counted for every request, redirects
// included, and at no cost: the feed reads what the metrics count already. Routes that the API page
// does not show (the console's own files, probes) are left out.
//
// Bounded: kMaxCallers different callers a shard and second; further ones count as "(others)".
// I/O threads, and so redirects, do nothing for it. on_request, on a worker that has waited for
// storage, takes its shard's lock, for which flush() contends once a second (and, beyond
// obs::kShards threads, those that share the last shard).
// A crash loses what came since the last flush: a second. A flush that fails is given up, and
// counted in a metric: whether it was committed is not always known, and twice is worse.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "modules/activity/tally.h"
#include "platform/http/request_observer.h"
#include "platform/observability/thread_shard.h"
#include "platform/security/principal.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class Router;
struct Endpoint;
}  // namespace ashlar::http
namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::activity {

class ActivityLog;

class RequestFeed final : public http::RequestObserver {
 public:
  static constexpr std::size_t kMaxCallers = 1024;

  // All outlive it.
  RequestFeed(ActivityLog& log, const base::Clock& clock, obs::Registry& metrics,
              obs::Log& messages);
  RequestFeed(const RequestFeed&) = delete;
  RequestFeed& operator=(const RequestFeed&) = delete;

  // From now on its routes are counted. Before the first flush; `router` outlives the last one.
  void watch(const http::Router& router);

  void on_request(const http::Route& route, const security::Principal& who) override;

  // Hands over what was counted since the last one. One thread at a time.
  void flush();

 private:
  struct Caller {
    base::TenantId tenant;
    security::KeyId key;
    friend auto operator<=>(const Caller&, const Caller&) = default;
  };
  struct Seen {
    std::string tenant;
    std::uint64_t requests = 0;
  };
  struct alignas(obs::kCacheLineBytes) Shard {
    std::mutex mutex;  // guards what follows
    std::map<Caller, Seen> callers;
    std::uint64_t others = 0;
  };
  struct Watched {
    const http::Endpoint* endpoint;
    std::string name;
    std::uint64_t counted = 0;
  };

  void count_callers(Tally& tally, std::int64_t second);
  void count_endpoints(Tally& tally, std::int64_t second);

  ActivityLog& log_;
  const base::Clock& clock_;
  obs::Log& messages_;
  obs::Counter& lost_;
  std::array<Shard, obs::kShards> shards_;

  std::vector<Watched> watched_;  // flush()'s own
};

}  // namespace ashlar::activity
