// ReconcileApi: the HTTP face of reconciliation: parse, call, render. reconcile_wire.cc has the
// table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http

namespace ashlar::payments::reconcile {

class ReconcileModule;

class ReconcileApi {
 public:
  // Both outlive it.
  ReconcileApi(ReconcileModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> run(http::Call& call) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> breaks(http::Call& call) const;
  base::Result<http::Response> ageing(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> items(http::Call& call) const;
  base::Result<http::Response> report(http::Call& call) const;
  base::Result<http::Response> resolve(http::Call& call) const;

 private:
  ReconcileModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::payments::reconcile
