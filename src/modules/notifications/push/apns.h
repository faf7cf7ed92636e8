// APNs: Apple's push service, with a token of the team's key (.p8).
//
//   settings {"key": PEM, "key_id", "team_id", "topic": the app's bundle id,
//             "environment"?: "production" | "sandbox", "host"?: URL in their place}
//
// A provider is one app. Its sends share one token (apns_token.h) and one pool of connections; a
// burst of rejected device tokens is taken for a wrong environment: kCredential instead of
// kQuarantine, ashlar_notifications_apns_token_bursts_total, and no device is touched.
#pragma once

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

ProviderKind apns_kind();

}  // namespace ashlar::notifications
