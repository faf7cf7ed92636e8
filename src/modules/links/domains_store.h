// DomainsStore: every line of SQL about domains. No rules here.
//
// Functions run in the caller's transaction and for its tenant, but for those that say whose.
// Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "modules/links/domain.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

// Sets domain.id. False: the tenant has it already, or it is to be active and is another tenant's.
base::Result<bool> insert_domain(storage::Transaction& tx, Domain& domain);
base::Result<std::optional<Domain>> find_domain(storage::Transaction& tx, std::string_view host);
// Writes everything that can change, of the domain with this id.
base::Status update_domain(storage::Transaction& tx, const Domain& domain);
// REQUIRES: !domain_has_links().
base::Status remove_domain(storage::Transaction& tx, DomainId id);
base::Result<bool> domain_has_links(storage::Transaction& tx, DomainId id);
// How many the tenant has, counted up to `most`.
base::Result<std::int64_t> count_domains(storage::Transaction& tx, std::int64_t most);
// The first `limit` after `after`, by host.
base::Status list_domains(storage::Transaction& tx, std::string_view after, std::int64_t limit,
                          const std::function<void(Domain)>& sink);

// Of whichever tenant, in a platform transaction: those that are active, as they are followed,
// without their pages where they are stopped.
base::Status load_domains(storage::Transaction& tx, DomainId after, std::int64_t limit,
                          const std::function<void(Domain)>& sink);
base::Result<std::optional<Domain>> load_domain(storage::Transaction& tx, std::string_view host);

// Of whichever tenant, in a platform transaction: all.
base::Result<std::optional<Domain>> load_domain_by_id(storage::Transaction& tx, DomainId id);
// Writes proof, what was found, updated_at and version.
base::Status put_proof(storage::Transaction& tx, const Domain& domain);
// By id; `host`: those that name it alone, unless it is "".
base::Status list_everybodys_domains(storage::Transaction& tx, std::string_view host,
                                     DomainId after, std::int64_t limit,
                                     const std::function<void(Domain)>& sink);

// Takes the tenant's first `limit` away and tells their hosts; rows removed.
base::Result<std::int64_t> erase_domains(storage::Transaction& tx, std::int64_t limit,
                                         const std::function<void(std::string_view host)>& sink);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> domain_statements();

}  // namespace ashlar::links::store
