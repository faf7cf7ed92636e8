// WebhookEndpoint: a URL that is told of a tenant's events in this API's form, and the lines of SQL
// about it. Functions run in the caller's transaction: its tenant's, except those that are given
// one, which run on the platform.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/payment.h"

namespace ashlar::json {
class Writer;
}
namespace ashlar::security {
class SecretBox;
}
namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments::profile {

inline constexpr std::int64_t kMostEndpoints = 16;  // of a tenant

struct WebhookEndpoint {
  std::string id;  // "we_…"
  std::string url, description;
  std::vector<std::string> events;  // types, "charge.*" or "*"
  Pairs metadata;
  bool disabled = false;
  bool live = true;  // as the key was that made it
  std::string sealed_secret;
  base::Time created_at{};

  [[nodiscard]] bool wants(std::string_view type) const;
};

// In none of its texts.
base::Status refuse_card_numbers(const WebhookEndpoint& endpoint);

// The secret is sealed for this endpoint of this tenant alone.
std::string seal_secret(const security::SecretBox& box, std::string_view secret,
                        base::TenantId tenant, std::string_view endpoint);
std::optional<std::string> open_secret(const security::SecretBox& box, const WebhookEndpoint& of,
                                       base::TenantId tenant);

// `secret`: where it is shown, once; else empty.
void write_endpoint(json::Writer& out, const WebhookEndpoint& endpoint, std::string_view secret);

namespace store {

base::Status insert_endpoint(storage::Transaction& tx, const WebhookEndpoint& endpoint);
base::Status update_endpoint(storage::Transaction& tx, const WebhookEndpoint& endpoint);
base::Result<bool> delete_endpoint(storage::Transaction& tx, std::string_view id);
base::Result<std::optional<WebhookEndpoint>> find_endpoint(storage::Transaction& tx,
                                                           std::string_view id);
// Newest first.
base::Result<std::vector<WebhookEndpoint>> list_endpoints(storage::Transaction& tx);
base::Result<std::vector<WebhookEndpoint>> endpoints_of(storage::Transaction& tx,
                                                        base::TenantId tenant);
base::Result<std::int64_t> erase_endpoints(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> endpoint_statements();

}  // namespace store
}  // namespace ashlar::payments::profile
