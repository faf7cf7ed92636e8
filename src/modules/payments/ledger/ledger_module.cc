#include "modules/payments/ledger/ledger_module.h"

namespace ashlar::ledger {

LedgerModule::LedgerModule(std::string_view head_seed, storage::Database& database,
                           const base::Clock& clk, base::Entropy& own_entropy,
                           obs::Registry& metrics, obs::Log& log)
    : db(database),
      clock(clk),
      entropy(own_entropy),
      signer(head_seed),
      writer(database, clk, metrics, log, &signer) {}

void LedgerModule::start() { writer.start(); }
void LedgerModule::stop() { writer.stop(); }

}  // namespace ashlar::ledger
