// QueuedProvider: a Provider that keeps what it cannot begin yet, and what the pool asks of one
// that has fallen silent (provider_silence.h).
//
// Any thread may call; nothing here waits.
#pragma once

#include <string_view>

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

class QueuedProvider : public Provider {
 public:
  // What it was given and certainly has not begun ends now, as is_given_back() says, so that
  // another can have it.
  virtual void give_back() = 0;
  // As send(), but ahead of all that waits and past what is stuck: whether it is back.
  virtual void send_probe(Outgoing message, Done done) = 0;
};

// kRetry, and neither an attempt nor anything that the provider said.
inline constexpr std::string_view kGivenBack = "given_back";
inline bool is_given_back(const SendResult& result) {
  return result.verdict == Verdict::kRetry && result.status == 0 && result.code == kGivenBack;
}

}  // namespace ashlar::notifications
