// QueuesApi: parse, call, render: of queues, schedules and the key that push requests are signed
// with.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
class CursorCodec;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::tasks {

class TasksModule;

class QueuesApi {
 public:
  QueuesApi(TasksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> put(http::Call& call) const;
  base::Result<http::Response> redrive(http::Call& call) const;

  base::Result<http::Response> put_schedule(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> get_schedule(http::Call& call) const;
  base::Result<http::Response> list_schedules(http::Call& call) const;
  base::Result<http::Response> pause_schedule(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> delete_schedule(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> run_schedule(http::Call& call, storage::Transaction& tx) const;

  base::Result<http::Response> signing_key(http::Call& call) const;
  base::Result<http::Response> rotate_signing_key(http::Call& call) const;

 private:
  TasksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::tasks
