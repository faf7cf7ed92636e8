#include "platform/twophase/decisions.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::twophase {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kInsert{Audience::kPlatform,
                      "INSERT INTO twophase_decisions (gid, coordinator, outcome, branches,"
                      " decided_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (gid) DO NOTHING"};
constexpr Sql kFind{Audience::kPlatform, "SELECT outcome FROM twophase_decisions WHERE gid = ?1"};
constexpr Sql kOld{Audience::kPlatform,
                   "SELECT gid, branches FROM twophase_decisions WHERE coordinator = ?1 AND"
                   " decided_at < ?2 ORDER BY decided_at LIMIT ?3"};
constexpr Sql kForget{Audience::kPlatform, "DELETE FROM twophase_decisions WHERE gid = ?1"};
constexpr std::array kStatements{&kInsert, &kFind, &kOld, &kForget};

}  // namespace

base::Result<Decision> decide(storage::Transaction& tx, std::string_view id,
                              std::string_view coordinator, Decision wanted,
                              std::string_view branches, base::Time now) {
  const std::string_view outcome = wanted == Decision::kCommit ? "commit" : "abort";
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kInsert, {id, coordinator, outcome, branches, base::to_micros(now)}));
  if (rows == 1) return wanted;
  ASHLAR_ASSIGN(const std::optional<Decision> made, decision_of(tx, id));
  if (made) return *made;
  return base::fail(base::Code::kConflict, "storage_conflict", "A decision is just being made.");
}

base::Result<std::optional<Decision>> decision_of(storage::Transaction& tx, std::string_view id) {
  std::optional<Decision> found;
  ASHLAR_TRY(tx.query(kFind, {id}, [&](const Row& row) {
    found = row.text(0) == "commit" ? Decision::kCommit : Decision::kAbort;
  }));
  return found;
}

base::Result<std::vector<OldDecision>> old_decisions(storage::Transaction& tx,
                                                     std::string_view coordinator,
                                                     base::Time before, std::int64_t limit) {
  std::vector<OldDecision> found;
  ASHLAR_TRY(tx.query(kOld, {coordinator, base::to_micros(before), limit}, [&](const Row& row) {
    found.push_back({std::string(row.text(0)), std::string(row.text(1))});
  }));
  return found;
}

base::Status forget(storage::Transaction& tx, std::string_view id) {
  ASHLAR_TRY(tx.execute(kForget, {id}));
  return base::ok_status();
}

std::span<const Sql* const> decision_statements() { return kStatements; }

}  // namespace ashlar::twophase
