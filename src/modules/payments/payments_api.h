// PaymentsApi: the native HTTP face of payments, refunds and disputes: requests in, documents out.
// The rules are the core's (payments.h), the table of routes payments_wire.cc.
//
// What reaches a provider, and all that commits with the ledger, answers late: no worker waits for
// it. Reads wait on their worker. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/http/cursor.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
class LateAnswer;
}  // namespace ashlar::http

namespace ashlar::payments {

class PaymentsModule;
struct Window;

using Late = std::shared_ptr<http::LateAnswer>;

// ?limit, ?cursor, ?created_from, ?created_until of a list whose cursors are ids. kInvalid
// invalid_request, invalid_cursor, position_unknown.
base::Result<Window> window_of(const http::Call& call, const http::CursorCodec& cursors,
                               std::string_view list);
http::CursorScope scope_of(const http::Call& call, std::string_view list);

class PaymentsApi {
 public:
  // Both outlive it.
  PaymentsApi(PaymentsModule& module, const http::CursorCodec& cursors)
      : module_(module), cursors_(cursors) {}

  base::Status create(http::Call& call, Late late) const;
  base::Status update(http::Call& call, Late late) const;
  base::Status confirm(http::Call& call, Late late) const;
  base::Status capture(http::Call& call, Late late) const;
  base::Status cancel(http::Call& call, Late late) const;
  [[nodiscard]] base::Result<http::Response> get(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> balance(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> explain(http::Call& call) const;

  base::Status refund(http::Call& call, Late late) const;
  [[nodiscard]] base::Result<http::Response> get_refund(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_refunds(http::Call& call) const;

  [[nodiscard]] base::Result<http::Response> get_dispute(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list_disputes(http::Call& call) const;
  base::Status submit_evidence(http::Call& call, Late late) const;
  base::Status close_dispute(http::Call& call, Late late) const;

  // A provider's own webhook: no key of ours, a signature of theirs.
  base::Status hear(http::Call& call, Late late) const;

 private:
  PaymentsModule& module_;
  const http::CursorCodec& cursors_;
};

}  // namespace ashlar::payments
