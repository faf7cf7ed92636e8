// RouteRow: what the rows of this module's tables have in common.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/route.h"

namespace ashlar::notifications {

// A tenant's row: its scope by its method, no Idempotency-Key, no errors of its own.
inline http::Route route_row(http::Method method, std::string_view path, std::string_view summary,
                             http::Handler handler, const json::Shape* response) {
  const bool reads = method == http::Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"notifications"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {reads ? "notifications:read" : "notifications:write"},
      .cost = reads ? 1 : 2,
      .idempotency = http::Idempotency::kNatural,
      .deadline = base::Millis{10'000},
      .handler = {std::move(handler)},
      .response = response,
  };
}

// What outbound::check_target() refuses, each under its own reason, with the row's own.
std::vector<http::ErrorDoc> with_target_errors(std::vector<http::ErrorDoc> own);

}  // namespace ashlar::notifications
