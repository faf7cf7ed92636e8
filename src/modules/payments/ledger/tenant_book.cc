#include "modules/payments/ledger/tenant_book.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "modules/payments/ledger/book_loader.h"
#include "modules/payments/ledger/codec/chain.h"
#include "modules/payments/ledger/head.h"
#include "modules/payments/ledger/unit_booking.h"
#include "platform/storage/database.h"

namespace ashlar::ledger {
namespace {

// A batch takes no more units once it has so many transfers: with those of the last unit at most
// twice as many.
constexpr std::size_t kEnough = kMaxBatch;

base::Error damaged(const std::string& what) {
  return base::fail(base::Code::kInternal, "ledger_damaged", what);
}

}  // namespace

// What one transaction brings, until it is committed.
struct TenantBook::Attempt {
  std::span<Task* const> tasks;
  bool careful = false;
  Ran ran{};
  bool repeated = false;  // an id was used already
  bool wrote = false;     // there is a new head
  store::HeadRow head{};  // the new one
  std::vector<LegLinks> links{};
  std::vector<std::int64_t> last_legs{};
};

TenantBook::TenantBook(base::TenantId tenant, storage::Database& db, const base::Clock& clock,
                       const HeadSigner* signer)
    : tenant_(tenant), db_(db), clock_(clock), signer_(signer) {}

void TenantBook::forget() {
  book_ = Book();
  chains_.clear();
  known_ = expiry_known_ = false;
}

TenantBook::Ran TenantBook::run(std::span<Task* const> tasks) {
  CHECK(!tasks.empty());
  // The head's row lock keeps the promise of SERIALIZABLE, without its retries.
  const auto context = storage::Context::tenant(tenant_).read_committed();
  Attempt attempt{.tasks = tasks};
  for (;;) {
    const base::Status done = db_.write(context, [&](storage::Transaction& tx) {
      attempt.ran = {};
      attempt.repeated = attempt.wrote = false;
      return body(tx, attempt);
    });
    if (done.ok()) {
      settle(attempt);
      return attempt.ran;
    }
    book_.undo_to({});
    chains_.clear();
    expiry_known_ = false;
    if (attempt.repeated && !attempt.careful) {
      attempt.careful = true;
      continue;
    }
    if (attempt.ran.broke) return attempt.ran;
    // Before any of them was begun: nobody gets further.
    if (attempt.ran.begun == 0) attempt.ran.begun = tasks.size();
    for (Task* task : tasks.first(attempt.ran.begun)) task->outcome = done;
    return attempt.ran;
  }
}

base::Status TenantBook::body(storage::Transaction& tx, Attempt& attempt) {
  ASHLAR_TRY(lock(tx));
  BookLoader loader(book_, tx, attempt.careful);
  ASHLAR_TRY(release_due(tx, loader));
  ASHLAR_TRY(run_tasks(tx, loader, attempt));
  if (!is_moved()) return base::ok_status();
  return write(tx, attempt);
}

// From here on nobody else writes this book, until the transaction ends.
base::Status TenantBook::lock(storage::Transaction& tx) {
  ASHLAR_ASSIGN(const store::HeadRow head, store::lock_head(tx, first_hash()));
  if (head.hash.size() != kHashBytes) return damaged("a head's hash is not 32 bytes");
  if (known_ && head.seq == head_.seq && head.hash == head_.hash) {
    book_.undo_to({});
  } else {
    forget();
    book_ = Book({.accounts = head.accounts,
                  .entries = head.transfers,
                  .burned = head.burned,
                  .last_at = head.last_at});
    head_ = head;
    known_ = true;
  }
  book_.begin(std::max(clock_.now(), head_.at + base::Micros(1)));
  return base::ok_status();
}

base::Status TenantBook::release_due(storage::Transaction& tx, BookLoader& loader) {
  if (!expiry_known_) {
    ASHLAR_ASSIGN(next_expiry_, store::next_expiry(tx));
    expiry_known_ = true;
  }
  if (!next_expiry_ || *next_expiry_ > book_.now()) return base::ok_status();
  ASHLAR_ASSIGN(const std::vector<Hold> due,
                store::due_holds(tx, book_.now(), static_cast<std::int64_t>(kMaxBatch)));
  ASHLAR_TRY(loader.holds(due));
  for (const Hold& hold : due) {
    const Hold* held = book_.find_hold(hold.id);
    if (held == nullptr || *held != hold) return damaged("a hold is not what it was");
    book_.expire(*held);
  }
  expiry_known_ = false;
  return base::ok_status();
}

base::Status TenantBook::run_tasks(storage::Transaction& tx, BookLoader& loader, Attempt& attempt) {
  for (std::size_t i = 0; i < attempt.tasks.size(); ++i) {
    if (i > 0 && book_.entries().size() >= kEnough) break;
    Task& task = *attempt.tasks[i];
    attempt.ran.begun = i + 1;
    bool broke = false;
    task.outcome = run_task(tx, loader, task, broke);
    if (broke) {
      attempt.ran.broke = i;
      return task.outcome;
    }
  }
  return base::ok_status();
}

base::Status TenantBook::run_task(storage::Transaction& tx, BookLoader& loader, Task& task,
                                  bool& broke) {
  if (task.deadline && clock_.mono() >= *task.deadline) {
    return base::fail(base::Code::kDeadline, "ledger_deadline",
                      "the deadline passed before the unit was begun");
  }
  const Book::Mark before = book_.mark();
  UnitTransaction unit(tx);
  UnitBooking booking(unit, book_, loader);
  base::Status outcome = base::ok_status();
  try {
    outcome = task.unit(booking);
  } catch (const std::exception& error) {
    outcome = base::fail(base::Code::kInternal, "internal", error.what());
    unit.touch();
  }
  if (outcome.ok()) {
    unit.keep();
    return outcome;
  }
  book_.undo_to(before);
  broke = unit.touched();
  return outcome;
}

bool TenantBook::is_moved() const {
  return !book_.entries().empty() || !book_.burned().empty() ||
         book_.position().accounts != head_.accounts;
}

base::Status TenantBook::write(storage::Transaction& tx, Attempt& attempt) {
  const std::vector<const Account*> opened = book_.opened(), moved = book_.moved_accounts();
  const std::vector<const Hold*> holds = book_.changed_holds();
  const auto size = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  store::BatchWrite batch{.dialect = db_.dialect(), .locked = head_};
  batch.opened = opened;
  batch.moved = moved;
  batch.entries = book_.entries();
  batch.burned = book_.burned();
  batch.holds = holds;
  batch.row = {.seq = head_.seq + 1,
               .at = book_.now(),
               .first_account = head_.accounts + 1,
               .accounts = size(opened),
               .first_transfer = head_.transfers + 1,
               .transfers = size(batch.entries),
               .first_leg = head_.legs + 1,
               .first_burned = head_.burned + 1,
               .burned = size(batch.burned),
               .previous = head_.hash};
  ASHLAR_ASSIGN(const std::vector<std::string> used, store::take_ids(tx, batch));
  if (!used.empty()) {
    attempt.repeated = true;
    return damaged("an id is used already: " + used.front());
  }
  ASHLAR_TRY(link_legs(tx, attempt));
  for (const Account* account : moved) {
    attempt.last_legs.push_back(chains_.at(account->no.value).last());
  }
  batch.links = attempt.links;
  batch.last_legs = attempt.last_legs;
  batch.row.legs = size(attempt.links);

  BatchEncoder encoder(batch.row.seq, batch.row.at);
  encoder.accounts(opened);
  encoder.entries(batch.entries);
  encoder.burned(batch.row.first_burned, batch.burned);
  batch.row.hash = encoder.hash(head_.hash);
  const BookPosition& position = book_.position();
  batch.head = {.seq = batch.row.seq,
                .accounts = position.accounts,
                .transfers = position.entries,
                .legs = head_.legs + batch.row.legs,
                .burned = position.burned,
                .at = batch.row.at,
                .last_at = position.last_at,
                .hash = batch.row.hash};
  if (signer_ != nullptr) {
    const store::HeadRow& head = batch.head;
    batch.head.signature = batch.row.signature =
        signer_->sign({tenant_, head.seq, head.transfers, head.at, head.hash});
  }
  ASHLAR_ASSIGN(const bool moved_on, store::write_batch(tx, batch));
  if (!moved_on) return damaged("the head moved under its lock");
  attempt.head = batch.head;
  attempt.wrote = true;
  attempt.ran.transfers = batch.entries.size();
  return base::ok_status();
}

base::Status TenantBook::link_legs(storage::Transaction& tx, Attempt& attempt) {
  ASHLAR_TRY(load_chains(tx));
  attempt.links.clear();
  attempt.last_legs.clear();
  std::int64_t no = head_.legs;
  for (const Entry& entry : book_.entries()) {
    for (const Movement& leg : entry.legs) {
      LegChain& chain = chains_[leg.account.value];
      if (chain.legs() + 1 != leg.leg_no) return damaged("an account's legs are not in one chain");
      attempt.links.push_back(chain.append(++no, entry.at));
    }
  }
  return base::ok_status();
}

base::Status TenantBook::load_chains(storage::Transaction& tx) {
  std::vector<std::int64_t> wanted;
  for (const Entry& entry : book_.entries()) {
    for (const Movement& leg : entry.legs) {
      if (!chains_.try_emplace(leg.account.value).second) continue;
      if (leg.leg_no > 1) wanted.push_back(leg.account.value);
    }
  }
  ASHLAR_ASSIGN(std::vector<store::ChainRow> found, store::find_chains(tx, wanted));
  for (store::ChainRow& row : found) chains_[row.account.value] = std::move(row.chain);
  return base::ok_status();
}

void TenantBook::settle(const Attempt& attempt) {
  if (attempt.wrote) head_ = attempt.head;
  for (const Hold* hold : book_.changed_holds()) {
    if (hold->state != HoldState::kOpen || !hold->expires_at) continue;
    if (!next_expiry_ || *hold->expires_at < *next_expiry_) next_expiry_ = hold->expires_at;
  }
  book_.settle();
}

}  // namespace ashlar::ledger
