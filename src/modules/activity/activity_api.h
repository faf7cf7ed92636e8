// ActivityApi: the HTTP face of activity: parse, call, render. activity_wire.cc has the table that
// names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "base/strong_id.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::activity {

class ActivityModule;

class ActivityApi {
 public:
  explicit ActivityApi(ActivityModule& module) : module_(module) {}

  base::Result<http::Response> record(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> top(http::Call& call) const;
  base::Result<http::Response> dimensions(http::Call& call) const;
  base::Result<http::Response> own_top(http::Call& call) const;  // Ashlar's own requests

 private:
  [[nodiscard]] base::Result<http::Response> answer(http::Call& call, base::TenantId of) const;

  ActivityModule& module_;
};

}  // namespace ashlar::activity
