// Call: one request on its way through the house: what was asked, by whom, until when.
//
// Everything in it is proved or parsed before a handler sees it. Views point into the connection's
// buffer, which stays put until the handler has answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "platform/http/http_parser.h"
#include "platform/observability/trace.h"
#include "platform/security/principal.h"
#include "platform/storage/context.h"

namespace ashlar::http {

struct Route;

struct Call {
  const Route* route = nullptr;
  const RequestHead* head = nullptr;
  std::string_view body;                 // whole, within the route's limit, chunks undone
  std::vector<std::string> path_params;  // decoded, in the order of the {names} in the route's path
  std::vector<std::pair<std::string, std::string>>
      query;  // decoded; names allowed by the route only

  security::Principal principal;
  std::string request_id;
  obs::TraceContext trace;
  base::Mono deadline;
  std::string client_address;  // of the person or program, behind trusted proxies; never logged
  bool secure = false;         // came by TLS, here or at a trusted proxy

  [[nodiscard]] const std::string& param(std::size_t i) const { return path_params.at(i); }
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  // REQUIRES: the route's tenancy is kTenant.
  [[nodiscard]] storage::Context tenant_context() const {
    return storage::Context::tenant(principal.tenant, deadline);
  }
};

}  // namespace ashlar::http
