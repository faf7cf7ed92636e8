#include "modules/payments/story_store.h"

#include "platform/storage/database.h"

namespace ashlar::payments::store {
namespace {

using storage::Audience;
using storage::Sql;

constexpr Sql kTransfersOf{
    Audience::kTenant,
    "SELECT id FROM ledger_ids WHERE tenant_id = :tenant AND id >= ?1 AND id < ?2 AND no > 0 "
    "ORDER BY id LIMIT ?3"};

}  // namespace

base::Result<std::vector<std::string>> transfers_of(storage::Transaction& tx,
                                                    std::string_view subject) {
  // ';' is the character after ':'.
  const std::string from = std::string(subject) + ":";
  const std::string until = std::string(subject) + ";";
  std::vector<std::string> ids;
  ASHLAR_TRY(tx.query(kTransfersOf, {from, until, kMaxStoryTransfers},
                      [&](const storage::Row& row) { ids.emplace_back(row.text(0)); }));
  return ids;
}

}  // namespace ashlar::payments::store
