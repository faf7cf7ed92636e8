// KeptText: what somebody else has said, so that a database takes it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ashlar::notifications {

// At most `most` bytes of UTF-8 without NUL: no character is cut in two, what is none becomes '?'.
std::string kept_text(std::string_view text, std::size_t most);

}  // namespace ashlar::notifications
