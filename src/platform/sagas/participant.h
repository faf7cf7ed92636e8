// Participant: the other side of a saga's call, for a service whose effect is in this database: an
// action is done once, however often it is asked for, and not at all after its compensation.
//
//   (never heard of) ── do_once ──> done, its answer kept ── do_once ──> the same answer
//          │     │                     └── undo_once: the effect is taken back ──> undone
//          │     └── do_once ──> refused, the refusal kept ── do_once ──> the same refusal
//          │                           └── undo_once: nothing to take back, noted ─> undone
//          └── undo_once: nothing to take back, noted ─────────────────────────────> undone
//   undone ── do_once ──> saga_step_undone                 undone ── undo_once ──> nothing to do
//
// Promises: 1. the note commits with the effect. 2. Two that come at once are put in a row: one of
// them sees what the other did. 3. What was refused once is refused for ever: a saga that turned
// back on a refusal is not run over by an earlier call that comes late. 4. Notes are kept for
// Sagas::Options::keep_ended; a call must not come later than that.
//
// `key` is what the saga sent as Idempotency-Key: the action's, or the compensation's, which is the
// action's and "-undo". REQUIRES: a tenant's write, serializable (not read_committed()). Any
// thread. Errors beside storage's and the effect's own: kInvalid saga_key_invalid; kGone
// saga_step_undone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::base {
class Clock;
}

namespace ashlar::sagas {

inline constexpr std::size_t kMaxParticipantKeyBytes = 255;
inline constexpr std::string_view kUndoSuffix = "-undo";

enum class Undone : std::uint8_t {
  kTakenBack,  // `effect` has run
  kNeverCame,  // the action was not here or was refused; it will not be done
  kWasAlready,
};

// What an action's caller is told. A refusal is final, and nothing was done; it is no error, since
// its note must commit: whoever is "not now" rather than "never" returns an error, and is asked
// again.
struct Told {
  std::string answer;
  bool refused = false;

  static Told done(std::string answer = {}) { return {std::move(answer), false}; }
  static Told refusal(std::string why) { return {std::move(why), true}; }
};

class Participant {
 public:
  // It outlives this.
  explicit Participant(const base::Clock& clock) : clock_(clock) {}

  // `effect` does it, or refuses and has written nothing; what it says is kept. An error rolls back
  // and keeps nothing.
  base::Result<Told> do_once(
      storage::Transaction& tx, std::string_view key,
      const std::function<base::Result<Told>(storage::Transaction&)>& effect) const;
  // `effect` takes it back; it is given what do_once() answered. Not called for what was refused.
  base::Result<Undone> undo_once(
      storage::Transaction& tx, std::string_view key,
      const std::function<base::Status(storage::Transaction&, std::string_view answer)>& effect)
      const;

 private:
  const base::Clock& clock_;
};

std::span<const storage::Sql* const> participant_statements();

}  // namespace ashlar::sagas
