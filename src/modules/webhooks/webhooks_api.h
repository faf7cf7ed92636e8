// WebhooksApi: the HTTP face of webhooks: parse, call, render. webhooks_wire.cc has the table that
// names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "modules/webhooks/delivery.h"
#include "platform/http/response.h"

namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::webhooks {

struct WebhookJson;
class WebhooksModule;

class WebhooksApi {
 public:
  // Both outlive it.
  WebhooksApi(WebhooksModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> enable(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> rotate(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> test(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> deliveries(http::Call& call) const;
  base::Result<http::Response> delivery(http::Call& call) const;
  base::Result<http::Response> retry(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> replay(http::Call& call, storage::Transaction& tx) const;

 private:
  [[nodiscard]] WebhookJson render(const Endpoint& endpoint) const;
  [[nodiscard]] http::Response answer(int status, const Endpoint& endpoint) const;

  WebhooksModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::webhooks
