// DomainsApi: the HTTP face of domains: parse, call, render. domains_wire.cc has its table.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

class LinksModule;
struct Domain;

class DomainsApi {
 public:
  // Both outlive it.
  DomainsApi(LinksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call, storage::Transaction& tx) const;
  // Waits for the DNS.
  base::Result<http::Response> verify(http::Call& call) const;
  base::Result<http::Response> remove(http::Call& call, storage::Transaction& tx) const;

 private:
  [[nodiscard]] http::Response answer(int status, const Domain& domain) const;

  LinksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::links
