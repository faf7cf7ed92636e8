// EndpointsApi: webhook endpoints as card-API clients make, change and delete them. A secret is in
// the answer that made it, and in no other.
// Immutable; any thread.
#pragma once

#include <functional>

#include "base/result.h"
#include "platform/http/response.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::http {
struct Call;
}
namespace ashlar::security {
class SecretBox;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::payments::profile {

class EndpointsApi {
 public:
  // All outlive it. `allow_private`: addresses of this machine and its network may be told.
  EndpointsApi(bool allow_private, storage::Database& db, const security::SecretBox& box,
               const base::Clock& clock, base::Entropy& entropy)
      : allow_private_(allow_private), db_(db), box_(box), clock_(clock), entropy_(entropy) {}

  [[nodiscard]] base::Result<http::Response> create(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> update(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> remove(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> get(http::Call& call) const;
  [[nodiscard]] base::Result<http::Response> list(http::Call& call) const;

 private:
  [[nodiscard]] base::Result<http::Response> once(
      http::Call& call,
      const std::function<base::Result<http::Response>(storage::Transaction&)>& effect) const;

  const bool allow_private_;
  storage::Database& db_;
  const security::SecretBox& box_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
};

}  // namespace ashlar::payments::profile
