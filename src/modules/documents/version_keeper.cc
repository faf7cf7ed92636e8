#include "modules/documents/version_keeper.h"

#include <string>
#include <string_view>
#include <utility>

#include "modules/documents/document_past.h"
#include "modules/documents/documents_store.h"
#include "modules/documents/live_document.h"
#include "platform/storage/database.h"

namespace ashlar::documents {
namespace {

using base::Result;

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "document_not_found", "There is no such document.");
}

// The newest state that the log has: what this process has in memory may be behind another's, and
// its numbers may become another's.
struct Present {
  Seq seq = 0;
  std::string state;
};
Result<Present> read_present(storage::Transaction& tx, const LiveDocument& live) {
  ASHLAR_ASSIGN(const auto row, store::find(tx, live.name()));
  if (!row || row->no != live.row().no) return not_found();
  ASHLAR_ASSIGN(std::string state, state_at(tx, *row, row->seq));
  return Present{row->seq, std::move(state)};
}

// The bytes that it takes; 0: its snapshot was there already.
Result<std::int64_t> insert(storage::Transaction& tx, const LiveDocument& live,
                            const VersionRow& version, std::string_view state) {
  ASHLAR_ASSIGN(const auto row, store::find(tx, live.name()));
  if (!row || row->no != live.row().no) return not_found();
  ASHLAR_ASSIGN(const bool is_new,
                store::insert_snapshot(tx, row->no, {version.seq, version.at, std::string(state)}));
  const std::size_t bytes = is_new ? state.size() : 0;
  if (is_new) ASHLAR_TRY(live.check_room(row->stored_bytes, bytes));
  ASHLAR_TRY(store::insert_version(tx, row->no, version));
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

Result<KeptVersion> keep_version(storage::Database& db, const LiveDocument& live,
                                 VersionRow version) {
  const base::TenantId tenant = live.row().tenant;
  // Read and encoded before anything is locked: a large document takes its time.
  ASHLAR_ASSIGN(const Present present,
                db.read(storage::Context::tenant(tenant),
                        [&](storage::Transaction& tx) { return read_present(tx, live); }));
  version.seq = present.seq;
  // What was read does not change any more: whoever goes on writing shall not make this fail.
  ASHLAR_ASSIGN(
      const std::int64_t bytes,
      db.write(storage::Context::tenant(tenant).read_committed(),
               [&](storage::Transaction& tx) { return insert(tx, live, version, present.state); }));
  return KeptVersion{present.seq, bytes};
}

}  // namespace ashlar::documents
