// click_reset: takes away what was counted and kept of a link's clicks: its total and its hours,
// the clicks kept one by one, its own roll-ups.
//
// What was added up for more than the link stays: of its tags, its owner, its domain and its tenant
// (analytics/subject.h); a sketch of visitors cannot be subtracted from another. Units of
// max_clicks stay used.
//
// Functions run in the caller's transaction, for its tenant.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

// How many clicks were counted.
base::Result<std::int64_t> reset_clicks(storage::Transaction& tx, LinkId link);

}  // namespace ashlar::links
