#include "modules/notifications/inbox_tokens_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Sql;

constexpr Sql kEnd{
    Audience::kTenant,
    "INSERT INTO notifications_inbox_token_ends AS e (tenant_id, user_id, made_before)"
    " VALUES (:tenant, ?1, ?2) ON CONFLICT (tenant_id, user_id) DO UPDATE"
    " SET made_before = excluded.made_before WHERE e.made_before < excluded.made_before"};

constexpr Sql kIsEnded{Audience::kTenant,
                       "SELECT 1 FROM notifications_inbox_token_ends WHERE tenant_id = :tenant"
                       " AND user_id = ?1 AND made_before >= ?2"};

constexpr Sql kErase{
    Audience::kTenant,
    "DELETE FROM notifications_inbox_token_ends WHERE tenant_id = :tenant AND user_id IN"
    " (SELECT user_id FROM notifications_inbox_token_ends WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kSweep{
    Audience::kPlatform,
    "DELETE FROM notifications_inbox_token_ends WHERE (tenant_id, user_id) IN"
    " (SELECT tenant_id, user_id FROM notifications_inbox_token_ends WHERE made_before < ?1"
    " ORDER BY made_before LIMIT ?2) AND made_before < ?1"};

constexpr std::array<const Sql*, 4> kStatements{&kEnd, &kIsEnded, &kErase, &kSweep};

}  // namespace

base::Status end_inbox_tokens(storage::Transaction& tx, std::string_view user, base::Time now) {
  ASHLAR_TRY(tx.execute(kEnd, {user, base::to_micros(now)}));
  return base::ok_status();
}

base::Result<bool> is_inbox_token_ended(storage::Transaction& tx, std::string_view user,
                                        base::Time made) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.query(kIsEnded, {user, base::to_micros(made)}, [](const storage::Row&) {}));
  return rows > 0;
}

base::Result<std::int64_t> erase_inbox_token_ends(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<std::int64_t> sweep_inbox_token_ends(storage::Transaction& tx, base::Time before,
                                                  std::int64_t limit) {
  return tx.execute(kSweep, {base::to_micros(before), limit});
}

std::span<const Sql* const> inbox_token_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
