// Our side of a reconciliation: what payments have recorded with a provider, as lines.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/reconcile/match.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::payments::reconcile {

// Of these days, both included; oldest first. Each payment is folded once.
// kConflict reconciliation_too_large beyond kMaxOurLines.
inline constexpr std::size_t kMaxOurLines = 200'000;
base::Result<std::vector<OurLine>> our_lines(storage::Transaction& tx, std::string_view provider,
                                             Day from, Day to);

// Where a run has our side from: our_lines(), or what a test says.
using OurSide = std::function<base::Result<std::vector<OurLine>>(
    storage::Transaction& tx, std::string_view provider, Day from, Day to)>;

}  // namespace ashlar::payments::reconcile
