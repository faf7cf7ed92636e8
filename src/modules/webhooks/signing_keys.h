// SigningKeys: the keys that an endpoint's deliveries are signed with, newest first, and how long
// the older ones still count (rotation with overlap).
//
// Kept as one sealed column (SecretBox), bound to its endpoint. A value; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/webhooks/endpoint.h"
#include "platform/outbound/standard_webhooks.h"

namespace ashlar::security {
class SecretBox;
}

namespace ashlar::webhooks {

class SigningKeys {
 public:
  static constexpr std::size_t kMaxKeys = 5;
  static constexpr base::Seconds kMaxOverlap{30 * 24 * 3600};

  explicit SigningKeys(outbound::SigningKey first);

  // The new key counts from now on; those before it until now + overlap at most. Of more than
  // kMaxKeys the oldest goes.
  void rotate(outbound::SigningKey key, base::Time now, base::Seconds overlap);

  // Those that sign at that moment, newest first; never none.
  [[nodiscard]] std::vector<outbound::SigningKey> at(base::Time now) const;
  [[nodiscard]] outbound::SignatureKind kind() const { return keys_.front().key.kind; }

  [[nodiscard]] std::string seal(const security::SecretBox& box, base::TenantId tenant,
                                 EndpointId endpoint) const;
  // nullopt: sealed elsewhere, or for another endpoint.
  static std::optional<SigningKeys> open(const security::SecretBox& box, std::string_view sealed,
                                         base::TenantId tenant, EndpointId endpoint);

 private:
  struct Entry {
    outbound::SigningKey key;
    std::optional<base::Time> until;  // none: as long as it is the newest
  };
  SigningKeys() = default;

  std::vector<Entry> keys_;
};

}  // namespace ashlar::webhooks
