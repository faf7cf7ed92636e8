// TimedSignature: how a webhook of a card API proves who sent it and when:
//
//   t=1789516800,v1=5257a8…,v1=6ffbb5…     in one header
//
// t is Unix seconds, each v1 the hex of HMAC-SHA256(secret, t "." body): several while a secret is
// being replaced. Other schemes in it (v0) are passed over. The secret is taken as it is written,
// its prefix too. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::payments {

inline constexpr base::Seconds kSignatureTolerance{300};  // how old, and how far ahead of us

// REQUIRES: at least one secret.
std::string timed_signature(std::span<const std::string> secrets, base::Time at,
                            std::string_view body);

// Ok: one of its v1 is that of one of the secrets. kUnauthenticated notice_signature: none is, it
// is too old, too far ahead, or no such header at all. Takes as long for a wrong one as for a right
// one.
base::Status check_timed_signature(std::string_view header, std::string_view body,
                                   std::span<const std::string> secrets, base::Time now,
                                   base::Seconds tolerance = kSignatureTolerance);

}  // namespace ashlar::payments
