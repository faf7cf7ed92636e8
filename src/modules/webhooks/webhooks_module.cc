#include "modules/webhooks/webhooks_module.h"

#include <chrono>
#include <utility>

#include "modules/webhooks/deliveries_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

constexpr base::Millis kTendInterval{60'000};
constexpr std::int64_t kSweepBatch = 1'000;
constexpr int kMaxSweepBatches = 50;  // a round

}  // namespace

WebhooksModule::WebhooksModule(Options options, storage::Database& database, jobs::Jobs& jobs,
                               events::Outbox& outbox, const base::Clock& clk,
                               base::Entropy& entropy, obs::Registry& metrics, obs::Log& own_log)
    : db(database),
      clock(clk),
      log(own_log),
      box(std::move(options.box_key), entropy),
      health(options.seed),
      webhooks(options.allow_private, box, jobs, health, clk, entropy),
      fan_out(jobs, clk),
      recorder(database, outbox, clk, metrics, own_log),
      sender({.source = std::move(options.public_url),
              .allow_private = options.allow_private,
              .seed = options.seed},
             database, box, health, recorder, clk, metrics, own_log) {
  metrics.make_gauge_callback("ashlar_webhooks_breakers_open",
                              "Endpoints that this process does not call for the moment.", {},
                              [this] { return static_cast<double>(health.open()); });
}

events::ConsumerOptions WebhooksModule::consumer() {
  events::ConsumerOptions options;
  options.name = "webhooks";
  options.types = {"*"};
  options.consume = [this](storage::Transaction& tx, const events::Event& event) {
    return fan_out.consume(tx, event);
  };
  return options;
}

// The plan of retries is the delivery's: what it says comes with each outcome, so that the kind's
// own only must not be later.
jobs::KindOptions WebhooksModule::kind() {
  jobs::KindOptions options;
  options.kind = kDeliverJob;
  options.handler = jobs::AsyncHandler(
      [this](const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done) {
        sender.attempt(attempt, std::move(done));
      });
  options.concurrency = static_cast<int>(Sender::kMaxRunning);
  options.prefetch = static_cast<int>(Sender::kMaxRunning);
  options.retry = {.delays = {base::Millis{1'000}}, .jitter = 0};
  return options;
}

void WebhooksModule::start() {
  tending.emplace("webhooks-tend", kTendInterval, [this] {
    const base::Status tended = tend();
    if (!tended.ok()) log.warn("webhook log not swept", {{"reason", tended.error().reason}});
  });
}

void WebhooksModule::stop_sending() { sender.stop(); }

void WebhooksModule::stop() {
  if (tending) tending->stop();
  sender.stop(base::Millis{0});
  recorder.stop();
}

base::Status WebhooksModule::tend() {
  const auto context =
      storage::Context::platform(storage::PlatformUse::kMaintenance).read_committed();
  const base::Time before = clock.now() - kKeep;
  for (int i = 0; i < kMaxSweepBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t swept, db.write(context, [&](storage::Transaction& tx) {
      return store::sweep(tx, before, kSweepBatch);
    }));
    if (swept < kSweepBatch) return base::ok_status();
  }
  return base::ok_status();
}

}  // namespace ashlar::webhooks
