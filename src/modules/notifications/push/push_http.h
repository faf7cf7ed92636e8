// PushDoor: how push services are asked: over HTTP/2, and over HTTP/1.1 those that speak nothing
// newer. And what is common to their answers.
//
// Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/provider.h"
#include "platform/outbound/http2_client.h"
#include "platform/outbound/policy.h"

namespace ashlar::notifications {

struct PushDoor {
  outbound::Http2Client& http2;
  HttpDoor http1;

  // Public addresses only, or those too that an operator names.
  static PushDoor of(const ProviderServices& services, bool own);
};

struct PushAnswer {
  std::optional<outbound::Answer> answer;  // none: no whole answer came
  bool begun = false;                      // without one: whether it may have been processed
  bool forbidden = false;                  // the address guard, or no URL
  std::string detail;
};

// `done` is called once, by request.deadline, on a thread of the clients.
void ask(const PushDoor& door, outbound::Http2Request request,
         std::function<void(PushAnswer)> done);

// kRetry or kAmbiguous. REQUIRES: !answer.answer.
SendResult without_answer(const PushAnswer& answer);
// For what no service's own table knows: 2xx accepted, 429 and 503 with Retry-After, other 5xx
// ambiguous (a gateway may speak for a server that has done it), the rest our bug.
SendResult by_status(const outbound::Answer& answer, base::Time now);

// Cut to Outgoing::kMaxDetailBytes, at a character.
std::string detail_of(std::string_view body);

}  // namespace ashlar::notifications
