// TasksApi: parse, call, render: of tasks themselves.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"
#include "platform/jobs/job.h"

namespace ashlar::http {
struct Call;
class CursorCodec;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::tasks {

class TasksModule;

class TasksApi {
 public:
  TasksApi(TasksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> create_many(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> cancel(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> redrive(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> run_now(http::Call& call, storage::Transaction& tx) const;

 private:
  base::Result<http::Response> answer(storage::Transaction& tx, jobs::JobId id) const;

  TasksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::tasks
