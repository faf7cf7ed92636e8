#include "platform/jobs/job_metrics.h"

#include "platform/observability/metrics.h"

namespace ashlar::jobs {

JobMetrics::Kind& JobMetrics::of(std::string_view kind) {
  const std::lock_guard lock(mutex_);
  auto found = kinds_.find(kind);
  if (found == kinds_.end() && kinds_.size() >= kMaxKinds) {
    kind = "other";
    found = kinds_.find(kind);
  }
  if (found == kinds_.end()) found = kinds_.emplace(std::string(kind), make(kind)).first;
  return *found->second;
}

std::unique_ptr<JobMetrics::Kind> JobMetrics::make(std::string_view kind) {
  const obs::Labels labels{{"kind", std::string(kind)}};
  constexpr std::array kStates{"done", "failed", "dead", "snoozed", "cancelled"};
  std::array<obs::Counter*, 5> ended{};
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    obs::Labels both = labels;
    both.emplace_back("state", kStates[i]);
    ended[i] = &registry_.make_counter("ashlar_jobs_ended_total",
                                       "Attempts ended, by what became of them.", both);
  }
  return std::unique_ptr<Kind>(new Kind{
      registry_.make_counter("ashlar_jobs_enqueued_total", "Jobs enqueued.", labels),
      registry_.make_counter("ashlar_jobs_existed_total",
                             "Jobs not enqueued since their unique key lives.", labels),
      registry_.make_counter("ashlar_jobs_started_total", "Attempts leased.", labels), ended,
      registry_.make_counter("ashlar_jobs_lease_ran_out_total",
                             "Leases that ran out before their worker spoke.", labels),
      registry_.make_gauge("ashlar_jobs_ready", "Jobs ready and not leased.", labels),
      registry_.make_gauge("ashlar_jobs_oldest_ready_seconds",
                           "How long the oldest ready job has been due.", labels),
      registry_.make_histogram("ashlar_jobs_start_seconds",
                               "From when a job was due until it was leased.",
                               obs::latency_buckets_s(), labels)});
}

}  // namespace ashlar::jobs
