// TenantBook: what this process remembers of a tenant's book, and how a batch of units is run on
// it, in one transaction.
//
//   run ──> lock the head ──> is it ours? (seq and hash)  no: forget everything
//             ──> release holds whose time is over ──> unit, unit, …
//             ──> ids that are new ──> rows, chain, head ──> commit ──> remember
//                   └─ one is used: once more, ids looked up first
//
// A unit that fails without having written is undone in memory. One that fails after it wrote ends
// the transaction (Ran::broke): who calls decides what runs again.
//
// One thread at a time. Memory: accounts and open holds that were named, until forget().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/ledger/book.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/ledger/ledger_store.h"
#include "modules/payments/ledger/leg_chain.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::ledger {

class BookLoader;
class HeadSigner;

class TenantBook {
 public:
  // All outlive it; `signer` may be null.
  TenantBook(base::TenantId tenant, storage::Database& db, const base::Clock& clock,
             const HeadSigner* signer);

  struct Task {
    BookWriter::Unit unit;
    std::optional<base::Mono> deadline;
    base::Status outcome;
  };
  struct Ran {
    std::size_t begun = 0;  // tasks from the front whose outcome is final, where nothing is broken
    std::optional<std::size_t> broke;  // this one failed after it wrote; nothing was committed
    std::size_t transfers = 0;         // that were booked
  };
  // An error that is nobody's (storage's) is the outcome of all tasks that were begun; of all where
  // none was. REQUIRES: tasks are not empty.
  Ran run(std::span<Task* const> tasks);

  [[nodiscard]] std::size_t in_memory() const { return book_.in_memory(); }
  void forget();

 private:
  struct Attempt;

  base::Status body(storage::Transaction& tx, Attempt& attempt);
  base::Status lock(storage::Transaction& tx);
  base::Status release_due(storage::Transaction& tx, BookLoader& loader);
  base::Status run_tasks(storage::Transaction& tx, BookLoader& loader, Attempt& attempt);
  base::Status run_task(storage::Transaction& tx, BookLoader& loader, Task& task, bool& broke);
  base::Status write(storage::Transaction& tx, Attempt& attempt);
  base::Status link_legs(storage::Transaction& tx, Attempt& attempt);
  base::Status load_chains(storage::Transaction& tx);
  [[nodiscard]] bool is_moved() const;
  void settle(const Attempt& attempt);

  const base::TenantId tenant_;
  storage::Database& db_;
  const base::Clock& clock_;
  const HeadSigner* const signer_;

  Book book_;
  store::HeadRow head_;  // what book_ is
  bool known_ = false;   // head_ and all below were read
  std::unordered_map<std::int64_t, LegChain> chains_;
  bool expiry_known_ = false;
  std::optional<base::Time> next_expiry_;  // of an open hold
};

}  // namespace ashlar::ledger
