// EventReader: events as the API takes them, made into a Tally. Pure.
//
// A body is lines, each one event (NDJSON; empty lines are skipped), or one object {"events": […]}:
//   {"at": "2026-11-22T10:00:00Z", "user": "alice", "action": "login",
//    "endpoint": "GET /home", "tags": {"region": "eu"}}
//   at        RFC 3339, or Unix seconds as a number; required
//   user, action, endpoint and each tag's value: 1 to 256 bytes; user and action are required
//   tags      at most kMaxTags; their names are [a-z0-9_.-]{1,40}, none of user, action, endpoint
//
// The policy for time, by the server's clock:
//   up to kMaxAhead in the future  counted as of now: somebody's clock is a little fast
//   more than that                 not counted, but told in `ahead`
//   older than the longest window  not counted, but told in `late`
// Any other order is fine: an event counts in the second at which it happened.
//
// All or nothing: one wrong line and nothing is counted. Error kInvalid invalid_request, with at
// most kMaxErrors fields, "/LINE/user" with lines counted from 0 (of an object: "/events/INDEX/…");
// the reasons are json/parse.h's and: required, unknown_field, wrong_type, too_short, too_long,
// bad_timestamp, bad_format, reserved, too_many_items. kInvalid no_events: there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/activity/tally.h"

namespace ashlar::activity {

inline constexpr std::size_t kMaxEvents = 20'000;
inline constexpr std::size_t kMaxTags = 16;
inline constexpr std::size_t kMaxErrors = 20;
inline constexpr base::Seconds kMaxAhead{60};

struct EventBatch {
  Tally tally;
  std::int64_t accepted = 0;
  std::int64_t late = 0;
  std::int64_t ahead = 0;
};

base::Result<EventBatch> read_events(std::string_view body, base::Time now);

}  // namespace ashlar::activity
