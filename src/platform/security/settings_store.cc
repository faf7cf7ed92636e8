#include "platform/security/settings_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using storage::Audience;
using storage::Sql;

constexpr Sql kFind{Audience::kPlatform, "SELECT value FROM settings WHERE key = ?1"};
constexpr Sql kPut{Audience::kPlatform,
                   "INSERT INTO settings (key, value) VALUES (?1, ?2) "
                   "ON CONFLICT (key) DO UPDATE SET value = excluded.value"};
constexpr Sql kPutOnce{
    Audience::kPlatform,
    "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING"};
constexpr Sql kErase{Audience::kPlatform, "DELETE FROM settings WHERE key = ?1"};

constexpr std::array<const Sql*, 4> kStatements{&kFind, &kPut, &kPutOnce, &kErase};

}  // namespace

base::Result<std::optional<std::string>> find_setting(storage::Transaction& tx,
                                                      std::string_view key) {
  std::optional<std::string> value;
  ASHLAR_TRY(
      tx.query(kFind, {key}, [&](const storage::Row& row) { value = std::string(row.blob(0)); }));
  return value;
}

base::Status put_setting(storage::Transaction& tx, std::string_view key, std::string_view value) {
  ASHLAR_TRY(tx.execute(kPut, {key, storage::Blob{value}}));
  return base::ok_status();
}

base::Status put_setting_once(storage::Transaction& tx, std::string_view key,
                              std::string_view value) {
  ASHLAR_TRY(tx.execute(kPutOnce, {key, storage::Blob{value}}));
  return base::ok_status();
}

base::Status erase_setting(storage::Transaction& tx, std::string_view key) {
  ASHLAR_TRY(tx.execute(kErase, {key}));
  return base::ok_status();
}

std::span<const storage::Sql* const> settings_statements() { return kStatements; }

}  // namespace ashlar::security
