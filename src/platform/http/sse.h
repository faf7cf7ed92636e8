// Server-sent events as text (WHATWG HTML, "event stream"): pure formatting.
#pragma once

#include <string>
#include <string_view>

namespace ashlar::http {

// "event: NAME\ndata: …\n\n"; each line of `data` becomes a data field. Line breaks in `event` are
// dropped: they would start another field. An empty `event` leaves the field out ("message").
std::string format_event(std::string_view event, std::string_view data);
// ": TEXT\n\n", which clients ignore.
std::string format_comment(std::string_view text);

}  // namespace ashlar::http
