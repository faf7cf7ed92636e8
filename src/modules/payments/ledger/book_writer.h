// BookWriter: the one writer of every tenant's book: many units of work in one transaction, one
// commit.
//
//   submit(tenant, unit, done) ──> queue of the tenant ──> batch: begin, lock the book's head,
//                                                           unit, unit, …,
//       done() of each, in order <── write what moved, chain, commit
//
// A unit reads and writes its own rows and moves money, and all of that commits or none of it.
//
// Promises
//  1. One writer at a time: a batch begins by locking the head of the tenant's book in the
//     database, and commits only on the head that it read (sequence and hash). Any number of
//     processes may have a writer; what one keeps in memory is forgotten where another has written
//     since. docs/decisions/0017.
//  2. done(ok) after the commit is durable; done(error): nothing of the unit has happened, except
//     where storage cannot tell (storage/database.h). Once each. Units of a tenant take effect in
//     the order in which they were submitted here.
//  3. A unit that returns an error before it has written anything leaves the batch as it was, and
//     what it moved is undone. One that fails after it wrote rows takes the transaction with it:
//     then those before it run again together, it alone, and those after it go on. So units may run
//     more than once and change memory only in their done() (storage/database.h, 3).
//  4. A batch costs one commit: totals of an account that many units moved are written once. The
//     ledger's own rows are written when all units have run: a unit sees what was moved through
//     Booking, not by its own SQL on the ledger's tables.
//  5. At most kMaxQueued units wait (in all), at most kMaxUnits make a batch. Beyond: kUnavailable
//     ledger_busy. Ended: kUnavailable ledger_stopped.
//  6. Holds whose time is over are released at the beginning of a batch, before any unit; a book
//     that nobody moves is looked after within kSweepEvery.
//
// done() is called on a writer's thread: quick, does not block. A unit that has waited past its
// deadline is not begun (kDeadline ledger_deadline). The threads are start()'s; without it, drain()
// does their work on the caller's (tests, simulation).
#pragma once

#include <cstddef>
#include <cstdint>
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
#include "modules/payments/ledger/verdict.h"

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

class HeadSigner;

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
  // account_exists. (Name and metadata stay those of the first.)
  virtual base::Status open(const NewAccount& account) = 0;
  // All or none; what is `linked` means nothing. The error is of the first that was refused: its
  // verdict's reason (verdict.h), code kConflict for those of the state of the book, kInvalid for
  // those of the request. A transfer that exists is refused too (exists): its money has moved in
  // another unit. Uses up no id.
  virtual base::Status move(std::span<const NewTransfer> transfers) = 0;
  // Each by itself, linked ones together: one outcome for each, in their order (verdict.h: created
  // with its time and what it moved, exists with that of the first, or refused and why). What is
  // refused has moved nothing and is no error of the unit; where the reason passes, its id is used
  // up, which commits with the unit. This is the way for callers of the API: whatever would move a
  // reserved account (a hold's too) is refused, account_reserved; move() may. The error is
  // storage's, or kInvalid ledger_batch_too_large (kMaxBatch).
  virtual base::Result<std::vector<Outcome>> apply(std::span<const NewTransfer> transfers) = 0;
  // As the book stands now, with what this unit has moved so far. kNotFound account_not_found.
  virtual base::Result<Account> account(std::string_view id) = 0;
  // What of a hold is neither posted nor released: the sum of its debit legs. 0: resolved.
  // kNotFound transfer_not_found, also where it is no hold.
  virtual base::Result<Amount> held(std::string_view transfer_id) = 0;
};

class BookWriter {
 public:
  static constexpr std::size_t kMaxQueued = 20'000;
  static constexpr std::size_t kMaxUnits = 512;
  static constexpr base::Millis kSweepEvery{1000};

  using Unit = std::function<base::Status(Booking&)>;
  using Done = std::function<void(base::Status)>;

  // All outlive it. Without `signer` heads are not signed.
  BookWriter(storage::Database& db, const base::Clock& clock, obs::Registry& metrics, obs::Log& log,
             const HeadSigner* signer = nullptr);
  ~BookWriter();  // stop()
  BookWriter(const BookWriter&) = delete;
  BookWriter& operator=(const BookWriter&) = delete;

  void start();
  void stop();  // what is queued is done first; later units get kUnavailable. Idempotent.

  // Any thread.
  void submit(base::TenantId tenant, Unit unit, Done done, std::optional<base::Mono> deadline = {});
  // Waits. Not from within done() or a unit.
  base::Status run(base::TenantId tenant, Unit unit);
  // Without threads: works until nothing is queued.
  void drain();
  // Queues an empty unit for each book with holds whose time is over: so many. The threads do it by
  // themselves.
  base::Result<std::int64_t> sweep();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::ledger
