#include "modules/links/click_retention.h"

#include "modules/links/analytics/rollup_retention.h"
#include "modules/links/clicks_store.h"
#include "modules/links/orphans/orphans_store.h"
#include "modules/links/settings_store.h"
#include "platform/observability/log.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::links {

ClickRetention::ClickRetention(storage::Database& db, const base::Clock& clock, obs::Log& log)
    : db_(db), clock_(clock), log_(log) {}

ClickRetention::~ClickRetention() = default;

base::Status ClickRetention::run() {
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  const base::Time now = clock_.now();
  for (int i = 0; i < kMaxBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t removed, db_.write(context, [&](storage::Transaction& tx) {
      return store::expire_details(tx, now - kDetailAge, kBatch);
    }));
    if (removed < kBatch) break;
  }
  for (int i = 0; i < kMaxBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t removed, db_.write(context, [&](storage::Transaction& tx) {
      return orphans::store::expire(tx, now - kDetailAge, kBatch);
    }));
    if (removed < kBatch) break;
  }
  ASHLAR_TRY(db_.write(context, [&](storage::Transaction& tx) {
    return store::forget_writers(tx, now - kWriterAge);
  }));
  for (int i = 0; i < kMaxBatches; ++i) {
    ASHLAR_ASSIGN(const std::int64_t removed, db_.write(context, [&](storage::Transaction& tx) {
      return store::forget_places(tx, now - kPlaceAge, kBatch);
    }));
    if (removed < kBatch) break;
  }
  return analytics::RollupRetention(db_, clock_, log_).run();
}

void ClickRetention::start() {
  thread_ = std::make_unique<runtime::Periodic>("clicks-old", kInterval, [this] {
    const base::Status status = run();
    if (status.ok()) return;
    log_.warn("old click details could not be removed or rolled up",
              {{"reason", status.error().reason}, {"detail", status.error().detail}});
  });
}

void ClickRetention::stop() {
  if (thread_) thread_->stop();
}

}  // namespace ashlar::links
