// BookWriter: the one writer of every tenant's book: many units of work in one transaction, one
// commit.
//
//   submit(tenant, unit, done) ──> queue of the tenant ──> batch: begin, lock the book's head,
//   unit, unit, …,
//                                   write what moved, chain, commit ──> done() of each, in order
//
// A unit reads and writes its own rows and moves money, and all of that commits or none of it.
//
// Promises
//  1. One writer at a time: a batch begins by locking the head of the tenant's book in the
//  database, and commits
//     only on the head that it read (sequence and hash). Any number of processes may have a writer;
//     what one keeps in memory is forgotten where another has written since.
//  2. done(ok) after the commit is durable; done(error): nothing of the unit has happened. Once
//  each. Units of a
//     tenant take effect in the order in which they were submitted here.
//  3. A unit that returns an error before it has written anything leaves the batch as it was. One
//  that fails after
//     it wrote takes the batch with it; then each unit runs again, in a transaction of its own. So
//     units may run more than once and change memory only in their done() (storage/database.h, 3).
//  4. A batch costs one commit: totals of an account that many units moved are written once.
//  5. At most kMaxQueued units wait (in all), at most kMaxUnits make a batch. Beyond: kUnavailable
//  ledger_busy.
//
// done() is called on the writer's thread: quick, does not block. A unit that has waited past its
// deadline is not begun (kDeadline). The thread is start()'s; without it, drain() does the work of
// the thread on the caller's (tests, simulation).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/ledger/account.h"
#include "modules/payments/ledger/transfer.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::ledger {

struct Outcome;  // verdict.h

// What a unit works with, while it runs.
class Booking {
 public:
  virtual ~Booking() = default;

  // Its own rows, in the tenant's transaction (READ COMMITTED on PostgreSQL: the head's lock puts
  // all writers of the tenant's book in a row).
  virtual storage::Transaction& tx() = 0;
  // Of this batch: later than that of any batch before it in the book, whatever the clock did.
  [[nodiscard]] virtual base::Time now() const = 0;

  // Opens it where there is none; an account of this id with another currency or rules is kConflict
  // account_exists.
  virtual base::Status open(const NewAccount& account) = 0;
  // All or none. The error is of the first that was refused: its verdict's reason (verdict.h), code
  // kConflict for those of the state of the book, kInvalid for those of the request.
  virtual base::Status move(std::span<const NewTransfer> transfers) = 0;
  // Each by itself, linked ones together: one outcome for each, in their order (verdict.h: created
  // with its time and what it moved, exists with that of the first, or refused and why). What is
  // refused has moved nothing and is no error of the unit; where the reason passes, its id is used
  // up, which commits with the unit. This is the way for callers of the API: whatever would move a
  // reserved account (a hold's too) is refused, account_reserved; move() may. The error is storage's.
  virtual base::Result<std::vector<Outcome>> apply(std::span<const NewTransfer> transfers) = 0;
  // As this unit leaves it so far. kNotFound account_not_found.
  virtual base::Result<Account> account(std::string_view id) = 0;
  // What of a hold is neither posted nor released. 0: resolved. kNotFound transfer_not_found.
  virtual base::Result<Amount> held(std::string_view transfer_id) = 0;
};

class BookWriter {
 public:
  static constexpr std::size_t kMaxQueued = 20'000;
  static constexpr std::size_t kMaxUnits = 512;

  using Unit = std::function<base::Status(Booking&)>;
  using Done = std::function<void(base::Status)>;

  // All outlive it.
  BookWriter(storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
             obs::Log& log);
  ~BookWriter();  // stop()
  BookWriter(const BookWriter&) = delete;
  BookWriter& operator=(const BookWriter&) = delete;

  void start();
  void stop();  // what is queued is done first; later units get kUnavailable. Idempotent.

  // Any thread.
  void submit(base::TenantId tenant, Unit unit, Done done, std::optional<base::Mono> deadline = {});
  // Waits. Not from within done() or a unit.
  base::Status run(base::TenantId tenant, Unit unit);
  // Without a thread: works until nothing is queued.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::ledger
