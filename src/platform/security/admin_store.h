// The SQL of the administrator's sessions. Everything runs under PlatformUse::kTenantAdmin;
// password and claim are settings (settings_store.h).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
struct Sql;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

struct AdminSession {
  base::Time created_at;
  base::Time expires_at;
};

base::Status insert_session(storage::Transaction& tx, std::string_view token_hash,
                            const AdminSession& session);
base::Result<std::optional<AdminSession>> find_session(storage::Transaction& tx,
                                                       std::string_view token_hash);
base::Status extend_session(storage::Transaction& tx, std::string_view token_hash,
                            base::Time expires_at);
base::Status erase_session(storage::Transaction& tx, std::string_view token_hash);
base::Status erase_sessions_expired_by(storage::Transaction& tx, base::Time now);
base::Status erase_all_sessions(storage::Transaction& tx);

std::span<const storage::Sql* const> admin_statements();

}  // namespace ashlar::security
