#include "modules/activity/activity_module.h"

#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"

namespace ashlar::activity {
namespace {

constexpr base::Millis kFlushEvery{1'000};

}  // namespace

ActivityModule::ActivityModule(const Options& options, storage::Database& db,
                               const base::Clock& clk, obs::Registry& metrics, obs::Log& messages)
    : clock(clk),
      board(options.board),
      log(db, board, clk, metrics, messages),
      feed(log, clk, metrics, messages) {
  metrics.make_gauge_callback("ashlar_activity_memory_bytes",
                              "Memory of the counts of all dimensions.", {},
                              [this] { return static_cast<double>(board.bytes()); });
  metrics.make_counter_callback("ashlar_activity_skipped_total",
                                "Stored counts left out because a bound was met.", {},
                                [this] { return static_cast<double>(board.skipped()); });
}

ActivityModule::~ActivityModule() { stop(); }

void ActivityModule::start() {
  log.start();
  flusher_ =
      std::make_unique<runtime::Periodic>("activity-own", kFlushEvery, [this] { feed.flush(); });
}

void ActivityModule::stop() {
  if (!flusher_) return;
  flusher_->stop();
  feed.flush();
  flusher_.reset();
  log.stop();
}

base::Status ActivityModule::check_room(base::TenantId tenant, const Tally& tally) {
  if (board.bytes() > board.options().max_bytes) {
    return base::fail(base::Code::kUnavailable, "activity_full",
                      "Counting has reached its memory bound (activity.memory_mb).");
  }
  if (board.has_room(tenant, tally)) return base::ok_status();
  return base::fail(base::Code::kConflict, "too_many_dimensions",
                    "A tenant has at most 64 dimensions: use fewer names of tags.");
}

}  // namespace ashlar::activity
