// InboxWriter: puts entries into inboxes, many in one commit: those that come while one is being
// committed go together in the next.
//
//   put ──> queue ── the thread: entries, notices ──commit──> done(kAccepted)
//
// Promises
//  1. done is called once for each, on the thread: kAccepted once it is there, also where it was
//     before; kRetry where it cannot be written. After stop(): kRetry, on the caller's thread.
//  2. One that cannot be written keeps no other from it.
//  3. Watchers are told of what is new (inbox.h).
// A thread of its own; any thread may call.
#pragma once

#include <memory>

#include "modules/notifications/inbox_store.h"
#include "modules/notifications/provider.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

class InboxWriter {
 public:
  static constexpr std::size_t kMaxBatch = 128;

  explicit InboxWriter(storage::Database& db);  // outlives it
  ~InboxWriter();                               // stop()
  InboxWriter(const InboxWriter&) = delete;
  InboxWriter& operator=(const InboxWriter&) = delete;

  void put(store::OwnedEntry entry, Provider::Done done);
  // Those that wait are written still. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
