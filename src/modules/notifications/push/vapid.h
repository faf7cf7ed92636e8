// Vapid: who we are to browsers' push services (RFC 8292): a token for each of them, signed with
// the key that browsers were given when they subscribed.
//
// Tokens are kept, kMaxOrigins of them, and made anew after half of their life. Any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "modules/notifications/push/p256.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::notifications {

class Vapid {
 public:
  static constexpr base::Seconds kLives{12 * 3600};  // 24 hours are the most
  static constexpr std::size_t kMaxOrigins = 1024;

  // subject: "mailto:…" or "https://…". The clock outlives it.
  Vapid(P256Key key, std::string subject, const base::Clock& clock);

  // "vapid t=…, k=…" for "https://push.example.net".
  std::string authorization(const std::string& origin);

 private:
  struct Token {
    std::string text;
    base::Mono renew_at;
  };
  const P256Key key_;
  const std::string public_;
  const std::string subject_;
  const base::Clock& clock_;

  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Token> tokens_;
};

}  // namespace ashlar::notifications
