// ShortWishes: shorter ways to write a recipient's wishes and quiet hours, turned into the one form
// that is checked, kept and shown (preferences.h).
//
//   {"email": false}              is {"channels": {"email": false}}
//   {"news": {"email": false}}    is {"categories": {"news": {"email": false}}}
//   {"news": false}               is {"categories": {"news": false}}, where news is no channel
//   {"start": "22:00", "end": "07:00"}   is {"from": "22:00", "to": "07:00"}, in a list as well
//
// What is neither, or says one thing twice, stays as it is, and is refused where it is checked.
// Pure; any thread.
#pragma once

#include "platform/json/value.h"

namespace ashlar::notifications {

json::Value whole_preferences(json::Value given);
json::Value whole_quiet_hours(json::Value given);

}  // namespace ashlar::notifications
