// ProvidersApi: the HTTP face of provider accounts: parse, call, render. providers_wire.cc has the
// table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "modules/notifications/provider_account.h"
#include "modules/notifications/recipient_parts.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

struct ProviderJson;
struct ProviderKind;

class ProvidersApi {
 public:
  // It outlives this.
  explicit ProvidersApi(const RecipientParts& parts) : parts_(parts) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove(http::Call& call, storage::Transaction& tx) const;

 private:
  [[nodiscard]] const ProviderKind* kind_of(std::string_view type) const;
  base::Result<ProviderAccount> find(storage::Transaction& tx, const http::Call& call) const;
  // Its settings opened, if they can be.
  [[nodiscard]] ProviderJson render(const ProviderAccount& account) const;
  [[nodiscard]] http::Response answer(int status, const ProviderAccount& account) const;

  const RecipientParts& parts_;
};

}  // namespace ashlar::notifications
