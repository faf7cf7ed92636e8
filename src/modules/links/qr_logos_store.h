// QrLogosStore: every line of SQL about the logos of QR codes. No rules here.
//
// Functions run in the caller's transaction and for its tenant; a DomainId of 0 is the logo of all
// whose domain has none. Stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "modules/links/link.h"
#include "modules/links/qr_logo.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

base::Status put_qr_logo(storage::Transaction& tx, DomainId domain, const QrLogo& logo);
base::Result<std::optional<QrLogo>> find_qr_logo(storage::Transaction& tx, DomainId domain);
// False: there is none.
base::Result<bool> remove_qr_logo(storage::Transaction& tx, DomainId domain);
// Takes the tenant's first `limit` away; rows removed.
base::Result<std::int64_t> erase_qr_logos(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> qr_logo_statements();

}  // namespace ashlar::links::store
