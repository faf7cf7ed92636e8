// The share of payments in a tenant's data: what is theirs, table by table, as it stands there.
//
// Exported: payments and all their events, customers, methods, payouts, provider calls and notices,
// the balance's entries, disputes, reconciliation, and what the sandbox's bank keeps. Left out:
// claims of Idempotency-Keys, which die within days. Erased: everything. Money records are erased
// with their tenant and never alone (docs/payments.md, "Deleting").
#pragma once

#include <span>

namespace ashlar::storage {
struct Sql;
}

namespace ashlar::payments::store {

std::span<const storage::Sql* const> data_statements();

}  // namespace ashlar::payments::store
