// HttpProvider: any service of the tenant's own: messages are posted to its URL, signed after the
// Standard Webhooks specification.
//
//   settings {"url", "secret"}   the secret is "whsec_…", as webhooks have it
//   headers  webhook-id (Outgoing::id, the same at each attempt), webhook-timestamp,
//            webhook-signature
//   body     {"id", "to": {"address", "device"?}, "content": {"subject", "text", "html",
//             "url", "data"}, "category", "unsubscribe_url", "expires_at"}
//
//   2xx    accepted; {"ref": "…"} in the answer is its id of the message
//   410    the address is gone: suppress        422 refused        401, 403, 404 credential
//   429, 503 throttled (Retry-After)        502, 504 retry
//   500 and lost answers are ambiguous: tried again with the same webhook-id, by which the service
//          knows repeats
//   other 4xx our bug; 3xx are not followed: our bug
#pragma once

#include "modules/notifications/provider.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

ProviderKind http_kind();

SendResult judge_http(const outbound::Answer& answer, base::Time now);

}  // namespace ashlar::notifications
