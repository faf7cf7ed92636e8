// AwsSignature: signs a request as Amazon's services want it (Signature Version 4).
//
//   canonical request ── sha256 ──> string to sign ── HMAC by date, region, service ──>
//   Authorization
//
// Signed are the host, the date, the token where there is one, and the headers that are given; the
// body by its digest. The answer names no secret. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace ashlar::notifications {

struct AwsKey {
  std::string access_key_id, secret_access_key;
  std::string session_token;  // of temporary credentials; may be empty
  std::string region, service;
};

struct AwsRequest {
  std::string_view method, host;  // host: with its port where that is not the scheme's own
  std::string_view path = "/";    // encoded as it is sent
  std::string_view query;         // canonical: encoded, sorted by name
  std::vector<std::pair<std::string, std::string>> headers;  // signed too; names in lower case
  std::string_view body;
};

// What to send beside the request's own headers: X-Amz-Date, X-Amz-Security-Token where there is a
// token, Authorization.
std::vector<std::pair<std::string, std::string>> aws_headers(const AwsKey& key,
                                                             const AwsRequest& request,
                                                             base::Time now);

}  // namespace ashlar::notifications
