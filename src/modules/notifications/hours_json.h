// HoursJson: hours of the week as JSON: {"from": "22:00", "to": "07:00", "days": ["mon", …]}; all
// days where none are named. Pure; any thread.
#pragma once

#include <vector>

#include "base/result.h"
#include "modules/notifications/json_checks.h"
#include "modules/notifications/week_hours.h"

namespace ashlar::notifications {

// `object` may have further members: who calls knows which.
base::Result<WeekSpan> week_span_of(const json::Value& object, const JsonPlace& place);
// ["fri", "sat"]: at least one.
base::Result<std::uint8_t> days_of(const json::Value& days, const JsonPlace& place);

// kInvalid where the object has a member that is not among `known`.
base::Status check_members(const json::Value::Object& object,
                           std::initializer_list<std::string_view> known, const JsonPlace& place);

}  // namespace ashlar::notifications
