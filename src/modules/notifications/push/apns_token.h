// ApnsToken: the token that all requests of one APNs key carry. Apple takes it for an hour, and
// refuses who makes new ones more often than every 20 minutes, so there is one for all, kept for
// kKept, and an early end of it (clocks that differ) is answered by a new one no sooner than that.
//
//   (none) ──bearer()──> fresh ──kKept──> renewed by the next bearer()
//                          │──expired(), kMinAge old: renewed by the next bearer()
//                          └──expired(), younger: stays; the key or a clock is at fault
//
// Any thread.
#pragma once

#include <mutex>
#include <string>

#include "base/time.h"
#include "modules/notifications/push/p256.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::notifications {

class ApnsToken {
 public:
  static constexpr base::Seconds kKept{50 * 60};
  static constexpr base::Seconds kMinAge{20 * 60};

  // The clock outlives it.
  ApnsToken(P256Key key, std::string key_id, std::string team_id, const base::Clock& clock);

  std::string bearer();  // "bearer eyJ…"
  // Apple has called `bearer` expired. True: the next bearer() is, or will be, another one.
  bool expired(const std::string& bearer);

 private:
  const P256Key key_;
  const std::string key_id_;
  const std::string team_id_;
  const base::Clock& clock_;

  std::mutex mutex_;  // guards what follows
  std::string bearer_;
  base::Mono made_at_{};
};

}  // namespace ashlar::notifications
