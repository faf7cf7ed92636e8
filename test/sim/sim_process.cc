#include "sim_process.h"

#include <algorithm>

#include "modules/payments/payment.h"

namespace ashlar::sim {

base::Result<payments::Answered> SimFace::render(const payments::Asked&,
                                                 const payments::Rendered& what,
                                                 payments::Reads&) const {
  payments::Answered answered;
  answered.status = what.declined != nullptr ? 402 : what.pending ? 202 : what.created ? 201 : 200;
  const payments::Payment& payment = *what.payment;
  answered.body = payment.id + " " + std::string(payments::name_of(payment.state)) + " " +
                  std::to_string(payment.captured()) + " " + std::to_string(payment.refunded()) +
                  " " + std::to_string(payment.events) +
                  (what.refund != nullptr ? " " + what.refund->id : "");
  return answered;
}

std::vector<std::string> SimProviders::route(const ProviderCall& call) const {
  std::vector<std::string> names;
  for (const SimProvider* provider : all_) names.emplace_back(provider->name());
  if (call.amount % 2 == 1) std::reverse(names.begin(), names.end());
  return names;
}

payments::Provider* SimProviders::find(std::string_view name) const {
  for (SimProvider* provider : all_) {
    if (provider->name() == name) return provider;
  }
  return nullptr;
}

SimProcess::SimProcess(storage::Database& db, const SimProviders& providers,
                       const base::Clock& clock, base::Entropy& entropy, obs::Registry& registry,
                       obs::Log& log, const SimFace& face)
    : store(db),
      writer(store, clock, registry, log),
      outbox(clock, entropy, [] {}),
      payments({}, store, writer, outbox, providers, clock, entropy, registry, log) {
  payments.set_face(payments::FaceKind::kNative, face);
}

}  // namespace ashlar::sim
