// TwilioProvider: SMS over Twilio's Messages API, and what its callbacks tell.
//
//   settings {"account_sid", "auth_token", "from" | "messaging_service_sid", "host"?,
//             "status_callback"?}
//     host             the API's origin; an operator may name a loopback one (doubles, other
//                      services with Twilio's protocol)
//     status_callback  this provider's callback URL as Twilio is to call it; each message's gets
//                      its id as the parameter m
//
// Answers, by HTTP status and Twilio's own error code:
//   201          accepted; provider_ref is the MessageSid
//   21610        the reader has said STOP: suppress
//   21211 21214 21217 21614   the number is none, or takes no SMS: suppress
//   20003 20005 20006, 401, 403 without a code   credential
//   20429, 429   throttled
//   21408 21612 30xxx …   this message will not go there: refused
//   21602 21604 21605 21617 and other 400s   our bug
//   503          retry; other 5xx and answers that were lost: ambiguous (there is no idempotency
//   key)
//
// Callbacks: X-Twilio-Signature, HMAC-SHA1 over the URL and all parameters by name; where the URL
// that is signed has an m, the report names that message. MessageStatus sent, delivered, read,
// undelivered, failed; an inbound message that is an opt-out (OptOutType, or one of the carriers'
// words alone) is a STOP, an opt-in a START.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/notifications/provider.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

ProviderKind twilio_kind();

// What an answer means. Pure.
SendResult judge_twilio(const outbound::Answer& answer, base::Time now);

// base64 of HMAC-SHA1(token, url and each parameter's name and value, by name). Pure.
std::string twilio_signature(std::string_view token, std::string_view url,
                             std::vector<std::pair<std::string, std::string>> parameters);

}  // namespace ashlar::notifications
