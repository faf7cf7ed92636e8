// LogReader: the log of events in the order of commits, page by page, for one reader.
//
//   LogPosition at = …;                       // of its last page
//   LogPage page = reader.read(at, …);        // what was committed after it
//   … work page.events; the position after the i-th is page.after(i), after all page.end …
//
// On SQLite there is one writer: the order of seq is that of commits, and a position is a seq.
//
// On PostgreSQL a transaction may commit long after it has drawn its seq and its xid, so neither
// says what is new. A position is a snapshot of the database (pg_current_snapshot): all that it
// sees has been read. A page comes from the window between that snapshot and a new one:
//
//   [from]            ──the present snapshot──> [from, to, seq 0]
//   [from, to, seq]   ──a page──> [from, to, its last seq] ──no more in the window──> [to]
//
// Invariants
//  1. An event is in exactly one window: one transaction is seen by a snapshot whole or not at all,
//     and what one snapshot sees a later one sees too. So none is skipped and none comes twice,
//     however late its transaction commits; a long transaction delays nothing but its own events.
//  2. Of one key the events of a window, by seq, and those of earlier windows before them, are in
//     the order of commits: who appends to a key waits for the key's lock until the one before it
//     has committed and is seen by every new snapshot, and draws its seq then (outbox.h, 2).
// (The oldest running xid, pg_snapshot_xmin, would not do: of one key a transaction with a higher
// xid may commit first, and the later one's lower xid would be read before it.)
//
// Error beside storage's: kPreconditionFailed events_position_foreign: the position is from the
// future of this cluster, as after a restore from a dump into another one. Going on would skip
// events; docs/events.md says what to do.
// Memory: at most kMostSeqs numbers, and one page. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/events/event.h"

namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::events {

struct LogPosition {
  std::int64_t seq = 0;
  std::string from, to;  // PostgreSQL: snapshots as text; to is empty between windows

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

struct LogPage {
  std::vector<Event> events;
  LogPosition begin, end;
  bool more = false;  // there is another page at once

  [[nodiscard]] LogPosition after(std::size_t i) const {
    if (i + 1 == events.size()) return end;
    return {events[i].seq.value, begin.from, begin.to};
  }
};

// Types as patterns (event.h), in the form that the statements take.
std::string packed_types(const std::vector<std::string>& patterns);

class LogReader {
 public:
  static constexpr std::int64_t kMostSeqs = 50'000;

  // `db` outlives it. `types`: packed_types().
  LogReader(storage::Database& db, std::string types);

  // Before everything, and after all that is committed.
  [[nodiscard]] LogPosition oldest() const;
  base::Result<LogPosition> newest();

  // At most `limit` events of the types after `at`. Its own read transaction.
  base::Result<LogPage> read(const LogPosition& at, int limit);

 private:
  base::Result<LogPage> read_sqlite(const LogPosition& at, int limit);
  base::Result<LogPage> read_postgres(const LogPosition& at, int limit);
  base::Status find_seqs(storage::Transaction& tx, const LogPosition& at);

  storage::Database& db_;
  const std::string types_;

  // PostgreSQL: numbers of the window that was read last, so that not each page sorts it anew.
  LogPosition window_;              // those after window_.seq
  std::vector<std::int64_t> seqs_;  // rising
  bool whole_ = false;              // there are no more in the window
};

}  // namespace ashlar::events
