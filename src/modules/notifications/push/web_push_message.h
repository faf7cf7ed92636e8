// What is said to a browser's push service (RFC 8030, 8188, 8291), and what its answers mean. Pure
// but for the key and the salt that each message draws.
//
//   2xx            accepted
//   404, 410       drop the token
//   401, 403       quarantine: the subscription belongs to another key pair than ours
//   413            refused, never tried again
//   429, 503       this endpoint is asked too much: Retry-After
//   500, 502, 504  ambiguous
//   other          our bug
// Endpoints are given by users, so no answer and no silence speaks for the provider: `scope` is
// always kAddress, lest one of them stops the sends to all others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/push/aes128gcm.h"
#include "platform/outbound/http2_client.h"

namespace ashlar::base {
class Entropy;
}

namespace ashlar::notifications {

// {"p256dh", "auth"}, base64url. nullopt: no keys of a browser.
std::optional<BrowserKeys> browser_keys(std::string_view extra);

struct WebPushMessage {
  std::vector<outbound::Http2Field> fields;  // all but authorization
  std::string body;
};

// The plaintext is JSON: {"title","body","url","tag","data"}, those that there are. Errors:
// kInvalid push_data, payload_too_large, device_token (the keys).
base::Result<WebPushMessage> web_push_message(const Outgoing& message, base::Time now,
                                              std::size_t pad_to, base::Entropy& entropy);

SendResult web_push_verdict(const outbound::Answer& answer, base::Time now);
// REQUIRES: as without_answer().
SendResult web_push_silence(SendResult result);

}  // namespace ashlar::notifications
