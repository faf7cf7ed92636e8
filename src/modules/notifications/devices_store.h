// DevicesStore: every line of SQL about devices.
//
// Functions run in the caller's transaction: for its tenant, except those that are given one, which
// run on the platform (PlatformUse::kNotifications). Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/notifications/device.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// New, moved to its new user, or known and now active again; the id is given.
base::Result<DeviceId> register_device(storage::Transaction& tx, const Device& device,
                                       base::Time now);
base::Result<std::optional<Device>> find_device(storage::Transaction& tx, DeviceId id);
// In the order of their ids, quarantined ones too.
base::Result<std::vector<Device>> devices_of(storage::Transaction& tx, std::string_view user_id);
// Of all these users, by user and id.
base::Result<std::vector<Device>> devices_of_all(storage::Transaction& tx,
                                                 std::span<const std::string> user_ids);
base::Result<bool> delete_device(storage::Transaction& tx, std::string_view user_id, DeviceId id);
base::Result<std::int64_t> delete_devices_of(storage::Transaction& tx, std::string_view user_id);
// All but the `keep` that were registered last.
base::Result<std::int64_t> drop_oldest(storage::Transaction& tx, std::string_view user_id,
                                       std::int64_t keep);

base::Result<std::vector<Device>> export_devices(storage::Transaction& tx, DeviceId after,
                                                 std::int64_t limit);
base::Result<std::int64_t> erase_devices(storage::Transaction& tx, std::int64_t limit);

// --- On the platform ---

// Only where it was last registered before `before` (nullopt: whenever): a device that has come
// back since is another fact. False: it stays, or was gone already.
base::Result<bool> drop_device(storage::Transaction& tx, base::TenantId tenant, DeviceId id,
                               std::optional<base::Time> before);
// The same, but it stays to be looked at, and is sent to no more until it registers again.
base::Result<bool> quarantine_device(storage::Transaction& tx, base::TenantId tenant, DeviceId id,
                                     std::optional<base::Time> before, std::string_view reason);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> device_statements();

}  // namespace ashlar::notifications::store
