// What is said to Firebase Cloud Messaging (HTTP v1), and what its answers mean: by errorCode of
// error.details, not by the status alone. Pure.
//
//   200                                        accepted
//   404 UNREGISTERED                           drop the token
//   400 INVALID_ARGUMENT of message.token      drop the token;   of anything else: our bug
//   403 SENDER_ID_MISMATCH                     drop the token;   other 403: credential
//   401 THIRD_PARTY_AUTH_ERROR                 credential (Apple's key in the Firebase project)
//   401 other                                  credential, after one new access token (fcm.h)
//   429                                        the project is asked too much: Retry-After, or 60 s
//   503 retry; 500, 502 (maybe HTML), 504      ambiguous
//   other                                      our bug
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

inline constexpr std::size_t kMaxFcmPayloadBytes = 4096;  // notification and data

// The body of messages:send. `content.data`'s values that are no strings become their JSON text,
// since FCM has strings only; `content.url` becomes data.url. Errors: kInvalid push_data,
// payload_too_large.
base::Result<std::string> fcm_message(const Outgoing& message, base::Time now);

SendResult fcm_verdict(const outbound::Answer& answer, base::Time now);

}  // namespace ashlar::notifications
