// DeliveryApi: the HTTP face of what comes after planning: callbacks, dead letters, what was
// caught, providers' health. delivery_wire.cc has the table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class CursorCodec;
struct Call;
}  // namespace ashlar::http
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class Callbacks;
class DeadLetters;
class ProviderPool;

class DeliveryApi {
 public:
  // All outlive it.
  struct Parts {
    storage::Database& db;
    ProviderPool& pool;
    Callbacks& callbacks;
    const DeadLetters& letters;
    const http::CursorCodec& cursors;
    const base::Clock& clock;
    std::string public_url;  // without a slash at its end: what providers sign
  };
  explicit DeliveryApi(Parts parts) : parts_(std::move(parts)) {}

  base::Result<http::Response> hear(http::Call& call) const;
  base::Result<http::Response> dead_letters(http::Call& call) const;
  base::Result<http::Response> replay(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> replay_many(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> caught(http::Call& call) const;
  base::Result<http::Response> health(http::Call& call) const;

 private:
  const Parts parts_;
};

// What the parts refer to outlives the table.
http::RouteTable delivery_routes(DeliveryApi::Parts parts);

}  // namespace ashlar::notifications
