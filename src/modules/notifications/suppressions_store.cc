#include "modules/notifications/suppressions_store.h"

#include <array>
#include <string>

#include "modules/notifications/json_list.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

#define SELECT_SUPPRESSIONS                                                             \
  "SELECT s.channel, s.address, s.category, s.reason, s.source, s.detail, s.created_at" \
  " FROM notifications_suppressions AS s"

constexpr Sql kOf{Audience::kTenant, SELECT_SUPPRESSIONS
                  " WHERE s.tenant_id = :tenant AND s.channel = ?1 AND s.address = ?2"
                  " AND s.category IN ('', ?3) ORDER BY s.category LIMIT 1"};

constexpr Sql kAmong{Audience::kTenant,
                     SELECT_SUPPRESSIONS
                     " WHERE s.tenant_id = :tenant AND s.channel = ?1"
                     " AND s.address IN (SELECT value FROM json_each(?2))"
                     " AND s.category IN (SELECT value FROM json_each(?3))"
                     " ORDER BY s.address, s.category",
                     SELECT_SUPPRESSIONS
                     " WHERE s.tenant_id = :tenant AND s.channel = ?1 AND s.address ="
                     " ANY(ARRAY(SELECT value FROM json_array_elements_text(?2::text::json)))"
                     " AND s.category ="
                     " ANY(ARRAY(SELECT value FROM json_array_elements_text(?3::text::json)))"
                     " ORDER BY s.address, s.category"};

constexpr Sql kAllOf{Audience::kTenant, SELECT_SUPPRESSIONS
                     " WHERE s.tenant_id = :tenant AND s.channel = ?1 AND s.address = ?2"
                     " ORDER BY s.category LIMIT 1000"};

// What a reader may take back gives way to what nobody of them may.
#define SUPPRESSION_CONFLICT                                                       \
  " ON CONFLICT (tenant_id, channel, address, category) DO UPDATE SET"             \
  " reason = excluded.reason, source = excluded.source, detail = excluded.detail," \
  " created_at = excluded.created_at WHERE s.reason IN ('unsubscribe', 'stop')"    \
  " AND excluded.reason NOT IN ('unsubscribe', 'stop')"

constexpr Sql kAdd{
    Audience::kTenant,
    "INSERT INTO notifications_suppressions AS s (tenant_id, channel, address, category, reason, "
    "source,"
    " detail, created_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7)" SUPPRESSION_CONFLICT};

constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM notifications_suppressions WHERE tenant_id = :tenant"
                      " AND channel = ?1 AND address = ?2 AND category = ?3"};

constexpr Sql kResubscribe{Audience::kTenant,
                           "DELETE FROM notifications_suppressions WHERE tenant_id = :tenant"
                           " AND channel = ?1 AND address = ?2 AND category IN ('', ?3)"
                           " AND reason = 'unsubscribe'"};

constexpr Sql kTenantIsThere{Audience::kTenant, "SELECT count(*) FROM tenants WHERE id = :tenant"};

constexpr Sql kList{Audience::kTenant, SELECT_SUPPRESSIONS
                    " WHERE s.tenant_id = :tenant"
                    " AND (s.channel, s.address, s.category) > (?1, ?2, ?3)"
                    " ORDER BY s.channel, s.address, s.category LIMIT ?4"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM notifications_suppressions WHERE tenant_id = :tenant"
                     " AND (channel, address, category) IN (SELECT channel, address, category"
                     " FROM notifications_suppressions WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kAddFor{
    Audience::kPlatform,
    "INSERT INTO notifications_suppressions AS s (tenant_id, channel, address, category, reason, "
    "source,"
    " detail, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" SUPPRESSION_CONFLICT};

constexpr Sql kRemoveFor{Audience::kPlatform,
                         "DELETE FROM notifications_suppressions WHERE tenant_id = ?1"
                         " AND channel = ?2 AND address = ?3 AND reason = ?4"};

