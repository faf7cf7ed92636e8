// The decision log of two-phase commits: every line of its SQL. In platform transactions of the
// home database. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::twophase {

enum class Decision : std::uint8_t { kCommit, kAbort };

// The decision that stands: this one, or another that was made before.
base::Result<Decision> decide(storage::Transaction& tx, std::string_view id,
                              std::string_view coordinator, Decision wanted,
                              std::string_view branches, base::Time now);
base::Result<std::optional<Decision>> decision_of(storage::Transaction& tx, std::string_view id);

struct OldDecision {
  std::string id;
  std::string branches;  // names, each followed by a blank
};
// The oldest ones made before.
base::Result<std::vector<OldDecision>> old_decisions(storage::Transaction& tx,
                                                     std::string_view coordinator,
                                                     base::Time before, std::int64_t limit);
base::Status forget(storage::Transaction& tx, std::string_view id);

std::span<const storage::Sql* const> decision_statements();

}  // namespace ashlar::twophase
