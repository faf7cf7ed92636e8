// JsonChecks: how the parsers of free-form JSON in this folder (wishes, hours, caps) say what is
// wrong: one reason for the whole, and the pointer of the member that is.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "platform/json/value.h"

namespace ashlar::notifications {

struct JsonPlace {
  const char* reason;  // "preferences_invalid"
  std::string pointer;

  [[nodiscard]] JsonPlace at(std::string_view member) const {
    return {reason, pointer + "/" + std::string(member)};
  }
  [[nodiscard]] base::Error wrong(std::string detail) const {
    return {base::Code::kInvalid, reason, detail, {{pointer, reason, detail}}};
  }
};

}  // namespace ashlar::notifications
