// The proto-JSON of envoy.service.ratelimit.v3, as ratelimit's /json speaks it.
//
// Reading: lowerCamelCase and the proto's own snake_case; enums by name or number; whole numbers as
// numbers or strings; null means not set; unknown fields are errors, as in protojson. Writing: what
// has its default is left out; durations are "3s".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/json/value.h"

namespace ashlar::limits {

struct RlsRequest;
struct RlsResponse;

// Into a cleared request, whose texts are views into `document`. kInvalid bad_request_json; also
// beyond RlsRequest::kMaxEntries descriptors or entries.
base::Status read_rls_json(const json::Value& document, RlsRequest& request);

void write_rls_json(const RlsResponse& response, std::string& out);

}  // namespace ashlar::limits
