// Hold: one lease in this process's hands, from its lease until its end is committed.
#pragma once

#include <atomic>
#include <utility>

#include "base/time.h"
#include "platform/jobs/job.h"

namespace ashlar::jobs {

struct Hold {
  explicit Hold(LeasedJob leased) : job(std::move(leased)) {}

  const LeasedJob job;
  std::atomic<bool> stop_asked{false};  // what its handler is told
  std::atomic<bool> decided{false};     // who sets it says what becomes of the attempt

  // Guarded by the Crew's mutex.
  bool begun = false;
  base::Mono deadline{};
};

}  // namespace ashlar::jobs
