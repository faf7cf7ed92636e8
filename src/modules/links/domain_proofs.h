// DomainProofs: whose a host is, shown by a TXT record or said by the operator.
//
//   added ──> [unverified] ──check() finds the record; approve()──> [active]
//      └──────────────────────first come, or by the operator────────^   │
//                  ^                                                     │
//                  └──another tenant shows that it has it; revoke()──────┘
//
// Promises
//  1. A host is active for one tenant at a time. Who loses it keeps the domain and its links, which
//     lead nowhere until it is active again: nothing is removed.
//  2. A record outweighs who came first and older records; the operator's word outweighs records.
//  3. What was kept in memory of a host's links is gone, in this process, before the change is
//     acknowledged (redirects.h), in others right after its commit.
//  4. Asking the DNS has no place inside a transaction. An unverified domain is looked at by a job
//     for kPatience after it was added, or asked for by hand, later and later; then by hand alone.
//
// Errors: kNotFound domain_not_found, kConflict domain_held (the operator gave the host to
// another), kUnavailable dns_busy, and storage's. What the DNS does not show is no error:
// `check_error` of the domain says it. Any thread; check() blocks for TxtLookup::kMostTime at most.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/domain.h"
#include "platform/jobs/runner.h"
#include "platform/outbound/txt_lookup.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::links {

class Domains;

// Under it the record stands: "_ashlar-challenge.HOST".
inline constexpr std::string_view kChallengeLabel = "_ashlar-challenge.";

// What a domain's record must hold.
std::string challenge_of(std::string_view secret, base::TenantId tenant, std::string_view host);

class DomainProofs {
 public:
  static constexpr base::Seconds kPatience{72 * 3600};

  struct Options {
    std::string secret{};  // the installation's, of which the records' texts are made
    std::optional<outbound::TxtLookup::Server> dns{};  // nullopt: the machine's
  };
  // `jobs` may be null: then it is by hand alone. All outlive it.
  DomainProofs(Options options, storage::Database& db, const Domains& domains, jobs::Jobs* jobs,
               const base::Clock& clock, obs::Registry& metrics);

  [[nodiscard]] std::string challenge(const Domain& domain) const;
  // Domains::create(), and a job where it has to be shown that the host is the tenant's.
  base::Result<Domain> add(storage::Transaction& tx, const NewDomain& wanted) const;
  // With a transaction that asks for a job again. Nothing where it is active.
  base::Status enqueue(storage::Transaction& tx, const Domain& domain) const;
  // Looks for the record. `host`: however it is spelled.
  base::Result<Domain> check(base::TenantId tenant, std::string_view host, base::Mono deadline);

  // The operator's; in a platform transaction.
  base::Result<Domain> approve(storage::Transaction& tx, DomainId id) const;
  base::Result<Domain> revoke(storage::Transaction& tx, DomainId id) const;

  jobs::KindOptions kind();  // for the runner

 private:
  // What was found; "": the record.
  base::Result<std::string> look(const Domain& domain);
  base::Result<Domain> settle(DomainId id, const std::string& found, base::Mono deadline) const;
  base::Status give(storage::Transaction& tx, Domain& domain, DomainProof proof) const;
  base::Status change(storage::Transaction& tx, Domain& domain, DomainProof proof) const;
  jobs::Outcome work(const jobs::Attempt& attempt);

  const Options options_;
  storage::Database& db_;
  const Domains& domains_;
  jobs::Jobs* const jobs_;
  const base::Clock& clock_;
  outbound::TxtLookup dns_;
  obs::Counter& proved_;
  obs::Counter& unproved_;
};

}  // namespace ashlar::links
