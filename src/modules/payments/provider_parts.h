// ProviderParts: the providers that the settings name, and the way from what they tell by
// themselves to the core.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/hearing.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/providers/providers.h"
#include "modules/payments/providers/sandbox.h"

namespace ashlar::payments {

class PaymentsModule::ProviderParts final : public Providers {
 public:
  ProviderParts(const Options& options, storage::Database& db, const base::Clock& clock,
                obs::Registry& metrics, obs::Log& log);

  void tell(Hear hear);  // before start()
  void start();
  void stop();

  [[nodiscard]] std::vector<std::string> route(const ProviderCall& call) const override;
  [[nodiscard]] Provider* find(std::string_view name) const override;

  [[nodiscard]] Sandbox* sandbox() const { return sandbox_.get(); }  // null: not among them

 private:
  std::vector<std::string> names_;
  std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace ashlar::payments
