#include "platform/security/admin_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Sql;

constexpr Sql kInsert{
    Audience::kPlatform,
    "INSERT INTO admin_sessions (token_hash, created_at, expires_at) VALUES (?1, ?2, ?3)"};
constexpr Sql kFind{Audience::kPlatform,
                    "SELECT created_at, expires_at FROM admin_sessions WHERE token_hash = ?1"};
constexpr Sql kExtend{Audience::kPlatform,
                      "UPDATE admin_sessions SET expires_at = ?2 WHERE token_hash = ?1"};
constexpr Sql kErase{Audience::kPlatform, "DELETE FROM admin_sessions WHERE token_hash = ?1"};
constexpr Sql kEraseExpired{Audience::kPlatform,
                            "DELETE FROM admin_sessions WHERE expires_at <= ?1"};
constexpr Sql kEraseAll{Audience::kPlatform, "DELETE FROM admin_sessions"};

constexpr std::array<const Sql*, 6> kStatements{&kInsert, &kFind,         &kExtend,
                                                &kErase,  &kEraseExpired, &kEraseAll};

base::Status run(storage::Transaction& tx, const Sql& sql,
                 std::initializer_list<storage::Param> params) {
  ASHLAR_TRY(tx.execute(sql, params));
  return base::ok_status();
}

}  // namespace

base::Status insert_session(storage::Transaction& tx, std::string_view token_hash,
                            const AdminSession& session) {
  return run(
      tx, kInsert,
      {Blob{token_hash}, base::to_micros(session.created_at), base::to_micros(session.expires_at)});
}

base::Result<std::optional<AdminSession>> find_session(storage::Transaction& tx,
                                                       std::string_view token_hash) {
  std::optional<AdminSession> found;
  ASHLAR_TRY(tx.query(kFind, {Blob{token_hash}}, [&](const storage::Row& row) {
    found = AdminSession{base::from_micros(row.integer(0)), base::from_micros(row.integer(1))};
  }));
  return found;
}

base::Status extend_session(storage::Transaction& tx, std::string_view token_hash,
                            base::Time expires_at) {
  return run(tx, kExtend, {Blob{token_hash}, base::to_micros(expires_at)});
}

base::Status erase_session(storage::Transaction& tx, std::string_view token_hash) {
  return run(tx, kErase, {Blob{token_hash}});
}

base::Status erase_sessions_expired_by(storage::Transaction& tx, base::Time now) {
  return run(tx, kEraseExpired, {base::to_micros(now)});
}

base::Status erase_all_sessions(storage::Transaction& tx) { return run(tx, kEraseAll, {}); }

std::span<const storage::Sql* const> admin_statements() { return kStatements; }

}  // namespace ashlar::security
