// WebhooksModule: everything of webhooks that lives as long as the program, and the table of its
// routes.
//
// Order: construct → consumers().add(module.consumer()), runner.add(module.kind()) → routes are
// served, runner and consumers start, start() → stop_sending() → runner and consumers stop, last
// request answered → stop().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "modules/webhooks/attempt_recorder.h"
#include "modules/webhooks/endpoint_health.h"
#include "modules/webhooks/fan_out.h"
#include "modules/webhooks/sender.h"
#include "modules/webhooks/webhooks.h"
#include "platform/events/consumers.h"
#include "platform/http/route.h"
#include "platform/jobs/runner.h"
#include "platform/runtime/periodic.h"
#include "platform/security/secret_box.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::webhooks {

class WebhooksModule {
 public:
  static constexpr base::Seconds kKeep{30 * 24 * 3600};  // deliveries and their events

  struct Options {
    std::string box_key;         // SecretBox::kKeyBytes, the installation's
    std::string public_url;      // the source of CloudEvents
    bool allow_private = false;  // loopback and private networks may be called
    std::uint64_t seed = 1;      // of jitter
  };

  // All by reference outlives it.
  WebhooksModule(Options options, storage::Database& database, jobs::Jobs& jobs,
                 events::Outbox& outbox, const base::Clock& clk, base::Entropy& entropy,
                 obs::Registry& metrics, obs::Log& log);

  events::ConsumerOptions consumer();
  jobs::KindOptions kind();

  void start();
  // Ends what is under way, after a moment's grace; what has not been answered is sent again.
  // Before the runner stops.
  void stop_sending();
  void stop();
  // One round of house-keeping: what is older than kKeep goes.
  base::Status tend();

  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  const security::SecretBox box;
  EndpointHealth health;
  const Webhooks webhooks;
  const FanOut fan_out;
  AttemptRecorder recorder;
  Sender sender;
  std::optional<runtime::Periodic> tending;
};

// Both outlive the table.
http::RouteTable webhooks_routes(WebhooksModule& module, const http::CursorCodec& cursors);

// A tenant's endpoints (without their secrets) and deliveries, exported; everything, erased.
security::TenantData webhooks_tenant_data();

}  // namespace ashlar::webhooks
