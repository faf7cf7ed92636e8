// SandboxApi: the routes of the sandbox: the customer's page, which is public (its address cannot
// be guessed), and views of its book for those who test. Nothing here is there without the sandbox.
#pragma once

#include "base/result.h"
#include "platform/http/call.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::payments {

class Sandbox;

class SandboxApi {
 public:
  explicit SandboxApi(Sandbox& sandbox) : sandbox_(sandbox) {}

  base::Result<http::Response> show_action(http::Call& call) const;
  base::Result<http::Response> decide(http::Call& call) const;
  base::Result<http::Response> view_call(http::Call& call) const;
  base::Result<http::Response> statement(http::Call& call) const;
  base::Result<http::Response> check(http::Call& call) const;

 private:
  Sandbox& sandbox_;
};

// It outlives the table.
http::RouteTable sandbox_routes(Sandbox& sandbox);

}  // namespace ashlar::payments
