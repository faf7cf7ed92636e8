// SES: mail over Amazon's API (SendEmail of version 2), each request signed (aws_signature.h).
//
//   {"region", "access_key_id", "secret_access_key", "session_token"?, "from", "from_name"?,
//    "reply_to"?, "configuration_set"?, "host"?}
//
// The mail is composed here (mail_message.h) and given raw: with its own Message-ID, which SES
// replaces by its own, and one-click unsubscription. SES signs it for the domain (DKIM).
//
//   200 with a MessageId         sent; without one: maybe sent
//   403, and a 400 that says that account, identity or configuration may not send   the credential
//   MessageRejected              refused: this content is not taken
//   429, TooManyRequests, LimitExceeded   throttled, Retry-After honoured
//   503                          retry
//   other 4xx                    our bug
//   500, 502, 504, 3xx, no answer once it was begun: ambiguous (SendEmail takes no idempotency key)
#pragma once

#include "modules/notifications/provider.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

ProviderKind ses_kind();

// What an answer means. Pure.
SendResult judge_ses(const outbound::Answer& answer, base::Time now);

}  // namespace ashlar::notifications
