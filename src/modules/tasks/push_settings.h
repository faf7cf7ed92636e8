// PushSettings: what sending a task must know of its tenant: with what to sign, and the limits for
// targets of its queue. Cached; a change is told by kQueuesChannel in every process, and what was
// read while it came is not kept.
//
// The signing key is made when it is first needed or asked for; after a rotation the one before is
// still signed with (both signatures are sent) for kOverlap.
// Errors: storage's; kInternal signing_key_sealed (the installation's key is another one). Blocks
// on storage where the cache does not know. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/tasks/tasks_store.h"
#include "platform/outbound/standard_webhooks.h"

namespace ashlar::security {
class SecretBox;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::tasks {

struct SigningKeys {
  std::vector<outbound::SigningKey> keys;  // the newest first
  base::Time created_at{};
  std::optional<base::Time> previous_until;
};

class PushSettings {
 public:
  static constexpr base::Seconds kOverlap{24 * 3600};
  static constexpr std::size_t kMaxKept = 10'000;

  // All outlive it.
  PushSettings(storage::Database& db, const security::SecretBox& box, const base::Clock& clock,
               base::Entropy& entropy);

  base::Result<SigningKeys> signing(base::TenantId tenant);
  base::Result<SigningKeys> rotate(base::TenantId tenant);
  base::Result<store::TargetLimits> limits(base::TenantId tenant, const std::string& queue);

 private:
  base::Result<SigningKeys> read_signing(storage::Transaction& tx) const;
  base::Result<SigningKeys> make_signing(base::TenantId tenant);
  [[nodiscard]] std::string context_of(base::TenantId tenant) const;
  void forget(std::string_view notice);

  storage::Database& db_;
  const security::SecretBox& box_;
  const base::Clock& clock_;
  base::Entropy& entropy_;

  std::mutex mutex_;  // guards what follows
  std::uint64_t changes_ = 0;
  std::map<base::TenantId, SigningKeys> signing_;
  std::map<std::pair<base::TenantId, std::string>, store::TargetLimits> limits_;
};

}  // namespace ashlar::tasks
