// KeyedRequest: what must be kept of a request with an Idempotency-Key until a unit of the book
// runs: its Call is gone by then.
//
// The record commits with the unit (security/idempotency.h), so a repeat finds either nothing done
// and no record, or both. Two at once: the book's lock puts them in a row.
#pragma once

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

namespace ashlar::ledger {

class KeyedRequest {
 public:
  // Error: kInvalid bad_idempotency_key; idempotency_key_required where the route says so.
  static base::Result<KeyedRequest> of(const http::Call& call);

  // The stored answer; nullopt: nothing was done under the key, or there is none. Error: kInvalid
  // idempotency_key_reused.
  base::Result<std::optional<http::Response>> find(storage::Transaction& tx, base::Time now) const;
  // REQUIRES: find() found nothing in this transaction.
  base::Status record(storage::Transaction& tx, const http::Response& answer, base::Time now) const;

 private:
  std::optional<std::string> key_;
  std::string mode_, route_, hash_;
};

}  // namespace ashlar::ledger
