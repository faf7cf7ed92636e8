#include "modules/links/domain_proofs.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "modules/links/domain_table.h"
#include "modules/links/domains.h"
#include "modules/links/domains_store.h"
#include "modules/links/links.h"
#include "platform/jobs/jobs.h"
#include "platform/observability/metrics.h"
#include "platform/security/hmac.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

constexpr const char* kKind = "links.domain_proof";
constexpr std::size_t kChallengeBytes = 24;
constexpr const char* kHeld = "domain_held";

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "domain_not_found", "There is no such domain.");
}

DomainId id_of(const std::string& payload) {
  std::int64_t id = 0;
  std::from_chars(payload.data(), payload.data() + payload.size(), id);
  return DomainId(id);
}

// How soon a job looks again that has been looking for so long.
base::Seconds pause_after(std::chrono::nanoseconds age) {
  if (age < std::chrono::minutes{10}) return base::Seconds{60};
  if (age < std::chrono::hours{2}) return base::Seconds{600};
  return base::Seconds{3'600};
}

}  // namespace

std::string challenge_of(std::string_view secret, base::TenantId tenant, std::string_view host) {
  const std::string name = "links-domain/" + std::to_string(tenant.value) + "/";
  const std::string tag = security::hmac_sha256(secret, {name, host});
  return base::base64url_encode(std::string_view(tag).substr(0, kChallengeBytes));
}

DomainProofs::DomainProofs(Options options, storage::Database& db, const Domains& domains,
                           jobs::Jobs* jobs, const base::Clock& clock, obs::Registry& metrics)
    : options_(std::move(options)),
      db_(db),
      domains_(domains),
      jobs_(jobs),
      clock_(clock),
      dns_(options_.dns),
      proved_(metrics.make_counter("ashlar_links_domain_checks_total",
                                   "Look-ups of domains' records, by what they showed.",
                                   {{"outcome", "proved"}})),
      unproved_(metrics.make_counter("ashlar_links_domain_checks_total",
                                     "Look-ups of domains' records, by what they showed.",
                                     {{"outcome", "unproved"}})) {}

std::string DomainProofs::challenge(const Domain& domain) const {
  return challenge_of(options_.secret, domain.tenant, domain.host);
}

base::Result<Domain> DomainProofs::add(Transaction& tx, const NewDomain& wanted) const {
  ASHLAR_ASSIGN(Domain domain, domains_.create(tx, wanted));
  ASHLAR_TRY(enqueue(tx, domain));
  return domain;
}

base::Status DomainProofs::enqueue(Transaction& tx, const Domain& domain) const {
  if (jobs_ == nullptr || domain.is_active()) return base::ok_status();
  jobs::NewJob job;
  job.kind = kKind;
  job.payload = std::to_string(domain.id.value);
  job.unique_key = job.payload;
  job.max_attempts = jobs::kMaxAttempts;
  job.run_at = clock_.now() + pause_after(std::chrono::nanoseconds{0});
  ASHLAR_TRY(jobs_->enqueue(tx, job));
  return base::ok_status();
}

base::Result<std::string> DomainProofs::look(const Domain& domain) {
  const auto texts = dns_.look_up(std::string(kChallengeLabel) + domain.host);
  if (!texts.ok()) {
    if (std::string_view(texts.error().reason) == "dns_busy") return texts.error();
    return std::string("dns_unavailable");
  }
  if (texts->empty()) return std::string("txt_missing");
  const std::string wanted = challenge(domain);
  return std::ranges::find(*texts, wanted) == texts->end() ? std::string("txt_wrong")
                                                           : std::string();
}

base::Result<Domain> DomainProofs::check(base::TenantId tenant, std::string_view host,
                                         base::Mono deadline) {
  ASHLAR_ASSIGN(const Domain domain,
                db_.read(Context::tenant(tenant, deadline),
                         [&](Transaction& tx) { return domains_.find(tx, host); }));
  ASHLAR_ASSIGN(const std::string found, look(domain));
  (found.empty() ? proved_ : unproved_).add();
  return settle(domain.id, found, deadline);
}

