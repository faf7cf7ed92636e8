// sse: server-sent events as bytes (WHATWG HTML, "Server-sent events"). Pure.
//
// Data may hold any line ends: each line becomes a `data:` line, and the client joins them by LF.
// Names and ids are one line by nature: CR, LF and NUL in them are left out, so that nothing can
// add a field or end an event early.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace ashlar::http {

// An empty `event` is the client's default, "message"; an empty `id` leaves its last id as it is.
std::string format_event(std::string_view event, std::string_view data, std::string_view id = {});

// Something to keep the connection from looking dead; clients ignore it.
std::string format_comment(std::string_view text);

// How long the client waits before it connects again.
std::string format_retry(base::Millis delay);

}  // namespace ashlar::http
