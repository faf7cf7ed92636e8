// Segment: recipients by what is known of them: {"locale": {"prefix": "de"}, "attributes.plan":
// {"in": ["pro", "team"]}, "attributes.beta": true}. All conditions must hold.
//
// A condition is a value (equal), {"in": [values]} or {"prefix": "text"}, on locale, time_zone or
// attributes.<name>. Values are texts, numbers and booleans; 1 and 1.0 are equal, "1" is another.
// What a recipient does not have is equal to nothing.
//
// The database evaluates them (audience_store.h), by the form that compile() makes. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::json {
class Value;
}

namespace ashlar::notifications {

struct Segment {
  static constexpr std::size_t kMaxConditions = 20;
  static constexpr std::size_t kMaxValues = 200;  // of one condition

  std::string name;
  std::string description;  // may be empty
  std::string where;        // JSON as given
  std::int64_t version = 0;
  base::Time created_at{}, updated_at{};
};

// The conditions as the database takes them. kInvalid segment_invalid with the condition's JSON
// pointer below /where.
base::Result<std::string> compile_where(const json::Value& where);
base::Result<std::string> compile_where(std::string_view where);

// A recipient's attributes as they are kept: an object of at most 100 members with names
// [A-Za-z_][A-Za-z0-9_-]{0,63}, numbers in one form. kInvalid attributes_invalid with the member's
// JSON pointer below `field`.
base::Result<std::string> canonical_attributes(const json::Value& given, std::string_view field);

}  // namespace ashlar::notifications
