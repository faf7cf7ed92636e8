// EventRulesStore: every line of SQL about event rules.
//
// Functions run in the caller's transaction: for its tenant, except rules_of(), which runs on the
// platform (PlatformUse::kEvents). Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/event_rules/event_rule.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications::store {

// nullopt: the name is taken.
base::Result<std::optional<EventRuleId>> insert_rule(storage::Transaction& tx,
                                                     const EventRule& rule);
base::Result<std::optional<EventRule>> find_rule(storage::Transaction& tx, EventRuleId id);
base::Result<std::optional<EventRule>> find_rule(storage::Transaction& tx, std::string_view name);
// In the order of their ids: all of a tenant's fit into one page of kMaxOfTenant.
base::Result<std::vector<EventRule>> list_rules(storage::Transaction& tx);
base::Result<std::int64_t> count_rules(storage::Transaction& tx);
// Name, type, definition, enabled; its version is one more.
base::Status update_rule(storage::Transaction& tx, const EventRule& rule);
base::Result<bool> delete_rule(storage::Transaction& tx, EventRuleId id);

// An event more that it made a notification of, or that it could not; one that is gone by now
// counts nothing.
base::Status count_accepted(storage::Transaction& tx, EventRuleId id, base::Time now);
base::Status count_failed(storage::Transaction& tx, EventRuleId id, std::string_view event,
                          std::string_view reason, std::string_view detail, base::Time now);

base::Result<std::int64_t> erase_rules(storage::Transaction& tx, std::int64_t limit);

// --- On the platform ---

// The enabled ones of a tenant.
base::Result<std::vector<EventRule>> rules_of(storage::Transaction& tx, base::TenantId tenant);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> rule_statements();

}  // namespace ashlar::notifications::store
