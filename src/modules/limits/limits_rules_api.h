// LimitsRulesApi: the HTTP face of a tenant's rules: parse, call, render. limits_rules_wire.cc has
// the table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http

namespace ashlar::limits {

class NativeLimits;

class LimitsRulesApi {
 public:
  // Both outlive it.
  LimitsRulesApi(NativeLimits& limits, const http::CursorCodec& cursors)
      : limits_(limits), cursors_(cursors) {}

  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> put(http::Call& call) const;
  base::Result<http::Response> list_versions(http::Call& call) const;
  base::Result<http::Response> get_version(http::Call& call) const;
  base::Result<http::Response> roll_back(http::Call& call) const;
  base::Result<http::Response> dry_run(http::Call& call) const;

 private:
  [[nodiscard]] base::Result<std::optional<std::int64_t>> version_wanted(
      const http::Call& call) const;

  NativeLimits& limits_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::limits
