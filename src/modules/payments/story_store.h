// StoryStore: the SQL of a payment's story that is not the core's or the ledger's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::payments::store {

inline constexpr std::int64_t kMaxStoryTransfers = 1'000;

// Ids of the ledger's transfers that were booked for `subject` ("pay_…", "po_…"): those that begin
// with it and a colon.
base::Result<std::vector<std::string>> transfers_of(storage::Transaction& tx,
                                                    std::string_view subject);

}  // namespace ashlar::payments::store
