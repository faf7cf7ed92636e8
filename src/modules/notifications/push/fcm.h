// FCM: Firebase Cloud Messaging, HTTP v1, with a service account.
//
//   settings {"service_account": the JSON file's content, as object or text,
//             "host"?: URL in place of https://fcm.googleapis.com}
//
// Its sends share one access token (google_token.h). A 401 is answered, once for a message, by a
// new token: nothing was done then.
#pragma once

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

ProviderKind fcm_kind();

}  // namespace ashlar::notifications
