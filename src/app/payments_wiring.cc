#include "app/payments_wiring.h"

#include "app/config.h"
#include "app/installation.h"
#include "modules/payments/ledger/head.h"
#include "modules/payments/ledger/ledger_module.h"
#include "modules/payments/providers/sandbox.h"
#include "modules/payments/providers/sandbox_statement.h"

namespace ashlar::app {

base::Result<payments::PaymentsModule::Options> payments_options(const Config& config,
                                                                 Installation& ashlar,
                                                                 const std::string& public_url) {
  const PaymentsConfig& given = config.payments;
  payments::PaymentsModule::Options options;
  ASHLAR_ASSIGN(options.ledger_seed,
                ashlar.settings->get_or_create_secret(std::string(ledger::kHeadSecret),
                                                      ledger::HeadSigner::kSeedBytes));
  ASHLAR_ASSIGN(options.sandbox_secret, ashlar.settings->get_or_create_secret(
                                            "sandbox_secret", payments::Sandbox::kSecretBytes));
  options.providers = given.providers;
  options.sandbox_seed = given.sandbox_seed;
  options.stripe_key = given.stripe_key;
  options.stripe_webhook_secret = given.stripe_webhook_secret;
  options.stripe_url = given.stripe_url;
  options.allow_private = given.allow_private;
  options.public_url = public_url;
  options.routes = given.routes;
  options.seed = ashlar.entropy.u64();
  options.call_deadline = base::Millis{given.call_deadline_ms};
  options.lease = base::Millis{given.lease_ms};
  options.calls_at_once = given.calls_at_once;
  options.keep_keys = base::Seconds{given.keep_keys_s};
  options.keep_notices = base::Seconds{given.keep_notices_s};
  options.settle_after = base::Seconds{given.settle_s};
  options.authorization_life = base::Seconds{given.hold_s};
  return options;
}

payments::Checkout::Options checkout_options(const Config& config, Installation& ashlar) {
  const PaymentsConfig& given = config.payments;
  return {.stock_url = given.checkout_stock_url,
          .order_url = given.checkout_order_url,
          .access_url = given.checkout_access_url,
          .allow_private = given.allow_private,
          .seed = ashlar.entropy.u64()};
}

std::vector<payments::reconcile::StatementSource> statement_sources(
    const payments::PaymentsModule& payments) {
  payments::Sandbox* const sandbox = payments.sandbox();
  if (sandbox == nullptr) return {};
  const auto fetch = [sandbox](base::TenantId tenant,
                               payments::reconcile::Day day) -> base::Result<std::string> {
    ASHLAR_ASSIGN(const payments::SandboxStatement statement,
                  sandbox->statement(tenant, payments::reconcile::start_of(day)));
    return payments::statement_json(statement);
  };
  return {{std::string(sandbox->name()), payments::reconcile::StatementFormat::kSandbox, fetch}};
}

}  // namespace ashlar::app
