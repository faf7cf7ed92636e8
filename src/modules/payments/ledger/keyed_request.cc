#include "modules/payments/ledger/keyed_request.h"

#include <utility>

#include "modules/payments/card_numbers.h"
#include "platform/http/call.h"
#include "platform/http/route.h"
#include "platform/http/router.h"
#include "platform/security/answer_once.h"
#include "platform/security/idempotency.h"

namespace ashlar::ledger {

base::Result<KeyedRequest> KeyedRequest::of(const http::Call& call) {
  KeyedRequest request;
  ASHLAR_ASSIGN(request.key_, security::idempotency_key_of(call));
  if (!request.key_) {
    if (call.route->idempotency != http::Idempotency::kRequired) return request;
    return base::fail(base::Code::kInvalid, "idempotency_key_required",
                      "This request moves money: send an Idempotency-Key.");
  }
  ASHLAR_TRY(payments::refuse_card_number_as_key(*request.key_));
  request.mode_ = call.principal.mode;
  request.route_ = std::string(http::method_name(call.route->method)) + " " +
                   std::string(call.route->path.value);
  request.hash_ = security::request_hash(call.head->method_text, call.head->path, call.body);
  return request;
}

base::Result<std::optional<http::Response>> KeyedRequest::find(storage::Transaction& tx,
                                                               base::Time now) const {
  if (!key_) return std::optional<http::Response>();
  ASHLAR_ASSIGN(std::optional<security::StoredAnswer> stored,
                security::look_up(tx, {mode_, *key_, route_, hash_}, now));
  if (!stored) return std::optional<http::Response>();
  http::Response answer{stored->status, "application/json", std::move(stored->headers),
                        std::move(stored->body)};
  answer.header("Idempotency-Replayed", "true");
  return std::optional(std::move(answer));
}

base::Status KeyedRequest::record(storage::Transaction& tx, const http::Response& answer,
                                  base::Time now) const {
  if (!key_) return base::ok_status();
  return security::record(tx, {mode_, *key_, route_, hash_}, answer.status, answer.headers,
                          answer.body, now);
}

}  // namespace ashlar::ledger
