// What the jobs engine counts (ashlar_jobs_…). Kinds are the program's own and so bounded; beyond
// kMaxKinds they count as "other".
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/jobs/job.h"

namespace ashlar::obs {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::jobs {

class JobMetrics {
 public:
  static constexpr std::size_t kMaxKinds = 64;

  struct Kind {
    obs::Counter& enqueued;
    obs::Counter& existed;
    obs::Counter& started;
    std::array<obs::Counter*, 5> ended;  // by Outcome::Kind
    obs::Counter& lease_ran_out;
    obs::Gauge& ready;
    obs::Gauge& oldest_ready_s;
    obs::Histogram& start_s;  // from when it was due until its lease
  };

  explicit JobMetrics(obs::Registry& registry) : registry_(registry) {}
  JobMetrics(const JobMetrics&) = delete;
  JobMetrics& operator=(const JobMetrics&) = delete;

  Kind& of(std::string_view kind);

 private:
  std::unique_ptr<Kind> make(std::string_view kind);

  obs::Registry& registry_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Kind>, std::less<>> kinds_;  // guarded by mutex_
};

}  // namespace ashlar::jobs
