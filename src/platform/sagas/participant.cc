#include "platform/sagas/participant.h"

#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/time.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kFind{Audience::kTenant,
                    "SELECT state, answer FROM saga_participants WHERE tenant_id = :tenant AND"
                    " key = ?1"};
// Whoever loses the race is told so and runs again: on PostgreSQL as a serialization failure.
constexpr Sql kNote{Audience::kTenant,
                    "INSERT INTO saga_participants (tenant_id, key, state, answer, at)"
                    " VALUES (:tenant, ?1, ?2, ?3, ?4)"
                    " ON CONFLICT (tenant_id, key) DO UPDATE SET state = excluded.state,"
                    " at = excluded.at"};
constexpr std::array kStatements{&kFind, &kNote};

struct Note {
  bool undone = false;
  Told told;
};

base::Result<std::string> action_key(std::string_view key) {
  if (key.empty() || key.size() > kMaxParticipantKeyBytes) {
    return base::fail(base::Code::kInvalid, "saga_key_invalid",
                      "The key of a saga's step has 1 to 255 bytes.");
  }
  if (key.ends_with(kUndoSuffix)) key.remove_suffix(kUndoSuffix.size());
  return std::string(key);
}

base::Result<std::optional<Note>> find_note(storage::Transaction& tx, std::string_view key) {
  // Else two that come at once would both find nothing.
  CHECK(tx.context().isolation() == storage::Isolation::kSerializable);
  std::optional<Note> note;
  ASHLAR_TRY(tx.query(kFind, {key}, [&](const Row& row) {
    note = Note{row.text(0) == "undone", {std::string(row.text(1)), row.text(0) == "refused"}};
  }));
  return note;
}

}  // namespace

base::Result<Told> Participant::do_once(
    storage::Transaction& tx, std::string_view key,
    const std::function<base::Result<Told>(storage::Transaction&)>& effect) const {
  ASHLAR_ASSIGN(const std::string name, action_key(key));
  ASHLAR_ASSIGN(std::optional<Note> note, find_note(tx, name));
  if (note && note->undone) {
    return base::fail(base::Code::kGone, "saga_step_undone",
                      "This step was taken back already; it is not done any more.");
  }
  if (note) return std::move(note->told);
  ASHLAR_ASSIGN(Told told, effect(tx));
  ASHLAR_TRY(tx.execute(kNote, {name, told.refused ? "refused" : "done", told.answer,
                                base::to_micros(clock_.now())}));
  return told;
}

base::Result<Undone> Participant::undo_once(
    storage::Transaction& tx, std::string_view key,
    const std::function<base::Status(storage::Transaction&, std::string_view answer)>& effect)
    const {
  ASHLAR_ASSIGN(const std::string name, action_key(key));
  ASHLAR_ASSIGN(const std::optional<Note> note, find_note(tx, name));
  if (note && note->undone) return Undone::kWasAlready;
  const bool done = note && !note->told.refused;
  if (done) ASHLAR_TRY(effect(tx, note->told.answer));
  ASHLAR_TRY(tx.execute(kNote, {name, "undone", "", base::to_micros(clock_.now())}));
  return done ? Undone::kTakenBack : Undone::kNeverCame;
}

std::span<const Sql* const> participant_statements() { return kStatements; }

}  // namespace ashlar::sagas
