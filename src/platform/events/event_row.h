// EventRow: an event as the statements of the stores read it. Only for them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "platform/events/event.h"

namespace ashlar::storage {
class Row;
}

namespace ashlar::events::store {

#define ASHLAR_EVENT_COLUMNS                                                      \
  "o.seq, o.id, o.tenant_id, o.aggregatetype, o.aggregateid, o.type, o.payload, " \
  "o.traceparent, o.occurred_at"

// `first`: the column of seq.
Event read_event(const storage::Row& row, int first);

// A JSON array of numbers, for statements that take many.
std::string packed(std::span<const std::int64_t> numbers);

}  // namespace ashlar::events::store
