// version_tag: the entity tag of what has a version, "v7", and what If-Match asks of it. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "platform/http/call.h"
#include "platform/http/entity_tag.h"

namespace ashlar::links {

inline std::string version_tag(std::int64_t version) {
  return "\"v" + std::to_string(version) + "\"";
}

// kPreconditionFailed etag_mismatch, saying `changed`; kInvalid bad_if_match.
inline base::Status check_if_match(const http::Call& call, std::int64_t version,
                                   const char* changed) {
  if (call.head->if_match.empty()) return base::ok_status();
  switch (http::match_strong(call.head->if_match, version_tag(version))) {
    case http::TagMatch::kMatch:
      return base::ok_status();
    case http::TagMatch::kNone:
      return base::fail(base::Code::kPreconditionFailed, "etag_mismatch", changed);
    case http::TagMatch::kMalformed:
      break;
  }
  return base::fail(base::Code::kInvalid, "bad_if_match", "If-Match is not a list of entity tags.");
}

}  // namespace ashlar::links
