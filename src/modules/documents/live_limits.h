// What one document in memory may take, and how it is paced.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace ashlar::documents {

struct LiveLimits {
  std::size_t max_sessions = 5'000;
  std::size_t max_waiting_bytes = 16u << 20;  // that are not durable yet
  std::size_t snapshot_after = 64u << 10;     // bytes of log; then as much as the last one had
  base::Millis announce_after{2'000};         // that nothing came
  base::Millis announce_latest{10'000};
  base::Millis pace{0};  // pace.h
};

}  // namespace ashlar::documents
