// ImportsApi: the HTTP face of imports and exports: parse, call, render. imports_wire.cc has its
// table.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "modules/links/imports/imports.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http

namespace ashlar::links {

class LinksModule;

class ImportsApi {
 public:
  // Both outlive it.
  ImportsApi(LinksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> put_part(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> start(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> cancel(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> report(http::Call& call) const;
  base::Result<http::Response> export_links(http::Call& call) const;

 private:
  LinksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::links
