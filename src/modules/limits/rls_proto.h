// The protobuf of envoy.service.ratelimit.v3: RateLimitRequest and RateLimitResponse, by hand over
// platform/proto. Fields that are not read here (and those of newer versions) are skipped.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::limits {

struct RlsRequest;
struct RlsResponse;

// Into a cleared request, whose texts are views into `bytes`. kInvalid bad_protobuf; also beyond
// RlsRequest::kMaxEntries descriptors or entries.
base::Status read_rls_request(std::string_view bytes, RlsRequest& request);

void write_rls_response(const RlsResponse& response, std::string& out);

}  // namespace ashlar::limits
