// RecipientsApi: the HTTP face of recipients, their devices and wishes: parse, call, render.
// recipients_wire.cc has the table that names them.
//
// Who writes a recipient, or what hangs on one, locks its row first: so writers of one user go one
// after the other, and those of different users never meet. (In a serializable transaction they do:
// a look for a row that is not there is a look at its whole page of the index, into which others
// write.) Those with a Transaction run in a write that is read_committed().
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/recipient_parts.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct Call;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

struct BulkJson;
struct Recipient;

class RecipientsApi {
 public:
  // It outlives this.
  explicit RecipientsApi(const RecipientParts& parts) : parts_(parts) {}

  [[nodiscard]] storage::Database& db() const { return parts_.db; }

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
  static base::Result<Recipient> lock(storage::Transaction& tx, const std::string& user_id);
  // Locks it; it is there from now on.
  static base::Status hold(storage::Transaction& tx, const std::string& user, base::Time now);
  // What follows from what is kept; version 0: nothing is. May be asked again.
  using Change = std::function<base::Result<Recipient>(Recipient kept)>;
  base::Result<Recipient> keep(storage::Transaction& tx, const std::string& user,
                               const Change& change) const;
  // One that is locked, or was not there: with its new version and times. False: it has come
  // meanwhile.
  base::Result<bool> write(storage::Transaction& tx, Recipient& recipient) const;
  base::Result<bool> write_all(storage::Transaction& tx, const BulkJson& bulk,
                               std::span<const std::string> users, const std::string& place) const;

  const RecipientParts& parts_;
};

}  // namespace ashlar::notifications
