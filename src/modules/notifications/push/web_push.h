// WebPush: browsers' push services, each at the endpoint that its browser gave.
//
//   settings {"vapid": {"subject", "public_key"?, "private_key"?}: generated where they are
//   missing,
//             "pad_to"?: bytes, so that lengths are not seen,
//             "host"?: an origin that endpoints may have though it is none of the public internet}
//   as kept: vapid's private_key is the member vapid_private_key
//
// Endpoints are given by users: an address that is not public is never connected to, but `host`'s.
#pragma once

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

ProviderKind webpush_kind();

}  // namespace ashlar::notifications
