// CallParts: what the handlers of this folder read of a call again and again. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::http {
struct Call;
}

namespace ashlar::notifications {

// "12" is an id; "012", "+12" and "x" are nobody's: 0.
std::int64_t id_in_path(const http::Call& call, std::size_t param);

std::string etag_of(std::int64_t version);  // "\"v3\""; empty for 0, which is not there
// Of `If-Match`, where it was sent. kPreconditionFailed etag_mismatch, kInvalid bad_if_match.
base::Status check_if_match(const http::Call& call, std::int64_t version);

// Whether the body is lines of JSON, one value each (http/route.h, takes_lines).
bool is_lines(const http::Call& call);

}  // namespace ashlar::notifications
