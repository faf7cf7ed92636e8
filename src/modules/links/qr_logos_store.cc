#include "modules/links/qr_logos_store.h"

#include <array>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kPut{Audience::kTenant,
                   "INSERT INTO links_qr_logos (tenant_id, domain_id, updated_at, width, height,"
                   " png) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant_id, domain_id)"
                   " DO UPDATE SET updated_at = excluded.updated_at, width = excluded.width,"
                   " height = excluded.height, png = excluded.png"};
constexpr Sql kFind{Audience::kTenant,
                    "SELECT width, height, updated_at, png FROM links_qr_logos"
                    " WHERE tenant_id = :tenant AND domain_id = ?1"};
constexpr Sql kRemove{Audience::kTenant,
                      "DELETE FROM links_qr_logos WHERE tenant_id = :tenant AND domain_id = ?1"};
constexpr Sql kErase{Audience::kTenant,
                     "DELETE FROM links_qr_logos WHERE tenant_id = :tenant AND domain_id IN (SELECT"
                     " domain_id FROM links_qr_logos WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 4> kStatements{&kPut, &kFind, &kRemove, &kErase};

}  // namespace

base::Status put_qr_logo(storage::Transaction& tx, DomainId domain, const QrLogo& logo) {
  ASHLAR_TRY(tx.execute(kPut, {domain.value, base::to_micros(logo.updated_at), logo.width,
                               logo.height, storage::Blob{logo.png}}));
  return base::ok_status();
}

base::Result<std::optional<QrLogo>> find_qr_logo(storage::Transaction& tx, DomainId domain) {
  std::optional<QrLogo> found;
  ASHLAR_TRY(tx.query(kFind, {domain.value}, [&](const Row& row) {
    found = QrLogo{.width = row.integer(0),
                   .height = row.integer(1),
                   .updated_at = base::from_micros(row.integer(2)),
                   .png = std::string(row.blob(3))};
  }));
  return found;
}

base::Result<bool> remove_qr_logo(storage::Transaction& tx, DomainId domain) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kRemove, {domain.value}));
  return rows > 0;
}

base::Result<std::int64_t> erase_qr_logos(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kErase, {limit});
}

std::span<const Sql* const> qr_logo_statements() { return kStatements; }

}  // namespace ashlar::links::store
