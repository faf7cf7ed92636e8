// PaymentsModule: everything of payments and the ledger that lives as long as the program, and the
// tables of their routes.
//
//   construct ──> runner and consumers get what they work ──> start() ──> routes are served
//     ──> last request answered ──> stop(): providers first, then what is queued is booked
//
// start() takes up what a dead process has left, before anything is asked; then three rounds of
// house-keeping run: calls whose end is unknown are asked about (each second), money becomes
// available and holds expire (each ten seconds), old claims and notices go (each minute).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/native_face.h"
#include "modules/payments/open_work.h"
#include "modules/payments/payments.h"
#include "platform/http/route.h"
#include "platform/runtime/periodic.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::payments {

class Providers;
class Sandbox;

class PaymentsModule {
 public:
  struct Options {
    std::string ledger_seed;             // HeadSigner::kSeedBytes: the installation's kHeadSecret
    std::vector<std::string> providers;  // "sandbox", "stripe": in the order of trying
    std::string sandbox_secret;          // Sandbox::kSecretBytes
    std::uint64_t sandbox_seed = 0;      // 0: benign
    std::string stripe_key, stripe_webhook_secret, stripe_url;
    bool allow_private = false;  // providers on loopback and in private networks
    std::string public_url;      // where customers of the sandbox authenticate
    std::string routes;          // provider_router.h; empty: as in `providers`
    std::uint64_t seed = 1;      // of jitter
    base::Millis call_deadline{10'000};
    base::Millis lease{20'000};  // PaymentsOptions::lease
    std::size_t calls_at_once = 256;
    base::Seconds keep_keys{25 * 3600};
    base::Seconds keep_notices{90 * 86400};
    base::Seconds settle_after{2 * 24 * 3600};
    base::Seconds authorization_life{7 * 24 * 3600};
  };

  // All by reference outlives it. start() says what is wrong with the options.
  PaymentsModule(const Options& options, storage::Database& database, events::Outbox& outbox,
                 const base::Clock& clk, base::Entropy& entropy, obs::Registry& metrics,
                 obs::Log& own_log);
  ~PaymentsModule();  // stop()
  PaymentsModule(const PaymentsModule&) = delete;
  PaymentsModule& operator=(const PaymentsModule&) = delete;

  base::Status start();
  void stop();  // idempotent

  [[nodiscard]] const Providers& providers() const;
  [[nodiscard]] Sandbox* sandbox() const;  // null: not among them

 private:
  class ProviderParts;  // the ones that the settings name, and their router

 public:
  storage::Database& db;
  const base::Clock& clock;
  obs::Log& log;
  ledger::LedgerModule ledger;

 private:
  std::unique_ptr<ProviderParts> provider_parts_;

 public:
  const NativeFace native;
  Payments payments;

 private:
  OpenWork open_work_;
  const std::string routes_;
  std::optional<runtime::Periodic> resolving_, settling_, reaping_;
  bool stopped_ = false;
};

// All outlive the table. Payments', disputes', customers', payouts'; not the ledger's
// (ledger::ledger_routes).
http::RouteTable payments_routes(PaymentsModule& module, const http::CursorCodec& cursors);
http::RouteTable customers_routes(PaymentsModule& module, const http::CursorCodec& cursors);

// A tenant's payments, customers and what the sandbox keeps of them, exported; everything, erased.
security::TenantData payments_tenant_data();

}  // namespace ashlar::payments
