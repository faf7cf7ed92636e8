// InboxTokensStore: every line of SQL about inbox tokens: since when those of a user are ended.
//
// Functions run in the caller's transaction, for its tenant, but where said. Stateless.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// Those made until `now` open nothing any more.
base::Status end_inbox_tokens(storage::Transaction& tx, std::string_view user, base::Time now);
base::Result<bool> is_inbox_token_ended(storage::Transaction& tx, std::string_view user,
                                        base::Time made);
base::Result<std::int64_t> erase_inbox_token_ends(storage::Transaction& tx, std::int64_t limit);

// On the platform: of tokens that are over by their time. At most `limit`.
base::Result<std::int64_t> sweep_inbox_token_ends(storage::Transaction& tx, base::Time before,
                                                  std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> inbox_token_statements();

}  // namespace ashlar::notifications::store
