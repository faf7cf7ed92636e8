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
      feed(log, clk, metrics, messages),
      max_bytes_(options.max_bytes) {
  metrics.make_gauge_callback("ashlar_activity_memory_bytes",
                              "Memory of the counts of all dimensions.", {},
                              [this] { return static_cast<double>(board.bytes()); });
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

base::Status ActivityModule::check_room() const {
  if (board.bytes() <= max_bytes_) return base::ok_status();
  return base::fail(base::Code::kUnavailable, "activity_full",
                    "Counting has reached its memory bound (activity.memory_mb).");
}

}  // namespace ashlar::activity
