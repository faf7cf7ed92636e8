// LeasesApi: parse, call, render: what pull workers do.
#pragma once

#include <memory>

#include "base/result.h"
#include "modules/tasks/leases.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
class LateAnswer;
}  // namespace ashlar::http

namespace ashlar::tasks {

class TasksModule;

class LeasesApi {
 public:
  explicit LeasesApi(TasksModule& module) : module_(module) {}

  // Answers at once where there is a task, or no wait_ms; else when there is one or the wait is
  // over.
  base::Status lease(http::Call& call, std::shared_ptr<http::LateAnswer> answer) const;

  base::Result<http::Response> complete(http::Call& call) const;
  base::Result<http::Response> fail(http::Call& call) const;
  base::Result<http::Response> snooze(http::Call& call) const;
  base::Result<http::Response> heartbeat(http::Call& call) const;
  base::Result<http::Response> complete_many(http::Call& call) const;
  base::Result<http::Response> fail_many(http::Call& call) const;
  base::Result<http::Response> heartbeat_many(http::Call& call) const;

 private:
  base::Result<http::Response> end(const http::Call& call, const Report& report) const;
  base::Result<http::Response> end_many(const http::Call& call,
                                        const std::vector<Report>& reports) const;

  TasksModule& module_;
};

}  // namespace ashlar::tasks
