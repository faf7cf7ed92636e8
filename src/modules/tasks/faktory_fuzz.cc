// A line of Faktory's protocol, any bytes: what is taken is within bounds, and a job that is taken
// comes back to a worker as the job that it was.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "modules/tasks/faktory_protocol.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace {

using ashlar::tasks::NewTask;

void check_task(const NewTask& task) {
  CHECK(task.priority >= -4 && task.priority <= 4);
  CHECK(*task.max_attempts >= 1 && *task.max_attempts <= ashlar::jobs::kMaxAttempts);
  CHECK(*task.timeout_ms >= 60'000 && *task.timeout_ms <= ashlar::tasks::kMaxPullTimeout.count());
  ashlar::jobs::LeasedJob job;
  job.ref = {ashlar::jobs::JobId(1), 1};
  job.queue = task.queue;
  job.payload = task.payload;
  const auto delivery = ashlar::tasks::faktory_job_of(job);
  CHECK(delivery.jid == *task.unique_key);
  const auto before = ashlar::json::parse(task.payload);
  const auto after = ashlar::json::parse(delivery.json, {.max_values = 20'000});
  CHECK(before.ok() && after.ok());
  CHECK(*before->find("args") == *after->find("args"));
  CHECK(*before->find("jobtype") == *after->find("jobtype"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto [verb, argument] = ashlar::tasks::split_faktory_line(line);
  CHECK(verb.find(' ') == verb.npos);
  if (const auto task = ashlar::tasks::task_of_faktory(argument); task.ok()) check_task(*task);
  if (const auto all = ashlar::tasks::tasks_of_faktory(argument); all.ok()) {
    CHECK(all->size() <= ashlar::tasks::kMaxFaktoryBatch);
    for (const auto& one : *all) {
      if (one.task.ok()) check_task(*one.task);
    }
  }
  if (const auto queues = ashlar::tasks::parse_faktory_queues(argument); queues.ok()) {
    CHECK(!queues->empty() && queues->size() <= ashlar::tasks::kMaxFaktoryQueues);
  }
  static_cast<void>(ashlar::tasks::parse_faktory_hello(argument).ok());
  static_cast<void>(ashlar::tasks::parse_faktory_report(argument).ok());
  return 0;
}
