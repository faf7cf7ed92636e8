// UUIDv7 (RFC 9562): unique without asking anyone, and later ones sort behind earlier ones by the
// millisecond.
#pragma once

#include <string>

#include "base/time.h"

namespace ashlar::base {
class Entropy;
}

namespace ashlar::events {

// "019ab3c2-…": 36 characters, lower case.
std::string make_event_id(base::Time now, base::Entropy& entropy);

}  // namespace ashlar::events
