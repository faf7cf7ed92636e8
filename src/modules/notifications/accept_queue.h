// AcceptQueue: what is to be accepted for a tenant at the same time commits together, where a
// commit is a way to another process and back (PostgreSQL; SQLite's writer does it by itself).
//
//   add ──> the tenant's queue ── a writer: all that wait, kMaxGroup at most
//             ──> one transaction (Notifications::accept_many) ──commit──> done, each with its own
//                   └─ it failed for a reason that may be one of them: each by itself
//
// Nobody waits for others to come: who comes alone is written at once, and those that come
// meanwhile are the next group. Tenants take turns; one has one group under way at a time.
//
// Promises
//  1. done is called once for each, on a writer's thread or the caller's: with success only after
//     the commit.
//  2. What is wrong with one, also where only the database says so, fails no other.
//  3. Bounded: kMaxWaiting and kMaxWaitingBytes wait; beyond: kUnavailable storage_busy.
// Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/notifications.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

class AcceptQueue {
 public:
  static constexpr std::size_t kMaxGroup = 128;
  static constexpr std::size_t kMaxGroupBytes = std::size_t{4} << 20;
  static constexpr std::size_t kMaxWaiting = 4'096;
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{32} << 20;
  static constexpr int kWriters = 2;

  using Done = std::function<void(base::Result<Notifications::Accepted>)>;
  struct Wish {
    base::TenantId tenant;
    Notification wanted;
    std::optional<base::Mono> deadline;  // begun later it is kDeadline
    Done done;
  };

  // All outlive it.
  AcceptQueue(storage::Database& db, const Notifications& notifications, const base::Clock& clock,
              obs::Registry& metrics);
  ~AcceptQueue();  // stop()
  AcceptQueue(const AcceptQueue&) = delete;
  AcceptQueue& operator=(const AcceptQueue&) = delete;

  void add(Wish wish);
  // Those that wait are written still; who comes later is kUnavailable. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
