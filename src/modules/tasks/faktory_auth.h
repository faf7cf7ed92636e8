// FaktoryAuth: for whom a connection of Faktory's protocol acts.
#pragma once

#include <string>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::tasks {

// What a client made of its password and the greeting's salt (faktory_hash).
struct FaktoryProof {
  std::string salt;
  int iterations = 0;
  std::string pwdhash;
};

class FaktoryAuth {
 public:
  virtual ~FaktoryAuth() = default;

  // Blocks on storage. kUnauthenticated, kForbidden: not with this password; others: not now.
  virtual base::Result<base::TenantId> authenticate(const FaktoryProof& proof,
                                                    base::Mono deadline) = 0;
};

}  // namespace ashlar::tasks
