// EntriesStore: the SQL of balance entries and of disputes' places in lists.
//
// Functions run in the caller's transaction for its tenant, those of sweeps under
// PlatformUse::kPayments. Stateless. Errors: storage's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/calls_store.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/reads.h"

namespace ashlar::payments::store {

base::Status insert_entry(storage::Transaction& tx, const Entry& entry);
base::Result<std::optional<Entry>> find_entry(storage::Transaction& tx, std::string_view id);
struct EntryRange {
  PartPlace after, before;
  bool newest_first = true;
  std::int64_t limit = 0;
};
base::Result<std::vector<Entry>> list_entries(storage::Transaction& tx, const EntryRange& range,
                                              const EntryFilter& filter);
// Not settled and available by now, the longest first.
base::Result<std::vector<Entry>> due_entries(storage::Transaction& tx, base::Time now,
                                             std::int64_t limit);
base::Status settle_entry(storage::Transaction& tx, std::string_view id);
// Platform: tenants that have such entries.
base::Result<std::vector<base::TenantId>> tenants_to_settle(storage::Transaction& tx,
                                                            base::Time now, std::int64_t limit);

base::Status put_dispute(storage::Transaction& tx, std::string_view payment,
                         const Dispute& dispute);
base::Result<std::vector<PartRow>> list_disputes(storage::Transaction& tx, const PartRange& range);
base::Result<std::optional<PartPlace>> find_dispute(storage::Transaction& tx, std::string_view id);
// Platform: disputes that wait for evidence past their deadline.
base::Result<std::vector<Due>> overdue_disputes(storage::Transaction& tx, base::Time now,
                                                std::int64_t limit);

// The ledger's accounts of what is the merchant's: "merchant:pending:usd",
// "merchant:available:usd".
struct MerchantAccount {
  std::string currency;
  bool pending = false;
  Money balance = 0;
};
base::Result<std::vector<MerchantAccount>> merchant_accounts(storage::Transaction& tx);

std::span<const storage::Sql* const> entry_statements();

}  // namespace ashlar::payments::store