constexpr std::array<const Sql*, 11> kStatements{&kOf,     &kAmong,       &kAllOf,         &kAdd,
                                                 &kRemove, &kResubscribe, &kTenantIsThere, &kList,
                                                 &kErase,  &kAddFor,      &kRemoveFor};

Suppression read_suppression(const Row& row) {
  Suppression s;
  s.channel = static_cast<Channel>(row.integer(0));
  s.address = row.text(1);
  s.category = row.text(2);
  s.reason = row.text(3);
  s.source = row.text(4);
  s.detail = row.text(5);
  s.created_at = base::from_micros(row.integer(6));
  return s;
}

}  // namespace

base::Result<std::optional<Suppression>> suppressed(storage::Transaction& tx, Channel channel,
                                                    std::string_view address,
                                                    std::string_view category) {
  std::optional<Suppression> found;
  ASHLAR_TRY(tx.query(kOf, {static_cast<std::int64_t>(channel), address, category},
                      [&](const Row& row) { found = read_suppression(row); }));
  return found;
}

base::Result<std::vector<Suppression>> suppressed_among(storage::Transaction& tx, Channel channel,
                                                        std::span<const std::string> addresses,
                                                        std::span<const std::string> categories) {
  std::vector<Suppression> found;
  ASHLAR_TRY(tx.query(
      kAmong, {static_cast<std::int64_t>(channel), json_list(addresses), json_list(categories)},
      [&](const Row& row) { found.push_back(read_suppression(row)); }));
  return found;
}

base::Result<std::vector<Suppression>> suppressions_of(storage::Transaction& tx, Channel channel,
                                                       std::string_view address) {
  std::vector<Suppression> found;
  ASHLAR_TRY(tx.query(kAllOf, {static_cast<std::int64_t>(channel), address},
                      [&](const Row& row) { found.push_back(read_suppression(row)); }));
  return found;
}

base::Result<bool> suppress(storage::Transaction& tx, const Suppression& s) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kAdd, {static_cast<std::int64_t>(s.channel), s.address, s.category,
                                  s.reason, s.source, s.detail, base::to_micros(s.created_at)}));
  return rows == 1;
}

base::Result<bool> remove_suppression(storage::Transaction& tx, Channel channel,
                                      std::string_view address, std::string_view category) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kRemove, {static_cast<std::int64_t>(channel), address, category}));
  return rows == 1;
}

base::Status resubscribe(storage::Transaction& tx, Channel channel, std::string_view address,
                         std::string_view category) {
  ASHLAR_TRY(tx.execute(kResubscribe, {static_cast<std::int64_t>(channel), address, category}));
  return base::ok_status();
}

base::Status check_tenant(storage::Transaction& tx) {
  std::int64_t there = 0;
  ASHLAR_TRY(tx.query(kTenantIsThere, {}, [&](const Row& row) { there = row.integer(0); }));
  if (there > 0) return base::ok_status();
  return base::fail(base::Code::kNotFound, "tenant_not_found", "Whom the link is of is gone.");
}

base::Result<std::vector<Suppression>> list_suppressions(storage::Transaction& tx,
                                                         const SuppressionPosition& after,
                                                         std::int64_t limit) {
  std::vector<Suppression> found;
  ASHLAR_TRY(tx.query(kList, {after.channel, after.address, after.category, limit},
                      [&](const Row& row) { found.push_back(read_suppression(row)); }));
  return found;
}

base::Result<std::int64_t> erase_suppressions(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<bool> suppress_for(storage::Transaction& tx, base::TenantId tenant,
                                const Suppression& s) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kAddFor, {tenant.value, static_cast<std::int64_t>(s.channel), s.address,
                                     s.category, s.reason, s.source, s.detail,
                                     base::to_micros(s.created_at)}));
  return rows == 1;
}

base::Result<bool> remove_suppression_for(storage::Transaction& tx, base::TenantId tenant,
                                          Channel channel, std::string_view address,
                                          std::string_view reason) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kRemoveFor, {tenant.value, static_cast<std::int64_t>(channel), address, reason}));
  return rows > 0;
}

std::span<const Sql* const> suppression_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
