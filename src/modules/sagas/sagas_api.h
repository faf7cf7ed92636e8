// SagasApi: the HTTP face of sagas: parse, call, render. sagas_wire.cc has the table that names
// them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "platform/http/response.h"
#include "platform/sagas/sagas.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http

namespace ashlar::sagas {

struct SagasModule;

class SagasApi {
 public:
  // What an operator may say: Sagas::resume, skip, compensate.
  using Word = base::Status (Sagas::*)(storage::Transaction&, SagaId, std::string_view);

  // Both outlive it.
  SagasApi(SagasModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> tell(http::Call& call, storage::Transaction& tx, Word word) const;

 private:
  SagasModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::sagas
