// ProviderParts: the providers that the settings name, and the way from what they tell by
// themselves to the core.
#pragma once

#include <memory>
#include "modules/payments/hearing.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/providers/card_api_connector.h"
#include "modules/payments/providers/provider_router.h"
#include "modules/payments/providers/sandbox.h"

namespace ashlar::payments {

class PaymentsModule::ProviderParts {
 public:
  ProviderParts(const Options& options, storage::Database& db, const base::Clock& clock,
                obs::Registry& metrics, obs::Log& log);

  void tell(Hear hear);                            // before start()
  base::Status set_routes(std::string_view text);  // provider_router.h; before start()
  void start();
  void stop();

  [[nodiscard]] const ProviderRouter& router() const { return router_; }
  [[nodiscard]] Sandbox* sandbox() const { return sandbox_.get(); }

 private:
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<CardApiConnector> card_api_;
  ProviderRouter router_;  // last: what it guards is there as long as it is
};

}  // namespace ashlar::payments
