// SimProcess: a process that serves payments, in a simulation: payments, their books and their
// outbox over a store of its own that fails as it is told, between acquirers and a face that all
// processes share. Whoever makes one keeps what it is given alive for longer. Its writer has no
// threads: what is asked of `payments` is queued, and done by `writer.drain()`. A process dies by
// `store.dead`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "faulty_store.h"
#include "modules/payments/face.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/payments.h"
#include "modules/payments/providers/providers.h"
#include "platform/events/outbox.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "sim_provider.h"

namespace ashlar::sim {

// Renders what the simulation looks at, and nothing that a second rendering could make different.
class SimFace final : public payments::Face {
 public:
  [[nodiscard]] base::Result<payments::Answered> render(const payments::Asked&,
                                                        const payments::Rendered& what,
                                                        payments::Reads&) const override;
};

// The acquirers in their order, and for odd amounts the other way round.
class SimProviders final : public payments::Providers {
 public:
  explicit SimProviders(std::vector<SimProvider*> all) : all_(std::move(all)) {}
  [[nodiscard]] std::vector<std::string> route(const ProviderCall& call) const override;
  [[nodiscard]] payments::Provider* find(std::string_view name) const override;

 private:
  const std::vector<SimProvider*> all_;
};

struct SimProcess {
  SimProcess(storage::Database& db, const SimProviders& providers, const base::Clock& clock,
             base::Entropy& entropy, obs::Registry& registry, obs::Log& log, const SimFace& face);
  FaultyStore store;
  ledger::BookWriter writer;
  events::Outbox outbox;
  payments::Payments payments;
};

}  // namespace ashlar::sim
