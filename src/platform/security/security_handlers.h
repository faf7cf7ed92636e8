// SecurityHandlers: what the routes of security_wire.cc do: parse, call, render.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/call.h"
#include "platform/http/response.h"
#include "platform/security/security_api.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::security {

class SecurityHandlers {
 public:
  explicit SecurityHandlers(SecurityServices services) : services_(std::move(services)) {}

  base::Result<http::Response> show_session(http::Call& call) const;
  base::Result<http::Response> claim(http::Call& call) const;
  base::Result<http::Response> sign_in(http::Call& call) const;
  base::Result<http::Response> sign_out(http::Call& call) const;

  base::Result<http::Response> list_tenants(http::Call& call) const;
  base::Result<http::Response> create_tenant(http::Call& call) const;
  base::Result<http::Response> show_tenant(http::Call& call) const;

  base::Result<http::Response> list_keys(http::Call& call) const;
  base::Result<http::Response> create_key(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> show_key(http::Call& call) const;
  base::Result<http::Response> revoke_key(http::Call& call) const;

 private:
  base::Result<http::Response> session_answer(const http::Call& call,
                                              const base::Result<std::string>& session,
                                              base::Seconds retry_after) const;

  const SecurityServices services_;
};

}  // namespace ashlar::security
