// LimitsApi: the HTTP face of checking limits: parse, call, render. limits_wire.cc has the table
// that names them.
//
// A check answers 200 also where the request may not pass: `allowed` says so. 429 would say that
// the caller itself has asked too often.
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}

namespace ashlar::limits {

class Limits;

class LimitsApi {
 public:
  // It outlives this one.
  explicit LimitsApi(Limits& limits) : limits_(limits) {}

  base::Result<http::Response> check(http::Call& call) const;
  base::Result<http::Response> check_all(http::Call& call) const;
  base::Result<http::Response> refund(http::Call& call) const;
  base::Result<http::Response> reserve(http::Call& call) const;
  base::Result<http::Response> settle(http::Call& call) const;

 private:
  Limits& limits_;
};

}  // namespace ashlar::limits
