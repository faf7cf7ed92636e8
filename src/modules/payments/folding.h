// Folding: payments and what was told of them, out of their stored events. In the caller's
// transaction, for its tenant. Errors: storage's, kInternal payment_event_damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "modules/payments/ids.h"
#include "modules/payments/payments_store.h"
#include "modules/payments/reads.h"

namespace ashlar::payments {

// As it was after event `until`. nullopt: there is none of this id.
base::Result<std::optional<Payment>> fold_payment(storage::Transaction& tx, std::string_view id,
                                                  std::int64_t until = kMaxEvents);
// Brings it up to date: events after those that it has.
base::Status fold_on(storage::Transaction& tx, Payment& payment);

// Without the objects.
base::Result<Told> told_of(const store::EventRow& row);
// With them. nullopt: there is no such event.
base::Result<std::optional<Told>> fold_event(storage::Transaction& tx, std::string_view subject,
                                             std::int64_t no);

}  // namespace ashlar::payments
