// answer_once(): what a handler does inside a transaction, once for each Idempotency-Key.
//
// idempotency.h says what is kept and for how long; here it meets the request and the answer. A
// replay carries "Idempotency-Replayed: true". Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::security {

// The request's Idempotency-Key, unquoted; nullopt: none was sent, or an empty one.
// Error: kInvalid bad_idempotency_key.
base::Result<std::optional<std::string>> idempotency_key_of(const http::Call& call);

// `effect` runs unless `key` names a record; its answer is recorded in `tx`. Without a key it just
// runs. Error: kInvalid idempotency_key_reused, and what `effect` and storage say.
base::Result<http::Response> answer_once(
    storage::Transaction& tx, const http::Call& call, const std::optional<std::string>& key,
    base::Time now, const std::function<base::Result<http::Response>()>& effect);

}  // namespace ashlar::security
