// push_headers: what a caller may have sent with a push task's request. Pure.
//
// Refused are the fields that HTTP or we ourselves set (framing, Host, the signature, Ashlar-*,
// trace context), and names and values that could end a line.
// Errors: kInvalid header_forbidden, header_malformed, too_many_headers, with the field named.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::tasks {

inline constexpr std::size_t kMaxPushHeaders = 32;
inline constexpr std::size_t kMaxPushHeaderBytes = 8 * 1024;  // all of them

// `where`: JSON pointer of the object.
base::Status check_push_headers(const std::vector<std::pair<std::string, std::string>>& headers,
                                const std::string& where);

}  // namespace ashlar::tasks
