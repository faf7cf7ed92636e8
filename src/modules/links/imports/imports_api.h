// ImportsApi: the HTTP face of imports and exports: parse, call, render. imports_wire.cc has its
// table.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/links/imports/imports.h"
#include "modules/links/link.h"
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
  struct ExportSlice {
    std::vector<std::pair<Link, std::int64_t>> links;  // each with its clicks
    bool more = false;
  };
  base::Result<ExportSlice> read_slice(http::Call& call, LinkId after, std::int64_t size) const;

  LinksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::links
