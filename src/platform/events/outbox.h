// Outbox: events that commit with their cause.
//
//   db.write(context, [&](Transaction& tx) {
//     … the link is inserted …
//     return outbox.append(tx, {.type = "link.created", .aggregate_type = "link", …});
//   });
//
// Promises
//  1. The event is in the log if and only if the transaction has committed.
//  2. Events of one key are numbered (seq) in the order of their commits: on SQLite there is one
//     writer; on PostgreSQL append() takes the key's advisory lock until the transaction ends,
//     before it draws the number. (Two transactions that append to the same keys in opposite order
//     may so wait for each other: the database ends one, and it runs again.)
//  3. Whoever waits for events is woken after the commit (on_commit): here at once, in other
//     processes by a coalesced notice. Listeners here have been told before write() returns.
//
// In a tenant's transaction the event is that tenant's; in a platform one append_for() names whose.
// Errors beside storage's: kInvalid event_invalid. Any thread, once listeners are set.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "platform/events/event.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::events {

class Outbox {
 public:
  // All outlive it. `wake` is called after commits: quick, any thread.
  Outbox(const base::Clock& clock, base::Entropy& entropy, std::function<void()> wake);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Before the first append(): `told` is called with each event of these types after its commit
  // here (Consumers::tell). Quick, any thread, does not use the database.
  void set_listener(std::vector<std::string> types, std::function<void(const Event&)> told);

  base::Result<EventSeq> append(storage::Transaction& tx, const NewEvent& event);
  // In a platform transaction, or that tenant's. `tenant` may be unset: the installation's own.
  base::Result<EventSeq> append_for(storage::Transaction& tx, base::TenantId tenant,
                                    const NewEvent& event);
  // Many in one statement, numbered in their order. In a platform transaction.
  struct Owned {
    base::TenantId tenant;
    NewEvent event;
  };
  base::Status append_all_for(storage::Transaction& tx, std::span<const Owned> events);

 private:
  base::Result<EventSeq> append_of(storage::Transaction& tx, base::TenantId tenant,
                                   const NewEvent& event);
  Event row_of(base::TenantId tenant, const NewEvent& event);
  void after_commit(storage::Transaction& tx, Event event, const std::string& data) const;

  const base::Clock& clock_;
  base::Entropy& entropy_;
  const std::function<void()> wake_;
  std::vector<std::string> told_types_;
  std::function<void(const Event&)> told_;
};

}  // namespace ashlar::events
