#include "modules/links/domains.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/domain_table.h"
#include "modules/links/domains_store.h"
#include "modules/links/field_errors.h"
#include "modules/links/link_ref.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/qr_logos_store.h"
#include "platform/outbound/host_text.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "domain_not_found", "You have no such domain.");
}

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// As domains are spelled.
std::string check_host(std::string_view text, const OwnHosts& own, FieldErrors& errors) {
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    errors.add("/host", "domain_not_ascii", "Write an international name as xn--….");
    return {};
  }
  const std::optional<std::string> host = canonical_host(text);
  // With a number at its end browsers read all of it as an address.
  if (!host || host->size() > kMaxDomainHostBytes || text.front() == '[' ||
      outbound::is_number_label(outbound::split_labels(without_dot(text)).back())) {
    errors.add("/host", "domain_malformed",
               "A domain is a host name of at most 190 bytes: no scheme, no port, no address.");
    return {};
  }
  // canonical_host() calls every name of this machine so.
  if (*host == "localhost" || own.covers(*host)) {
    errors.add("/host", "domain_reserved", "This host is the installation's own.");
  }
  return *host;
}

std::string check_url(std::string_view url, const char* field, const OwnHosts& own,
                      FieldErrors& errors) {
  if (url.empty()) return {};
  base::Result<std::string> target = check_target(url, own);
  if (target.ok()) return std::move(target).value();
  errors.add(target.error(), field);
  return {};
}

base::Status check_version(const Domain& domain, std::optional<std::int64_t> if_version) {
  if (!if_version || *if_version == domain.version) return base::ok_status();
  return base::fail(base::Code::kPreconditionFailed, "etag_mismatch",
                    "The domain was changed since; read it again.");
}

}  // namespace

Domains::Domains(Options options, OwnHosts own_hosts, const base::Clock& clock,
                 const abuse::LinkGuard* guard)
    : options_(options), own_hosts_(std::move(own_hosts)), clock_(clock), guard_(guard) {}

// What is in the way is not to be seen from here: a domain of the tenant's own, or another tenant's
// that is active.
base::Status Domains::insert(storage::Transaction& tx, Domain& domain) const {
  ASHLAR_ASSIGN(bool inserted, store::insert_domain(tx, domain));
  if (!inserted && domain.is_active()) {
    domain.proof = DomainProof::kNone;
    ASHLAR_ASSIGN(inserted, store::insert_domain(tx, domain));
  }
  if (inserted) return base::ok_status();
  return base::fail(base::Code::kConflict, "domain_taken", "You have this domain already.");
}

base::Result<Domain> Domains::create(storage::Transaction& tx, const NewDomain& wanted) const {
  FieldErrors errors;
  Domain domain;
  domain.tenant = tx.context().tenant_id();
  domain.host = check_host(wanted.host, own_hosts_, errors);
  domain.root_url = check_url(wanted.root_url, "/root_url", own_hosts_, errors);
  domain.not_found_url = check_url(wanted.not_found_url, "/not_found_url", own_hosts_, errors);
  ASHLAR_TRY(errors.status());
  if (guard_ != nullptr) ASHLAR_TRY(guard_->judge_pages(tx, domain));
  ASHLAR_ASSIGN(const std::int64_t count, store::count_domains(tx, kMaxPerTenant));
  if (count >= kMaxPerTenant) {
    return base::fail(base::Code::kConflict, "too_many_domains",
                      "You have 1,000 domains; remove one first.");
  }
  domain.created_at = domain.updated_at = clock_.now();
  if (!options_.verify) domain.proof = DomainProof::kFirstCome;
  if (wanted.by_operator) domain.proof = DomainProof::kOperator;
  ASHLAR_TRY(insert(tx, domain));
  if (guard_ != nullptr) ASHLAR_TRY(guard_->follow_pages(tx, domain));
  tx.notify(kDomainsChannel, domain.host);
  return domain;
}

base::Result<Domain> Domains::find(storage::Transaction& tx, std::string_view host) const {
  const std::optional<std::string> same = canonical_host(host);
  if (!same) return not_found();
  ASHLAR_ASSIGN(std::optional<Domain> domain, store::find_domain(tx, *same));
  if (!domain) return not_found();
  return std::move(*domain);
}

base::Result<DomainPage> Domains::list(storage::Transaction& tx, std::string_view after,
                                       std::int64_t limit) const {
  DomainPage page;
  // One more than asked for tells whether there is a next page.
  ASHLAR_TRY(store::list_domains(
      tx, after, limit + 1, [&](Domain domain) { page.domains.push_back(std::move(domain)); }));
  if (static_cast<std::int64_t>(page.domains.size()) > limit) {
    page.domains.pop_back();
    page.next = page.domains.back().host;
  }
  return page;
}

base::Result<Domain> Domains::update(storage::Transaction& tx, std::string_view host,
                                     const DomainChange& change,
                                     std::optional<std::int64_t> if_version) const {
  ASHLAR_ASSIGN(Domain domain, find(tx, host));
  ASHLAR_TRY(check_version(domain, if_version));
  FieldErrors errors;
  const std::string root_url = change.root_url
                                   ? check_url(*change.root_url, "/root_url", own_hosts_, errors)
                                   : domain.root_url;
  const std::string not_found_url =
      change.not_found_url ? check_url(*change.not_found_url, "/not_found_url", own_hosts_, errors)
                           : domain.not_found_url;
  ASHLAR_TRY(errors.status());
  if (root_url == domain.root_url && not_found_url == domain.not_found_url) return domain;
  domain.root_url = root_url;
  domain.not_found_url = not_found_url;
  domain.updated_at = clock_.now();
  domain.version += 1;
  if (guard_ != nullptr) ASHLAR_TRY(guard_->judge_pages(tx, domain));
  ASHLAR_TRY(store::update_domain(tx, domain));
  if (guard_ != nullptr) ASHLAR_TRY(guard_->follow_pages(tx, domain));
  tx.notify(kDomainsChannel, domain.host);
  return domain;
}

base::Status Domains::remove(storage::Transaction& tx, std::string_view host,
                             std::optional<std::int64_t> if_version) const {
  ASHLAR_ASSIGN(const Domain domain, find(tx, host));
  ASHLAR_TRY(check_version(domain, if_version));
  ASHLAR_ASSIGN(const bool in_use, store::domain_has_links(tx, domain.id));
  if (in_use) {
    return base::fail(
        base::Code::kConflict, "domain_in_use",
        "The domain has links, or codes of removed ones, which must never lead elsewhere.");
  }
  ASHLAR_TRY(store::remove_qr_logo(tx, domain.id));
  ASHLAR_TRY(store::remove_domain(tx, domain.id));
  ASHLAR_TRY(orphans::store::forget_domain(tx, domain.id));
  tx.notify(kDomainsChannel, domain.host);
  return base::ok_status();
}

}  // namespace ashlar::links
