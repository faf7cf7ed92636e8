#include "modules/links/abuse/domain_stops.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/flag_rules.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/domain_table.h"
#include "modules/links/domains_store.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

base::Error no_domain() {
  return base::fail(base::Code::kNotFound, "domain_not_found", "There is no such domain.");
}

}  // namespace

base::Result<base::TenantId> DomainStops::owner_of(const std::string& host) {
  ASHLAR_ASSIGN(const std::optional<Domain> found,
                db_.read(Context::platform(PlatformUse::kRedirect),
                         [&](Transaction& tx) { return links::store::load_domain(tx, host); }));
  if (!found) return no_domain();
  return found->tenant;
}

base::Result<DomainStop> DomainStops::stop(const std::string& host, const std::string& note) {
  ASHLAR_ASSIGN(const base::TenantId tenant, owner_of(host));
  return db_.write(Context::tenant(tenant), [&](Transaction& tx) -> base::Result<DomainStop> {
    ASHLAR_ASSIGN(const std::optional<DomainStop> found, store::find_stop(tx, host));
    DomainStop stop = found.value_or(DomainStop{.tenant = tenant, .host = host, .reason = {}});
    stop.reason = kByOperator;
    stop.note = note;
    stop.at = clock_.now();
    ASHLAR_TRY(store::put_stop(tx, stop));
    tx.notify(kDomainsChannel, host);
    return stop;
  });
}

// What is cleared is written first, as reviews do: should this end between the two, the domain is
// still stopped.
base::Status DomainStops::release(const std::string& host) {
  ASHLAR_ASSIGN(const base::TenantId tenant, owner_of(host));
  ASHLAR_ASSIGN(const std::optional<DomainStop> stop,
                db_.read(Context::tenant(tenant),
                         [&](Transaction& tx) { return store::find_stop(tx, host); }));
  if (!stop) return base::ok_status();
  const std::vector<ListMatch> entries = entries_from_stored(stop->entries);
  if (!entries.empty()) {
    ASHLAR_TRY(db_.write(
        Context::platform(PlatformUse::kTenantAdmin), [&](Transaction& tx) -> base::Status {
          for (const ListMatch& each : entries) {
            ASHLAR_TRY(store::add_clearance(tx, each.url, each.entry, clock_.now()));
          }
          return base::ok_status();
        }));
  }
  return db_.write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::remove_stop(tx, host));
    tx.notify(kDomainsChannel, host);
    return base::ok_status();
  });
}

base::Result<std::vector<DomainStop>> DomainStops::list(base::TenantId after,
                                                        const std::string& after_host,
                                                        std::int64_t limit) {
  std::vector<DomainStop> found;
  ASHLAR_TRY(db_.read(Context::platform(PlatformUse::kTenantAdmin), [&](Transaction& tx) {
    found.clear();
    return store::list_stops(tx, after, after_host, limit,
                             [&](DomainStop stop) { found.push_back(std::move(stop)); });
  }));
  return found;
}

base::Result<std::vector<ListMatch>> DomainStops::entries_of(const DomainPages& pages) {
  ASHLAR_ASSIGN(const std::optional<DomainStop> stop,
                db_.read(Context::tenant(pages.tenant),
                         [&](Transaction& tx) { return store::find_stop(tx, pages.host); }));
  return stop ? entries_from_stored(stop->entries) : std::vector<ListMatch>();
}

base::Status DomainStops::checked(const DomainPages& pages, const std::vector<ListMatch>& found) {
  return db_.write(Context::tenant(pages.tenant), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const std::optional<DomainPages> now, store::find_pages(tx, pages.id));
    if (!now || now->root_url != pages.root_url || now->not_found_url != pages.not_found_url) {
      return base::ok_status();
    }
    ASHLAR_ASSIGN(const std::optional<DomainStop> before, store::find_stop(tx, pages.host));
    ASHLAR_ASSIGN(const std::vector<ListMatch> matches, store::uncleared(tx, found));
    const bool by_operator = before && before->reason == kByOperator;
    if (matches.empty()) {
      if (!before || by_operator) return base::ok_status();
      ASHLAR_TRY(store::remove_stop(tx, pages.host));
      tx.notify(kDomainsChannel, pages.host);
      return base::ok_status();
    }
    DomainStop stop = before.value_or(
        DomainStop{.tenant = pages.tenant, .host = pages.host, .reason = {}, .at = clock_.now()});
    const bool denied =
        std::ranges::any_of(matches, [](const ListMatch& match) { return match.type == kDenied; });
    if (!by_operator) stop.reason = denied ? "denied" : "list";
    stop.entries = stored_entries(matches);
    if (before && before->reason == stop.reason && before->entries == stop.entries) {
      return base::ok_status();
    }
    ASHLAR_TRY(store::put_stop(tx, stop));
    if (!before) tx.notify(kDomainsChannel, pages.host);
    return base::ok_status();
  });
}

}  // namespace ashlar::links::abuse
