// Domains: the hosts on which a tenant's links are followed; the rules. (Which host is whose, for
// redirects: domain_table.h.)
//
// Every function runs inside the caller's transaction and for its tenant; another tenant's domain
// and none at all are the same to it (kNotFound domain_not_found).
//
// Promises
//  1. A host is active for one tenant in the whole installation. With Options::verify it has to
//     show that the host is its own (domain_proofs.h); without, it is for who comes first. Who
//     comes later, or has shown nothing yet, has an unverified domain: it takes links, and serves
//     none of them.
//  2. Nobody has a host of the installation's own, or one below it.
//  3. A domain goes only while it has no links, so no link is ever without its host.
//  4. Each change adds one to `version` and is told on kDomainsChannel.
// Errors: kInvalid with the fields named (domain_malformed, domain_not_ascii, domain_reserved, and
//         those of target.h), kConflict domain_taken (it is the tenant's own already),
//         too_many_domains and domain_in_use,
//         kPreconditionFailed etag_mismatch, kNotFound domain_not_found, and storage's.
// Immutable after construction: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/links/domain.h"
#include "modules/links/target.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::links::abuse {
class LinkGuard;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

struct DomainPage {
  std::vector<Domain> domains;      // by host
  std::optional<std::string> next;  // after which host the next page starts
};

class Domains {
 public:
  static constexpr std::int64_t kMaxPerTenant = 1'000;

  struct Options {
    bool verify = false;
  };
  // `clock` outlives it.
  // `guard` may be null; it may be made after this.
  Domains(OwnHosts own_hosts, const base::Clock& clock, const abuse::LinkGuard* guard = nullptr)
      : Domains({}, std::move(own_hosts), clock, guard) {}
  Domains(Options options, OwnHosts own_hosts, const base::Clock& clock,
          const abuse::LinkGuard* guard = nullptr);

  base::Result<Domain> create(storage::Transaction& tx, const NewDomain& domain) const;
  // `host`: however it is spelled.
  [[nodiscard]] base::Result<Domain> find(storage::Transaction& tx, std::string_view host) const;
  [[nodiscard]] base::Result<DomainPage> list(storage::Transaction& tx, std::string_view after,
                                              std::int64_t limit) const;
  // `if_version`, and a change that changes nothing: as in Links::update().
  base::Result<Domain> update(storage::Transaction& tx, std::string_view host,
                              const DomainChange& change,
                              std::optional<std::int64_t> if_version) const;
  base::Status remove(storage::Transaction& tx, std::string_view host,
                      std::optional<std::int64_t> if_version) const;

 private:
  base::Status insert(storage::Transaction& tx, Domain& domain) const;

  const Options options_;
  const OwnHosts own_hosts_;
  const base::Clock& clock_;
  const abuse::LinkGuard* const guard_;
};

}  // namespace ashlar::links
