#include "platform/outbound/http2_metrics.h"

#include "platform/observability/metrics.h"

namespace ashlar::outbound {

Http2Metrics::Http2Metrics(const std::string& client, obs::Registry& metrics)
    : replays(metrics.make_counter("ashlar_http2_client_replays_total",
                                   "Requests sent again that certainly were not processed",
                                   {{"client", client}})),
      connects(metrics.make_counter("ashlar_http2_client_connects_total",
                                    "Connections by what became of them",
                                    {{"client", client}, {"result", "up"}})),
      connects_failed(metrics.make_counter("ashlar_http2_client_connects_total",
                                           "Connections by what became of them",
                                           {{"client", client}, {"result", "failed"}})),
      connections(metrics.make_gauge("ashlar_http2_client_connections", "Connections that are up",
                                     {{"client", client}})) {
  for (std::size_t i = 0; i < kHttp2Ends; ++i) {
    requests[i] =
        &metrics.make_counter("ashlar_http2_client_requests_total", "Requests by how they ended",
                              {{"client", client}, {"end", name_of(static_cast<Http2End>(i))}});
  }
}

}  // namespace ashlar::outbound
