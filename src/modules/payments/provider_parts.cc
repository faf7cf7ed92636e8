#include "modules/payments/provider_parts.h"

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

// Two secrets while one is being replaced.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return parts;
}

CardApiOptions card_api_options(const PaymentsModule::Options& options) {
  CardApiOptions api;
  api.base_url = options.stripe_url;
  api.api_key = options.stripe_key;
  api.webhook_secrets = split(options.stripe_webhook_secret);
  api.allow_private = options.allow_private;
  api.call_time = options.call_deadline;
  api.attempt_time = options.call_deadline / 2;
  api.calls_at_once = static_cast<std::uint32_t>(options.calls_at_once);
  api.seed = options.seed;
  return api;
}

GuardOptions guard_options(const PaymentsModule::Options& options) {
  GuardOptions guard;
  guard.deadline = options.call_deadline;
  guard.calls_at_once = static_cast<std::uint32_t>(options.calls_at_once);
  guard.seed = options.seed;
  return guard;
}

}  // namespace

PaymentsModule::ProviderParts::ProviderParts(const Options& options, storage::Database& db,
                                             const base::Clock& clock, obs::Registry& metrics,
                                             obs::Log& log)
    : router_(clock, metrics) {
  for (const std::string& name : options.providers) {
    if (name == "sandbox") {
      sandbox_ = std::make_unique<Sandbox>(sandbox_options(options), db, clock, metrics, log);
      router_.add(*sandbox_, guard_options(options));
    } else if (name == "stripe") {
      card_api_ = std::make_unique<CardApiConnector>(card_api_options(options), clock, metrics);
      router_.add(*card_api_, guard_options(options));
    }
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
  if (card_api_) card_api_->stop();
}

base::Status PaymentsModule::ProviderParts::set_routes(std::string_view text) {
  if (text.empty()) return base::ok_status();
  ASHLAR_ASSIGN(std::vector<RouteRule> rules, parse_routes(text));
  return router_.set_rules(std::move(rules));
}

}  // namespace ashlar::payments
