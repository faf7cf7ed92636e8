// Domain: a host on which a tenant's links are followed, apart from the installation's own, with a
// code space of its own. Values.
//
// `host` is what a Host field is compared with: lower case, ASCII (international names as xn--…),
// no port, no dot at the end, at most kMaxDomainHostBytes (link_ref.h). Several tenants may name
// one; for one of them it is active, in the whole installation (domain_proofs.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::links {

// Why a host is its tenant's; kNone: it is not, and nothing is served there for this domain.
enum class DomainProof : std::uint8_t { kNone, kFirstCome, kOperator, kDns };

struct Domain {
  DomainId id;
  base::TenantId tenant;
  std::string host;
  std::string root_url;       // where "/" leads; "": where it leads on the installation's own host
  std::string not_found_url;  // where a code leads that is none; "": 404
  base::Time created_at;
  base::Time updated_at;
  std::int64_t version = 1;  // one more with each change; the ETag
  DomainProof proof = DomainProof::kNone;
  std::optional<base::Time> checked_at{};  // when its TXT record was last looked for
  std::string check_error{};               // what was found then; "": the record
  std::string stopped{};  // why its pages are not followed (abuse/domain_stops.h); "": they are

  [[nodiscard]] bool is_active() const { return proof != DomainProof::kNone; }
};

struct NewDomain {
  std::string host;
  std::string root_url{};
  std::string not_found_url{};
  bool by_operator = false;  // whose word is proof enough, unless the host is another tenant's
};

// What is not set stays as it is; "" takes a URL away.
struct DomainChange {
  std::optional<std::string> root_url{};
  std::optional<std::string> not_found_url{};
};

}  // namespace ashlar::links
