// DomainStopsStore: every line of SQL about domains whose pages are not followed. No rules here.
//
// A stop is of a tenant's host, not of a row of links_domains: it is there when the domain is made
// anew. Functions run in the caller's transaction: for its tenant, or under a PlatformUse where
// they say so. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::abuse {

struct DomainStop {
  base::TenantId tenant;
  std::string host;
  std::string reason;  // operator, denied, list
  std::string note{};
  std::string entries{};  // stored_entries(); "": none
  base::Time at{};
};

// Where a domain sends visitors of no link, as a round looks at it.
struct DomainPages {
  DomainId id;
  base::TenantId tenant;
  std::string host;
  std::string root_url;
  std::string not_found_url;
};

namespace store {

base::Result<std::optional<DomainStop>> find_stop(storage::Transaction& tx, std::string_view host);
base::Status put_stop(storage::Transaction& tx, const DomainStop& stop);
// False: there was none.
base::Result<bool> remove_stop(storage::Transaction& tx, std::string_view host);
base::Result<std::optional<DomainPages>> find_pages(storage::Transaction& tx, DomainId id);

// kMaintenance. By id.
base::Status pages_after(storage::Transaction& tx, DomainId after, std::int64_t limit,
                         const std::function<void(DomainPages)>& sink);
base::Result<bool> has_stops(storage::Transaction& tx);
// kTenantAdmin. By tenant and host.
base::Status list_stops(storage::Transaction& tx, base::TenantId after, std::string_view after_host,
                        std::int64_t limit, const std::function<void(DomainStop)>& sink);

base::Result<std::int64_t> erase_stops(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> domain_stops_statements();

}  // namespace store
}  // namespace ashlar::links::abuse
