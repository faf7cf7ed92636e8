// SendLoader: reads deliveries that are to be sent now, many in one statement: one that comes alone
// is read alone, those that come while it is read wait for each other.
//
//   load ──> queue ── the thread: one read of all that wait, kMaxBatch at most ──> found(each)
//
// Promises
//  1. found is called once for each, on the thread: the delivery, nothing where it is gone, or the
//     read's error. After stop(): kUnavailable, on the caller's thread.
//  2. What is read is never older than the call of load().
// A thread of its own; any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "modules/notifications/delivery_store.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

class SendLoader {
 public:
  static constexpr std::size_t kMaxBatch = 128;

  using Found = std::function<void(base::Result<std::optional<store::Sending>>)>;

  explicit SendLoader(storage::Database& db);  // outlives it
  ~SendLoader();                               // stop()
  SendLoader(const SendLoader&) = delete;
  SendLoader& operator=(const SendLoader&) = delete;

  void load(DeliveryId id, Found found);
  // Those that wait are read still. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
