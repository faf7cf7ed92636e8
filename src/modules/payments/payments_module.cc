#include "modules/payments/payments_module.h"

#include <utility>

#include "modules/payments/provider_parts.h"
#include "platform/observability/log.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

constexpr base::Millis kResolveInterval{1'000};
constexpr base::Millis kSettleInterval{10'000};
constexpr base::Millis kReapInterval{60'000};

PaymentsOptions core_options(const PaymentsModule::Options& options) {
  PaymentsOptions core;
  core.settle_after = options.settle_after;
  core.authorization_life = options.authorization_life;
  core.claim_life = options.keep_keys;
  core.notice_life = options.keep_notices;
  core.provider_deadline = options.call_deadline;
  core.lease = options.lease;
  return core;
}

std::optional<runtime::Periodic>& begin(std::optional<runtime::Periodic>& periodic,
                                        const char* name, base::Millis interval, obs::Log& log,
                                        std::function<base::Status()> round) {
  periodic.emplace(name, interval, [name, &log, round = std::move(round)] {
    const base::Status done = round();
    if (!done.ok()) {
      log.warn("house-keeping of payments",
               {{"round", name}, {"reason", done.error().reason}, {"detail", done.error().detail}});
    }
  });
  return periodic;
}

}  // namespace

PaymentsModule::PaymentsModule(const Options& options, storage::Database& database,
                               events::Outbox& outbox, const base::Clock& clk,
                               base::Entropy& entropy, obs::Registry& metrics, obs::Log& own_log)
    : db(database),
      clock(clk),
      log(own_log),
      ledger(options.ledger_seed, database, clk, entropy, metrics, own_log),
      provider_parts_(std::make_unique<ProviderParts>(options, database, clk, metrics, own_log)),
      payments(core_options(options), database, ledger.writer, outbox, provider_parts_->router(),
               clk, entropy, metrics, own_log),
      open_work_(database, clk, metrics),
      routes_(options.routes) {
  payments.set_face(FaceKind::kNative, native);
  provider_parts_->tell([this](std::string provider, ProviderNotice notice,
                               std::function<void(base::Status)> stored) {
    payments.notice(std::move(provider), std::move(notice), std::move(stored));
  });
}

PaymentsModule::~PaymentsModule() { stop(); }

const Providers& PaymentsModule::providers() const { return provider_parts_->router(); }

Sandbox* PaymentsModule::sandbox() const { return provider_parts_->sandbox(); }

base::Status PaymentsModule::start() {
  ASHLAR_TRY(provider_parts_->set_routes(routes_));
  ledger.start();
  provider_parts_->start();
  // Where other processes share the database, what a dead one had is taken up when its lease ends.
  if (db.dialect() == storage::Dialect::kSqlite) ASHLAR_TRY(payments.recover());
  begin(resolving_, "payments-resolve", kResolveInterval, log, [this]() -> base::Status {
    ASHLAR_TRY(payments.resolve());
    return open_work_.look();
  });
  begin(settling_, "payments-settle", kSettleInterval, log, [this] { return payments.settle(); });
  begin(reaping_, "payments-reap", kReapInterval, log, [this] { return payments.reap(); });
  return base::ok_status();
}

void PaymentsModule::stop() {
  if (std::exchange(stopped_, true)) return;
  for (auto* const round : {&resolving_, &settling_, &reaping_}) {
    if (*round) (*round)->stop();
  }
  provider_parts_->stop();
  ledger.stop();
}

}  // namespace ashlar::payments