// What a domain says of itself may have changed since it was read; its host never does.
base::Result<Domain> DomainProofs::settle(DomainId id, const std::string& found,
                                          base::Mono deadline) const {
  return db_.write(Context::platform(PlatformUse::kMaintenance, deadline),
                   [&](Transaction& tx) -> base::Result<Domain> {
                     ASHLAR_ASSIGN(std::optional<Domain> domain, store::load_domain_by_id(tx, id));
                     if (!domain) return not_found();
                     domain->checked_at = clock_.now();
                     domain->check_error = found;
                     const bool more = found.empty() && domain->proof != DomainProof::kOperator &&
                                       domain->proof != DomainProof::kDns;
                     const base::Status given =
                         more ? give(tx, *domain, DomainProof::kDns) : base::ok_status();
                     if (!given.ok() && std::string_view(given.error().reason) != kHeld) {
                       return given.error();
                     }
                     if (!given.ok()) domain->check_error = kHeld;
                     if (!more || !given.ok()) ASHLAR_TRY(store::put_proof(tx, *domain));
                     return std::move(*domain);
                   });
}

base::Status DomainProofs::change(Transaction& tx, Domain& domain, DomainProof proof) const {
  domain.proof = proof;
  domain.version += 1;
  domain.updated_at = clock_.now();
  ASHLAR_TRY(store::put_proof(tx, domain));
  tx.notify(kDomainsChannel, domain.host);
  tx.notify(kLinksChannel, link_key({.host = domain.host, .code = {}}));
  return base::ok_status();
}

base::Status DomainProofs::give(Transaction& tx, Domain& domain, DomainProof proof) const {
  ASHLAR_ASSIGN(std::optional<Domain> holder, store::load_domain(tx, domain.host));
  if (holder && holder->id != domain.id) {
    if (proof == DomainProof::kDns && holder->proof == DomainProof::kOperator) {
      return base::fail(base::Code::kConflict, kHeld, "The operator gave this host to another.");
    }
    ASHLAR_TRY(change(tx, *holder, DomainProof::kNone));
  }
  return change(tx, domain, proof);
}

base::Result<Domain> DomainProofs::approve(Transaction& tx, DomainId id) const {
  ASHLAR_ASSIGN(std::optional<Domain> domain, store::load_domain_by_id(tx, id));
  if (!domain) return not_found();
  if (domain->proof != DomainProof::kOperator) {
    ASHLAR_TRY(give(tx, *domain, DomainProof::kOperator));
  }
  return std::move(*domain);
}

base::Result<Domain> DomainProofs::revoke(Transaction& tx, DomainId id) const {
  ASHLAR_ASSIGN(std::optional<Domain> domain, store::load_domain_by_id(tx, id));
  if (!domain) return not_found();
  if (domain->is_active()) ASHLAR_TRY(change(tx, *domain, DomainProof::kNone));
  return std::move(*domain);
}

jobs::KindOptions DomainProofs::kind() {
  jobs::KindOptions options;
  options.kind = kKind;
  options.handler = jobs::Handler([this](const jobs::Attempt& attempt) { return work(attempt); });
  options.concurrency = 2;  // people who ask by hand have the rest of TxtLookup::kAtOnce
  options.prefetch = 10;
  return options;
}

jobs::Outcome DomainProofs::work(const jobs::Attempt& attempt) {
  const auto age = clock_.now() - attempt.job.enqueued_at;
  const base::Time again = clock_.now() + pause_after(age);
  const auto domain = db_.read(
      Context::platform(PlatformUse::kMaintenance, attempt.deadline),
      [&](Transaction& tx) { return store::load_domain_by_id(tx, id_of(attempt.job.payload)); });
  if (!domain.ok()) return jobs::Outcome::failed(domain.error().detail);
  if (!*domain || (*domain)->is_active()) return jobs::Outcome::done();
  const auto checked = check((*domain)->tenant, (*domain)->host, attempt.deadline);
  if (!checked.ok()) {
    if (checked.error().code == base::Code::kNotFound) return jobs::Outcome::done();
    return jobs::Outcome::snoozed(again);
  }
  if (checked->is_active() || age > kPatience) return jobs::Outcome::done();
  return jobs::Outcome::snoozed(again);
}

}  // namespace ashlar::links
