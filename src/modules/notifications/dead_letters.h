// DeadLetters: deliveries that failed for good and that a person may edit and send again.
//
//   replay ── a new delivery (replay_of) and its job; the old one is dead no more
//      └───── with other data or content: of a copy of its notification, since what was said before
//             stays on record
//
// Functions run in the caller's transaction, for its tenant. Immutable; any thread.
// Errors beside storage's: kNotFound dead_letter_not_found; kInvalid content_malformed,
// data_malformed, address_invalid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/delivery_store.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::jobs {
class Jobs;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::notifications {

// Unset: as it was.
struct DeadLetterEdit {
  std::optional<std::string> data, content;  // JSON objects
  std::optional<std::string> address;
};

struct Replayed {
  std::int64_t count = 0;
  DeliveryId next_before;  // there may be more below it; unset: no
};

class DeadLetters {
 public:
  static constexpr std::int64_t kReplayBatch = 500;

  // Both outlive it.
  DeadLetters(jobs::Jobs& jobs, const base::Clock& clock) : jobs_(jobs), clock_(clock) {}

  base::Result<Delivery> replay(storage::Transaction& tx, DeliveryId id,
                                const DeadLetterEdit& edit) const;
  base::Result<Replayed> replay_many(storage::Transaction& tx, const store::DeadFilter& filter,
                                     DeliveryId before) const;

 private:
  jobs::Jobs& jobs_;
  const base::Clock& clock_;
};

}  // namespace ashlar::notifications
