// LinkMetrics: what the links count; those of one use share it.
#pragma once

#include "platform/observability/metrics.h"

namespace ashlar::redis {

struct LinkMetrics {
  explicit LinkMetrics(obs::Registry& registry)
      : answered(outcome(registry, "answered")),
        errors(outcome(registry, "error")),
        late(outcome(registry, "late")),
        refused(outcome(registry, "refused")),
        lost(outcome(registry, "lost")),
        connected(registry.make_gauge("ashlar_redis_connections", "Connections to Redis.")),
        connects(
            registry.make_counter("ashlar_redis_connects_total", "Attempts to connect to Redis.")),
        redirects(registry.make_counter("ashlar_redis_redirects_total",
                                        "Commands sent again, where a Redis Cluster said.")),
        seconds(registry.make_histogram("ashlar_redis_round_trip_seconds",
                                        "From sending a command to its answer.",
                                        obs::latency_buckets_s())) {}

  obs::Counter& answered;
  obs::Counter& errors;   // answered, by an error
  obs::Counter& late;     // no answer by the deadline
  obs::Counter& refused;  // not sent: down, too slow, too many
  obs::Counter& lost;     // the connection was lost
  obs::Gauge& connected;
  obs::Counter& connects;
  obs::Counter& redirects;
  obs::Histogram& seconds;

 private:
  static obs::Counter& outcome(obs::Registry& registry, std::string_view value) {
    return registry.make_counter("ashlar_redis_commands_total", "Commands to Redis, by outcome.",
                                 {{"outcome", std::string(value)}});
  }
};

}  // namespace ashlar::redis
