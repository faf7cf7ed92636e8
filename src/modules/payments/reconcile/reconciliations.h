// Reconciliations: runs a statement against what we have recorded, keeps what came of it, books
// what is not explained into suspense, and lets people settle it.
//
// Promises
//  1. One current run per provider and day. The same statement again changes nothing and is
//     answered with the run that there is. Another statement for the day replaces it only where
//     the caller says so, or where the first was made before the day was over; what the replaced
//     run has booked is taken back in the same commit. A run of which a break was written off is
//     not replaced: reconciliation_settled.
//  2. A run takes effect in one unit of the book's writer: breaks, suspense, what it closes of
//     earlier runs, its event. Matched lines, which move nothing, are written before, in steps; a
//     run whose process died in between is begun again.
//  3. The suspense account of a currency holds exactly the sum of the items' `suspense`.
//  4. A statement of which more than kMaxBreaks lines do not match is refused whole: it is
//     somebody else's, or of another day.
//
// Waits for the database and the writer: worker threads only. Errors beside the statement's
// (statement.h) and storage's: kInvalid provider_invalid, day_invalid (not over a year back, nor to
// come); kConflict statement_differs, reconciliation_running, reconciliation_settled,
// too_many_breaks, reconciliation_too_large, break_resolved, resolution_unfit; kNotFound
// reconciliation_not_found, break_not_found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/payments/reconcile/match.h"
#include "modules/payments/reconcile/our_lines.h"
#include "modules/payments/reconcile/plan.h"
#include "modules/payments/reconcile/reconciliation.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::ledger {
class Booking;
class BookWriter;
}  // namespace ashlar::ledger
namespace ashlar::storage {
class Database;
}

namespace ashlar::payments::reconcile {

struct Asked {
  base::TenantId tenant;
  std::string provider;
  Day day{};
  std::optional<StatementFormat> format;  // guessed without it
  std::string_view statement;
  std::string by;  // "key 12", "the nightly job"
  bool replace = false;
};
struct Ran {
  Run run;
  bool made = false;  // false: this statement had been reconciled before
};

// How a person settles a break.
enum class Resolution : std::uint8_t {
  kWrittenOff,  // the difference is ours to bear (or to keep): it moves to differences:<currency>
  kCorrected,   // the statement was wrong: what it put into suspense is taken back
  kExplained,   // nothing is booked; of what has nothing in suspense
};
std::optional<Resolution> resolution_of(std::string_view name);  // "written_off"

class Reconciliations {
 public:
  static constexpr std::size_t kMaxBreaks = 5'000;     // of a run
  static constexpr std::int64_t kMaxCarried = 20'000;  // open breaks that a run looks at
  static constexpr base::Seconds kRunningFor{600};     // then its process counts as dead

  // All outlive it.
  Reconciliations(storage::Database& db, ledger::BookWriter& writer, events::Outbox& outbox,
                  const base::Clock& clock, OurSide ours = our_lines)
      : db_(db), writer_(writer), outbox_(outbox), clock_(clock), ours_(std::move(ours)) {}

  base::Result<Ran> run(const Asked& asked);

  struct Settled {
    base::TenantId tenant;
    std::string run;
    std::int64_t no = 0;
    Resolution how = Resolution::kExplained;
    std::string note, by;
  };
  base::Result<Item> resolve(const Settled& settled);

  [[nodiscard]] Day today() const;

 private:
  base::Result<std::optional<Run>> begin(const Asked& asked, Run& run);
  base::Result<Plan> plan(const Asked& asked, const Run& run, const Statement& statement,
                          const std::string& replaced);
  base::Status write_matched(const Asked& asked, const Plan& plan);
  base::Status finish(const Asked& asked, const Run& run, const Plan& plan,
                      const std::optional<Run>& replaced);
  base::Status give_up(const Asked& asked, const Run& run);

  storage::Database& db_;
  ledger::BookWriter& writer_;
  events::Outbox& outbox_;
  const base::Clock& clock_;
  const OurSide ours_;
  const MatchRules rules_{};
};

}  // namespace ashlar::payments::reconcile
