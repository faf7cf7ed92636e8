// RecipientsStore: every line of SQL about recipients alone (audience_store.h reads many at once,
// with all that planning needs). No rules here.
//
// Functions run in the caller's transaction, for its tenant. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/recipient.h"

namespace ashlar::storage {
class Row;
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

base::Result<std::optional<Recipient>> find_recipient(storage::Transaction& tx,
                                                      std::string_view user_id);
// Those of them that there are, in the order of their ids.
base::Result<std::vector<Recipient>> find_recipients(storage::Transaction& tx,
                                                     std::span<const std::string> user_ids);
// The same, and nobody else writes them until the transaction ends. REQUIRES: a write that reads
// what others have committed (storage::Isolation), or one that may be run again.
base::Result<std::optional<Recipient>> lock_recipient(storage::Transaction& tx,
                                                      std::string_view user_id);
base::Result<std::vector<Recipient>> lock_recipients(storage::Transaction& tx,
                                                     std::span<const std::string> user_ids);
// Those with this address, in the order of their ids, `limit` at most.
base::Result<std::vector<Recipient>> recipients_by_email(storage::Transaction& tx,
                                                         std::string_view email,
                                                         std::int64_t limit);
base::Result<std::vector<Recipient>> recipients_by_phone(storage::Transaction& tx,
                                                         std::string_view phone,
                                                         std::int64_t limit);
// After `after`, in the order of their ids.
base::Result<std::vector<Recipient>> list_recipients(storage::Transaction& tx,
                                                     std::string_view after, std::int64_t limit);

// Writes all of it, there or not yet; version and times are the store's: the new version, 1 where
// it is new.
base::Result<std::int64_t> put_recipient(storage::Transaction& tx, const Recipient& recipient,
                                         base::Time now);
// The same of one that was not there when it was locked. False: it is by now, nothing was written.
base::Result<bool> add_recipient(storage::Transaction& tx, const Recipient& recipient,
                                 base::Time now);
// The recipient alone.
base::Result<bool> delete_recipient(storage::Transaction& tx, std::string_view user_id);

base::Result<std::int64_t> erase_recipients(storage::Transaction& tx, std::int64_t limit);

// A recipient whose columns (NOTIFICATIONS_RECIPIENT_COLUMNS' order) begin at `first`.
Recipient read_recipient(const storage::Row& row, int first);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> recipient_statements();

}  // namespace ashlar::notifications::store
