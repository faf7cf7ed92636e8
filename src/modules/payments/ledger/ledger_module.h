// LedgerModule: everything of the ledger that lives as long as the program, and the table of its
// routes.
//
// Order: construct → routes are served, start() → last request answered → stop(): what is queued is
// booked first.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/payments/ledger/book_writer.h"
#include "modules/payments/ledger/head.h"
#include "platform/http/route.h"
#include "platform/security/tenants.h"

namespace ashlar::http {
class CursorCodec;
}

namespace ashlar::ledger {

struct LedgerModule {
  // `head_seed`: HeadSigner::kSeedBytes, the installation's secret kHeadSecret. All else outlives
  // it.
  LedgerModule(std::string_view head_seed, storage::Database& database, const base::Clock& clk,
               base::Entropy& entropy, obs::Registry& metrics, obs::Log& log);

  void start();
  void stop();

  storage::Database& db;
  const base::Clock& clock;
  base::Entropy& entropy;
  const HeadSigner signer;
  BookWriter writer;
};

// Name of the secret among security::Settings.
inline constexpr std::string_view kHeadSecret = "ledger_head_key";

// Both outlive the table.
http::RouteTable ledger_routes(LedgerModule& module, const http::CursorCodec& cursors);

// A tenant's accounts, transfers and chain, exported; everything, erased.
security::TenantData ledger_tenant_data();

}  // namespace ashlar::ledger
