// What the settings of push providers have in common: members of a JSON object with their checks.
// Errors: kInvalid provider_settings with the member's pointer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/json/value.h"

namespace ashlar::notifications {

base::Error wrong_setting(std::string_view member, std::string detail);

// A string of 1 to `most` bytes without control characters (line breaks may be in PEM).
base::Result<std::string> text_setting(const json::Value& given, std::string_view member,
                                       std::size_t most);
base::Result<std::string> pem_setting(const json::Value& given, std::string_view member);
// "host": in place of the service's own: "https://sandbox.example.net", or the operator's own
// network ("http://127.0.0.1:8443"). Empty: not given.
base::Result<std::string> host_setting(const json::Value& given);

}  // namespace ashlar::notifications
