#include "modules/notifications/devices_store.h"

#include <array>
#include <string>

#include "base/encoding.h"
#include "modules/notifications/json_list.h"
#include "platform/security/digest.h"
#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define SELECT_DEVICES                                                             \
  "SELECT d.id, d.user_id, d.platform, d.app, d.token, d.keys, d.state, d.reason," \
  " d.registered_at, d.created_at FROM notifications_devices AS d"

constexpr Sql kRegister{
    Audience::kTenant,
    "INSERT INTO notifications_devices (tenant_id, user_id, platform, app, token, token_hash, keys,"
    " registered_at, created_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)"
    " ON CONFLICT (tenant_id, platform, app, token_hash) DO UPDATE SET user_id = excluded.user_id,"
    " keys = excluded.keys, state = 0, reason = NULL, registered_at = excluded.registered_at"
    " RETURNING id"};

constexpr Sql kFind{Audience::kTenant, SELECT_DEVICES " WHERE d.tenant_id = :tenant AND d.id = ?1"};

constexpr Sql kOf{Audience::kTenant,
                  SELECT_DEVICES " WHERE d.tenant_id = :tenant AND d.user_id = ?1 ORDER BY d.id"};

constexpr Sql kOfAll{
    Audience::kTenant,
    SELECT_DEVICES
    " WHERE d.tenant_id = :tenant AND d.user_id IN (SELECT value FROM json_each(?1))"
    " ORDER BY d.user_id, d.id",
    SELECT_DEVICES
    " WHERE d.tenant_id = :tenant AND d.user_id = ANY(ARRAY(SELECT value"
    " FROM json_array_elements_text(?1::text::json))) ORDER BY d.user_id, d.id"};

constexpr Sql kDelete{Audience::kTenant,
                      "DELETE FROM notifications_devices"
                      " WHERE tenant_id = :tenant AND user_id = ?1 AND id = ?2"};

constexpr Sql kDeleteOf{
    Audience::kTenant,
    "DELETE FROM notifications_devices WHERE tenant_id = :tenant AND user_id = ?1"};

constexpr Sql kDropOldest{
    Audience::kTenant,
    "DELETE FROM notifications_devices WHERE tenant_id = :tenant AND user_id = ?1 AND id NOT IN"
    " (SELECT id FROM notifications_devices WHERE tenant_id = :tenant AND user_id = ?1"
    " ORDER BY registered_at DESC, id DESC LIMIT ?2)"};

constexpr Sql kExport{Audience::kTenant, SELECT_DEVICES
                      " WHERE d.tenant_id = :tenant AND d.id > ?1 ORDER BY d.id LIMIT ?2"};

constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM notifications_devices WHERE tenant_id = :tenant AND id IN"
                     " (SELECT id FROM notifications_devices WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kDrop{
    Audience::kPlatform,
    "DELETE FROM notifications_devices WHERE tenant_id = ?1 AND id = ?2 AND registered_at < ?3"};

constexpr Sql kQuarantine{Audience::kPlatform,
                          "UPDATE notifications_devices SET state = 1, reason = ?4"
                          " WHERE tenant_id = ?1 AND id = ?2 AND registered_at < ?3"
                          " AND state = 0"};

constexpr std::array<const Sql*, 11> kStatements{&kOfAll,  &kRegister, &kFind,       &kOf,
                                                 &kDelete, &kDeleteOf, &kDropOldest, &kExport,
                                                 &kErase,  &kDrop,     &kQuarantine};

constexpr std::int64_t kWhenever = std::int64_t{1} << 62;

Device read_device(const Row& row) {
  Device device;
  device.id = DeviceId(row.integer(0));
  device.user_id = row.text(1);
  device.platform = static_cast<Platform>(row.integer(2));
  device.app = row.text(3);
  device.token = row.text(4);
  device.keys = row.text(5);
  device.quarantined = row.integer(6) != 0;
  if (!row.is_null(7)) device.reason = row.text(7);
  device.registered_at = base::from_micros(row.integer(8));
  device.created_at = base::from_micros(row.integer(9));
  return device;
}

base::Result<std::vector<Device>> all_of(storage::Transaction& tx, const Sql& sql,
                                         std::initializer_list<Param> params) {
  std::vector<Device> found;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { found.push_back(read_device(row)); }));
  return found;
}

std::int64_t micros_or_whenever(std::optional<base::Time> time) {
  return time ? base::to_micros(*time) : kWhenever;
}

}  // namespace

base::Result<DeviceId> register_device(storage::Transaction& tx, const Device& d, base::Time now) {
  DeviceId id;
  const std::string hash = base::base64url_encode(security::sha256(d.token).substr(0, 24));
  ASHLAR_TRY(tx.query(kRegister,
                      {d.user_id, static_cast<std::int64_t>(d.platform), d.app, d.token, hash,
                       d.keys, base::to_micros(now)},
                      [&](const Row& row) { id = DeviceId(row.integer(0)); }));
  return id;
}

base::Result<std::optional<Device>> find_device(storage::Transaction& tx, DeviceId id) {
  std::optional<Device> found;
  ASHLAR_TRY(tx.query(kFind, {id.value}, [&](const Row& row) { found = read_device(row); }));
  return found;
}

base::Result<std::vector<Device>> devices_of(storage::Transaction& tx, std::string_view user_id) {
  return all_of(tx, kOf, {user_id});
}

base::Result<std::vector<Device>> devices_of_all(storage::Transaction& tx,
                                                 std::span<const std::string> user_ids) {
  return all_of(tx, kOfAll, {json_list(user_ids)});
}

base::Result<bool> delete_device(storage::Transaction& tx, std::string_view user_id, DeviceId id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDelete, {user_id, id.value}));
  return rows == 1;
}

base::Result<std::int64_t> delete_devices_of(storage::Transaction& tx, std::string_view user_id) {
  return tx.execute(kDeleteOf, {user_id});
}

base::Result<std::int64_t> drop_oldest(storage::Transaction& tx, std::string_view user_id,
                                       std::int64_t keep) {
  return tx.execute(kDropOldest, {user_id, keep});
}

base::Result<std::vector<Device>> export_devices(storage::Transaction& tx, DeviceId after,
                                                 std::int64_t limit) {
  return all_of(tx, kExport, {after.value, limit});
}

base::Result<std::int64_t> erase_devices(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

base::Result<bool> drop_device(storage::Transaction& tx, base::TenantId tenant, DeviceId id,
                               std::optional<base::Time> before) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kDrop, {tenant.value, id.value, micros_or_whenever(before)}));
  return rows == 1;
}

base::Result<bool> quarantine_device(storage::Transaction& tx, base::TenantId tenant, DeviceId id,
                                     std::optional<base::Time> before, std::string_view reason) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kQuarantine, {tenant.value, id.value, micros_or_whenever(before), reason}));
  return rows == 1;
}

std::span<const Sql* const> device_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
