// ImportsStore: every line of SQL about imports. No rules here.
//
// Functions run in the caller's transaction and for its tenant. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/links/imports/link_import.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

// Sets import.id.
base::Status insert_import(storage::Transaction& tx, LinkImport& import);
base::Result<std::optional<LinkImport>> find_import(storage::Transaction& tx, ImportId id);
// Writes everything that can change; `import.version` is the next one. False: somebody else has
// changed it since the version before.
base::Result<bool> update_import(storage::Transaction& tx, const LinkImport& import);
// The newest `limit` older than `before`, newest first.
base::Status list_imports(storage::Transaction& tx, ImportId before, std::int64_t limit,
                          const std::function<void(LinkImport)>& sink);
// Those that are open or running, counted up to `most`.
base::Result<std::int64_t> count_live_imports(storage::Transaction& tx, std::int64_t most);

struct Chunk {
  std::int64_t part = 0;
  std::int64_t chunk = 0;
  std::string data;
};
base::Status put_chunk(storage::Transaction& tx, ImportId id, const Chunk& chunk);
// Takes a part away; the bytes that it had.
base::Result<std::int64_t> remove_part(storage::Transaction& tx, ImportId id, std::int64_t part);
// The first `limit` from this one on, in their order.
base::Status read_chunks(storage::Transaction& tx, ImportId id, const ImportPosition& from,
                         std::int64_t limit, const std::function<void(Chunk)>& sink);
struct PartsInfo {
  std::int64_t parts = 0;
  std::int64_t last = 0;  // the highest number
};
base::Result<PartsInfo> parts_of(storage::Transaction& tx, ImportId id);
// Takes the first `limit` chunks away; how many there were.
base::Result<std::int64_t> remove_chunks(storage::Transaction& tx, ImportId id, std::int64_t limit);

base::Status add_refusal(storage::Transaction& tx, ImportId id, const ImportRefusal& refusal);
base::Status list_refusals(storage::Transaction& tx, ImportId id, std::int64_t after_row,
                           std::int64_t limit, const std::function<void(ImportRefusal)>& sink);

// What a moved link brings with it beside itself: clicks counted elsewhere, and visitors that have
// passed its limit.
base::Status put_clicks(storage::Transaction& tx, LinkId link, std::int64_t hour,
                        std::int64_t clicks);
base::Status put_clicks_used(storage::Transaction& tx, LinkId link, std::int64_t used);

// Each takes the tenant's first `limit` rows away; rows removed.
base::Result<std::int64_t> erase_imports(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_import_chunks(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_refusals(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> import_statements();

}  // namespace ashlar::links::store
