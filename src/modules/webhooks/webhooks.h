// Webhooks: the rules of endpoints and of what may be sent again.
//
// Functions run in the caller's transaction, for its tenant; endpoint.h and delivery.h have the
// states. Jobs are enqueued in the same transaction, so what was asked for is on its way if and
// only if it has committed.
//
// Errors beside storage's: kInvalid what check_target() says (outbound/target.h),
// event_type_malformed, rate_invalid, secret_malformed, range_invalid; kConflict too_many_webhooks,
// webhook_disabled, delivery_delivered; kNotFound webhook_not_found, delivery_not_found.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/webhooks/deliveries_store.h"
#include "modules/webhooks/delivery.h"
#include "modules/webhooks/endpoint.h"
#include "modules/webhooks/signing_keys.h"
#include "platform/outbound/standard_webhooks.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::jobs {
class Jobs;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::webhooks {

class EndpointHealth;

struct NewEndpoint {
  std::string url;
  std::vector<std::string> event_types;
  std::optional<std::string> description;
  outbound::SignatureKind signature = outbound::SignatureKind::kHmac;
  std::optional<std::string> secret;  // "whsec_…" of the caller's choosing
  BodyFormat format = BodyFormat::kStandard;
  bool ordered = false;
  std::optional<double> rate_per_s;
  std::int64_t max_running = kDefaultMaxRunning;
};

// Unset: stays.
struct EndpointChange {
  std::optional<std::string> url;
  std::optional<std::vector<std::string>> event_types;
  std::optional<std::optional<std::string>> description;
  std::optional<BodyFormat> format;
  std::optional<bool> ordered;
  std::optional<std::optional<double>> rate_per_s;
  std::optional<std::int64_t> max_running;
  std::optional<bool> enabled;
};

// The only moment at which a secret is known outside.
struct WithSecret {
  Endpoint endpoint;
  outbound::SigningKey key;
};

struct TestSend {
  std::string event_type;  // empty: kTestType
  std::string data;        // a JSON object; empty: one that says what it is
};

struct ReplayRequest {
  store::ReplayRange range;
  std::vector<std::string> event_ids;  // not empty: these, whatever the range
  store::Position after{INT64_MIN, 0};
};
struct Replayed {
  std::int64_t count = 0;
  std::optional<store::Position> next;  // there may be more behind it
};

class Webhooks {
 public:
  static constexpr std::int64_t kReplayBatch = 500;
  static constexpr base::Seconds kDefaultOverlap{24 * 3600};

  // All outlive it.
  Webhooks(bool allow_private, const security::SecretBox& box, jobs::Jobs& jobs,
           EndpointHealth& health, const base::Clock& clock, base::Entropy& entropy)
      : allow_private_(allow_private),
        box_(box),
        jobs_(jobs),
        health_(health),
        clock_(clock),
        entropy_(entropy) {}

  base::Result<WithSecret> create(storage::Transaction& tx, const NewEndpoint& wanted) const;
  base::Result<Endpoint> find(storage::Transaction& tx, EndpointId id) const;
  base::Result<Endpoint> update(storage::Transaction& tx, EndpointId id,
                                const EndpointChange& change) const;
  base::Status remove(storage::Transaction& tx, EndpointId id) const;
  // Without `kind` that of the newest key.
  base::Result<WithSecret> rotate(storage::Transaction& tx, EndpointId id,
                                  std::optional<outbound::SignatureKind> kind,
                                  base::Seconds overlap) const;
  base::Result<Delivery> test(storage::Transaction& tx, EndpointId id, const TestSend& send) const;

  base::Result<Delivery> find_delivery(storage::Transaction& tx, EndpointId endpoint,
                                       DeliveryId id) const;
  // A failed one from the start of the plan, a pending one now.
  base::Result<Delivery> retry(storage::Transaction& tx, EndpointId endpoint, DeliveryId id) const;
  base::Result<Replayed> replay(storage::Transaction& tx, EndpointId endpoint,
                                const ReplayRequest& request) const;

  // "whpk_…" of each asymmetric key that signs now.
  [[nodiscard]] std::vector<std::string> public_keys(const Endpoint& endpoint) const;
  [[nodiscard]] outbound::SignatureKind signature_of(const Endpoint& endpoint) const;

 private:
  base::Status save(storage::Transaction& tx, const Endpoint& endpoint) const;
  base::Status enqueue_again(storage::Transaction& tx, const Endpoint& endpoint,
                             const std::vector<Delivery>& deliveries) const;
  [[nodiscard]] outbound::SigningKey make_key(outbound::SignatureKind kind) const;

  const bool allow_private_;
  const security::SecretBox& box_;
  jobs::Jobs& jobs_;
  EndpointHealth& health_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
};

}  // namespace ashlar::webhooks
