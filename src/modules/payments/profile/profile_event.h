// ProfileEvent: what happened, in the names of this API. One event of the core is none, one or two
// here: a captured payment is `charge.succeeded` and `payment_intent.succeeded`.
//
// Ids follow from the core's, so that nothing is stored: the last of a core event has its id, the
// one before it the id with "b" behind it. Objects are rendered when they are asked for, of what
// the object was right after the event. Pure but for `reads`, which answers what is expanded: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/reads.h"

namespace ashlar::json {
class Writer;
}

namespace ashlar::payments::profile {

struct ProfileEvent {
  std::string id;         // "evt_…"
  std::string_view type;  // "payment_intent.succeeded"
};
// Of one event of the core, newest first.
std::vector<ProfileEvent> events_of(const Told& told);
// All that a core event of that type and id may be, whatever its object then was.
std::vector<ProfileEvent> candidates_of(std::string_view core_type, std::string_view core_id);
// The core's events that may become such a one: patterns for EventFilter::types. Empty: none.
std::vector<std::string> core_types_of(std::string_view type);
// The core event's id and which of its events it is; nullopt: no id of an event.
std::string core_event_id(std::string_view id);
// All types, for those who name some. "payment_intent.*" fits those that begin so.
bool is_event_type(std::string_view type);
bool fits(std::string_view pattern, std::string_view type);

// The whole event object.
base::Status write_event(json::Writer& out, const ProfileEvent& event, const Told& told,
                         Reads& reads, bool live, std::int64_t pending_webhooks);

}  // namespace ashlar::payments::profile
