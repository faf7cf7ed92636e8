// Asking: from a request of the native API to what the core is asked, and back to its answer.
//
//   read_ask(): body checked, key taken, fingerprint made ──> Payments::…(asked, …,
//   answer_by(late))
//
// The fingerprint is of method, path and the body's meaning: order of members and blanks do not
// count, an empty body is {}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "modules/payments/asks.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/json/schema.h"
#include "platform/json/value.h"

namespace ashlar::payments {

enum class KeyNeed : std::uint8_t { kRequired, kOptional };

// "key:12", "administrator".
std::string principal_of(const http::Call& call);

// The body as JSON; {} where there is none. json::parse()'s errors.
base::Result<json::Value> body_of(const http::Call& call);

// kInvalid idempotency_key_required, bad_idempotency_key.
base::Result<Asked> asked_of(const http::Call& call, const json::Value& body, KeyNeed need);

template <class T>
struct Ask {
  Asked asked;
  T wanted;
};
template <class T>
base::Result<Ask<T>> read_ask(const http::Call& call, const json::Schema<T>& schema,
                              KeyNeed need = KeyNeed::kRequired) {
  ASHLAR_ASSIGN(const json::Value body, body_of(call));
  ASHLAR_ASSIGN(T wanted, schema.parse(body));
  ASHLAR_ASSIGN(Asked asked, asked_of(call, body, need));
  return Ask<T>{std::move(asked), std::move(wanted)};
}

// Completes `late` with what the core says; nothing of the Call is used.
Done answer_by(std::shared_ptr<http::LateAnswer> late);

}  // namespace ashlar::payments
