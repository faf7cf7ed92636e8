// Events of reconciliation, published with their cause: reconciliation.finished and
// reconciliation.break_resolved, in the order of each run.
#pragma once

#include "base/result.h"
#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::events {
class Outbox;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::payments::reconcile {

base::Status publish_finished(events::Outbox& outbox, storage::Transaction& tx, const Run& run);
base::Status publish_resolved(events::Outbox& outbox, storage::Transaction& tx, const Item& item);

}  // namespace ashlar::payments::reconcile
