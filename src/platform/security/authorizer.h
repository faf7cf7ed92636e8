// Authorizer: whether somebody may do something with one thing, beyond what his key or token says.
//
// Keys and tokens say what their bearer may do at most; an Authorizer knows of single things: who
// was granted a document, who was shut out of it. One that knows nothing about the question says
// kSilent, and what key or token say stands.
//
// Errors are storage's. Any thread; may block.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::security {

enum class Decision : std::uint8_t { kSilent, kAllow, kDeny };

struct AccessQuestion {
  base::TenantId tenant;
  std::string_view subject;   // "alice", "key:42"
  std::string_view resource;  // "document:minutes"
  std::string_view action;    // "read", "comment", "write"
  std::optional<base::Mono> deadline{};
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual base::Result<Decision> decide(const AccessQuestion& question) = 0;
};

}  // namespace ashlar::security
