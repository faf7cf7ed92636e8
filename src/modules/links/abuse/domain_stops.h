// DomainStops: whether the pages of a domain (root_url, not_found_url) are followed: by the
// operator's word, a denial or a list.
//
//   followed ──checked(): a list has them, or their host is denied──> stopped ─┐
//      ^  └─────────────stop(): the operator──> stopped (operator)             │
//      └──────────release(): the operator; or the lists let go of them─────────┘
//
// Promises
//  1. While a host is stopped its "/" and its unknown codes lead nowhere that the domain names, in
//     every process; links on it are another matter.
//  2. No owner ends a stop: not by other pages, and not by removing the domain.
//  3. What the operator releases is remembered by URL and entry, as a link's clearance is
//     (reviews.h): it is not stopped for that again.
//
// Errors: kNotFound domain_not_found; and storage's. Any thread; each opens its own transactions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/abuse/domain_stops_store.h"
#include "modules/links/abuse/list_verdict.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::links::abuse {

class DomainStops {
 public:
  // Both outlive it.
  DomainStops(storage::Database& db, const base::Clock& clock) : db_(db), clock_(clock) {}

  // By the operator, of the domain that is followed on that host.
  base::Result<DomainStop> stop(const std::string& host, const std::string& note);
  base::Status release(const std::string& host);
  base::Result<std::vector<DomainStop>> list(base::TenantId after, const std::string& after_host,
                                             std::int64_t limit);

  // What the domain was stopped for: to be looked up too.
  base::Result<std::vector<ListMatch>> entries_of(const DomainPages& pages);
  // What a look at `pages`, as they were, has found, and at what they were stopped for.
  base::Status checked(const DomainPages& pages, const std::vector<ListMatch>& found);

 private:
  base::Result<base::TenantId> owner_of(const std::string& host);

  storage::Database& db_;
  const base::Clock& clock_;
};

}  // namespace ashlar::links::abuse
