// Coordinator: one change in several PostgreSQL databases, all of it or nothing of it: two-phase
// commit with presumed abort.
//
//   run ──> [working]  BEGIN, the work, in each branch
//              │  error, or the process dies: every branch rolls back by itself
//              v
//           [preparing]  PREPARE TRANSACTION in each branch, one after the other
//              │  error: ROLLBACK (PREPARED) in each          the process dies: an orphan, which
//              v                                              recover() aborts: no decision is
//              abort
//           [decided]  the row 'commit' is in the home database (and the work done there with it)
//              │  from here on it has happened                the process dies: an orphan, which
//              v                                              recover() commits
//           [committing]  COMMIT PREPARED in each branch
//              v          one cannot be reached: recover() does it when it can
//           [settled]
//
// Invariants
//  1. COMMIT PREPARED is sent only where the home database durably says 'commit'.
//  2. ROLLBACK PREPARED is sent only where it will never say so: recover() writes 'abort' before,
//     and a gid has one decision (primary key): a coordinator that comes late finds it.
//  3. A decision 'commit' is forgotten only when all its branches were looked at, after it, and
//     have no prepared transaction of it.
//  4. Only transactions whose gid begins with "ashlar2pc:<name>:" are touched, those of this
//     database, at most kMaxRecovered of a branch in one round.
//
// What it costs, and when not to use it (docs/transactions.md has figures): a prepared transaction
// keeps its locks until it is settled, through restarts of everything, and keeps vacuum from
// removing anything newer (it pins xmin). So an orphan whose coordinator is away blocks others:
// gauges and a warning tell of those older than kOld. Between the first and the last COMMIT
// PREPARED a reader of both databases can see one side only: it is atomic, not isolated. Branches
// need max_prepared_transactions > 0 (PostgreSQL's default is 0) and a user that stays the same.
//
// Any thread; run() blocks. Errors beside storage's: kPreconditionFailed twophase_disabled;
// kInvalid twophase_unknown_branch; kUnavailable twophase_busy; kConflict twophase_aborted (it took
// longer than `grace`, and recovery was faster); kDeadline twophase_in_doubt (the home database
// cannot be asked: recovery settles it, either way whole). Any other error: nothing has happened.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/twophase/session.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::twophase {

struct Branch {
  std::string name;  // [a-z0-9-], at most 32
  std::string url;   // postgres://…
};

// Where a test may stop the process.
enum class Point : std::uint8_t {
  kWorked,         // nothing is prepared
  kPreparedFirst,  // the first branch is
  kPreparedAll,    // nothing is decided
  kDecided,        // nothing is committed
  kCommittedFirst,
  kCommittedAll,
};

struct Work {
  std::string branch;
  std::function<base::Status(Session&)> run;
};

class Coordinator {
 public:
  static constexpr int kMaxRecovered = 1000;
  static constexpr base::Seconds kOld{60};

  struct Options {
    std::string name;  // of the installation: [a-z0-9-], at most 32; the same after a restart
    std::vector<Branch> branches;
    int max_running = 16;                     // at once; more are refused
    base::Seconds grace{30};                  // an undecided one is left alone so long
    base::Seconds keep_decisions{24 * 3600};  // at least grace
    base::Millis statement_timeout{10'000};
    base::Seconds connect_timeout{5};
    std::function<void(Point)> reached{};  // tests
  };
  // All outlive it. `home` may be on either engine.
  Coordinator(Options options, storage::Database& home, const base::Clock& clock,
              base::Entropy& entropy, obs::Registry& metrics, obs::Log& log);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // Each branch is reached and can prepare: kPreconditionFailed twophase_disabled says which
  // cannot.
  base::Status check();
  // recover() every 10 s from now on; the first one at once.
  void start();
  void stop();

  struct Done {
    std::string id;
    bool settled = true;  // false: committed, and a branch learns of it by recover() only
  };
  // `at_home` runs in the transaction that decides: under PlatformUse::kSagas.
  base::Result<Done> run(std::span<const Work> work,
                         const std::function<base::Status(storage::Transaction&)>& at_home = {});

  struct Recovered {
    int committed = 0;
    int aborted = 0;
    int waiting = 0;      // undecided and younger than `grace`, or decided a moment ago
    int forgotten = 0;    // decisions
    int unreachable = 0;  // branches
  };
  base::Result<Recovered> recover();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::twophase
