// A document's past: its state after any update that the log still has, and the moments worth
// showing in a list.
//
// Versions are numbered by the last update that they have. A list of them cuts the log where
// somebody gave a moment a name and where nobody wrote for kPause; what was trimmed (history
// setting) is found no more, but named ones are.
//
// In the tenant's transaction; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/documents/document_row.h"

namespace ashlar::crdt {
class Doc;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::documents {

struct PastVersion {
  Seq seq = 0;
  base::Time at{};
  std::optional<std::string> label;
  std::vector<std::string> authors;  // since the version before, each once, in the order of coming
  std::int64_t updates = 0;          // since then
};

inline constexpr base::Seconds kPause{5 * 60};
inline constexpr base::Seconds kLongestStretch{3600};

// Cuts rows (newest first) into versions (newest first). Pure.
std::vector<PastVersion> cut_history(const std::vector<UpdateRow>& rows,
                                     const std::vector<VersionRow>& named);

struct PastPage {
  std::vector<PastVersion> versions;
  std::optional<Seq> next;  // go on before it
};
base::Result<PastPage> past_versions(storage::Transaction& tx, DocumentNo no, Seq before,
                                     std::size_t limit);

// The document as it was after update `seq`. kGone version_not_kept; kNotFound version_not_found
// (it has not come that far).
base::Result<crdt::Doc> document_at(storage::Transaction& tx, const DocumentRow& document, Seq seq);
// The same as one update (V1).
base::Result<std::string> state_at(storage::Transaction& tx, const DocumentRow& document, Seq seq);

}  // namespace ashlar::documents
