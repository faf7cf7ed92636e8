#include "modules/payments/provider_parts.h"

#include <algorithm>
#include <utility>

namespace ashlar::payments {
namespace {

Sandbox::Options sandbox_options(const PaymentsModule::Options& options) {
  Sandbox::Options sandbox;
  sandbox.terms.public_url = options.public_url;
  sandbox.terms.secret = options.sandbox_secret;
  sandbox.terms.authorization_lives = options.authorization_life;
  sandbox.faults = SandboxFaults::of_seed(options.sandbox_seed);
  return sandbox;
}

}  // namespace

PaymentsModule::ProviderParts::ProviderParts(const Options& options, storage::Database& db,
                                             const base::Clock& clock, obs::Registry& metrics,
                                             obs::Log& log)
    : names_(options.providers) {
  if (std::ranges::find(names_, "sandbox") != names_.end()) {
    sandbox_ = std::make_unique<Sandbox>(sandbox_options(options), db, clock, metrics, log);
  }
}

void PaymentsModule::ProviderParts::tell(Hear hear) {
  if (!sandbox_) return;
  sandbox_->tell([this, hear = std::move(hear)](const Sandbox::Webhook& webhook,
                                                std::function<void(base::Status)> taken) {
    auto notices = sandbox_->read_webhook(webhook.body, webhook.headers);
    if (!notices.ok()) return taken(std::move(notices).error());
    hear_all(std::string(sandbox_->name()), *std::move(notices), hear, std::move(taken));
  });
}

void PaymentsModule::ProviderParts::start() {
  if (sandbox_) sandbox_->start();
}

void PaymentsModule::ProviderParts::stop() {
  if (sandbox_) sandbox_->stop();
}

std::vector<std::string> PaymentsModule::ProviderParts::route(const ProviderCall& /*call*/) const {
  return names_;
}

Provider* PaymentsModule::ProviderParts::find(std::string_view name) const {
  return sandbox_ && name == sandbox_->name() ? sandbox_.get() : nullptr;
}

}  // namespace ashlar::payments
