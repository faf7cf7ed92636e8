// Http2Metrics: what an Http2Client counts.
#pragma once

#include <array>
#include <string>

#include "platform/outbound/http2_client.h"

namespace ashlar::obs {
class Counter;
class Gauge;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::outbound {

struct Http2Metrics {
  Http2Metrics(const std::string& client, obs::Registry& metrics);

  std::array<obs::Counter*, kHttp2Ends> requests{};
  obs::Counter& replays;
  obs::Counter& connects;
  obs::Counter& connects_failed;
  obs::Gauge& connections;
};

}  // namespace ashlar::outbound
