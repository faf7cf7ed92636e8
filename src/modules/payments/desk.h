// Desk: what all of payments' work is done with; one for each Payments.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "modules/payments/change_counters.h"
#include "modules/payments/fold_cache.h"
#include "modules/payments/payments.h"

namespace ashlar::obs {
class Counter;
}

namespace ashlar::payments {

struct Desk {
  const PaymentsOptions options;
  storage::Database& db;
  ledger::BookWriter& writer;
  events::Outbox& outbox;
  const Providers& providers;
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Log& log;

  obs::Counter& calls;      // to providers
  obs::Counter& unknown;    // whose outcome was not known
  obs::Counter& inquiries;  // asked about
  obs::Counter& resent;     // under the same key, the provider not having seen it
  obs::Counter& replays;    // answers from a claim
  obs::Counter& oddities;  // what a provider said and cannot be: in the log, and for reconciliation
  ChangeCounters changes;

  std::array<const Face*, 3> faces{};  // by FaceKind
  FoldCache folds{};
  std::atomic<std::int64_t> in_flight{0};
};

}  // namespace ashlar::payments
