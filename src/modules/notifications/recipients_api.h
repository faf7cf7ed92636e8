// RecipientsApi: the HTTP face of recipients, their devices and wishes: parse, call, render.
// recipients_wire.cc has the table that names them.
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "modules/notifications/recipient_parts.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

struct Recipient;

class RecipientsApi {
 public:
  // It outlives this.
  explicit RecipientsApi(const RecipientParts& parts) : parts_(parts) {}

  base::Result<http::Response> put(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> bulk(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> update(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove(http::Call& call, storage::Transaction& tx) const;

  base::Result<http::Response> get_preferences(http::Call& call) const;
  base::Result<http::Response> put_preferences(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> link(http::Call& call) const;

  base::Result<http::Response> add_device(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> devices(http::Call& call) const;
  base::Result<http::Response> remove_device(http::Call& call, storage::Transaction& tx) const;

 private:
  base::Result<Recipient> find(storage::Transaction& tx, const std::string& user_id) const;
  base::Result<http::Response> write(storage::Transaction& tx, Recipient recipient) const;

  const RecipientParts& parts_;
};

}  // namespace ashlar::notifications
