// The SQL of settings. Every function runs under PlatformUse::kSettings (settings.h) or
// kTenantAdmin (admin.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::storage {
struct Sql;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::security {

base::Result<std::optional<std::string>> find_setting(storage::Transaction& tx,
                                                      std::string_view key);
base::Status put_setting(storage::Transaction& tx, std::string_view key, std::string_view value);
// Keeps what is there.
base::Status put_setting_once(storage::Transaction& tx, std::string_view key,
                              std::string_view value);
base::Status erase_setting(storage::Transaction& tx, std::string_view key);

std::span<const storage::Sql* const> settings_statements();

}  // namespace ashlar::security
