#include "modules/links/click_folder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/click_batch.h"
#include "modules/links/clicks_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr int kMaxStepsPerRun = 10'000;
constexpr std::size_t kFoldsPerStep = 64;  // without looking again what waits; one while busy

storage::Context clicks_context() {
  return storage::Context::platform(storage::PlatformUse::kClickWriter);
}

bool is_raw(const store::BatchInfo& batch) { return batch.level == store::BatchLevel::kRaw; }

struct Slice {
  std::int64_t pairs = 0;
  std::string data;
};

base::Result<std::vector<Slice>> cut(std::span<const std::string> batches) {
  std::vector<Slice> slices;
  std::vector<ClickCount> counts;
  const auto close_slice = [&] {
    if (counts.empty()) return;
    slices.push_back({static_cast<std::int64_t>(counts.size()), encode_click_batch(counts)});
    counts.clear();
  };
  ASHLAR_TRY(merge_click_batches(batches, [&](const ClickCount& count) {
    counts.push_back(count);
    if (static_cast<std::int64_t>(counts.size()) == ClickFolder::kSlicePairs) close_slice();
  }));
  close_slice();
  return slices;
}

// Not an error of ours: another process on this database was quicker.
base::Error taken() {
  return base::fail(base::Code::kConflict, "click_batch_taken", "another process folds this batch");
}

bool is_taken(const base::Status& status) {
  return !status.ok() && status.error().code == base::Code::kConflict;
}

}  // namespace

ClickFolder::ClickFolder(storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
                         obs::Log& log, std::function<bool()> busy)
    : db_(db),
      clock_(clock),
      log_(log),
      pending_(
          metrics.make_gauge("ashlar_links_click_batches_pending",
                             "Batches of clicks that wait to be added to the hourly counters.")),
      busy_(std::move(busy)) {}

ClickFolder::~ClickFolder() = default;

base::Result<std::vector<store::BatchInfo>> ClickFolder::waiting() {
  ASHLAR_ASSIGN(auto batches, db_.read(clicks_context(), [](storage::Transaction& tx) {
    return store::list_batches(tx, kMaxBatches);
  }));
  pending_.set(static_cast<std::int64_t>(batches.size()));
  return batches;
}

bool ClickFolder::due(const std::vector<store::BatchInfo>& batches) const {
  if (batches.empty()) return false;
  if (!busy_()) return true;
  std::int64_t raw_pairs = 0;
  for (const store::BatchInfo& batch : batches) raw_pairs += is_raw(batch) ? batch.pairs : 0;
  const bool sliced = std::any_of(batches.begin(), batches.end(),
                                  [](const store::BatchInfo& batch) { return !is_raw(batch); });
  return sliced || raw_pairs >= kMaxPairs ||
         clock_.now() - batches.front().counted_until >= kMaxAge;
}

base::Status ClickFolder::advance(const std::vector<store::BatchInfo>& batches,
                                  std::size_t max_folds) {
  const base::Mono started = clock_.mono();
  base::Status status;
  std::size_t folds = 0;
  std::int64_t pairs = 0;
  for (const store::BatchInfo& batch : batches) {
    pairs += batch.pairs;
    if (is_raw(batch) || folds == max_folds || !status.ok()) continue;
    status = fold(batch);
    ++folds;
  }
  if (folds == 0) status = slice(batches);
  const base::Mono ended = clock_.mono();
  const bool backlog = pairs >= kBacklogPairs;
  rest_until_ = backlog ? ended : ended + (ended - started) * (kDutyDivisor - 1);
  return is_taken(status) ? base::ok_status() : status;
}

// Reading and adding up happen outside the write transaction: it would hold up everybody else's.
base::Status ClickFolder::slice(const std::vector<store::BatchInfo>& raw) {
  std::vector<std::int64_t> ids;
  base::Time counted_until = raw.front().counted_until;
  std::int64_t pairs = 0;
  for (const store::BatchInfo& batch : raw) {
    if (!ids.empty() && pairs + batch.pairs > kMaxPairs) break;
    ids.push_back(batch.id);
    pairs += batch.pairs;
    counted_until = std::min(counted_until, batch.counted_until);
  }
  std::vector<std::string> data;
  ASHLAR_TRY(db_.read(clicks_context(), [&](storage::Transaction& tx) -> base::Status {
    data.clear();
    for (const std::int64_t id : ids) {
      ASHLAR_ASSIGN(std::optional<std::string> batch, store::read_batch(tx, id));
      if (!batch) return taken();
      data.push_back(std::move(*batch));
    }
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(const std::vector<Slice> slices, cut(data));
  return db_.write(clicks_context(), [&](storage::Transaction& tx) -> base::Status {
    for (const std::int64_t id : ids) {
      ASHLAR_ASSIGN(const bool removed, store::remove_batch(tx, id));
      if (!removed) return taken();
    }
    for (const Slice& part : slices) {
      ASHLAR_TRY(store::append_batch(tx, store::BatchLevel::kSliced, counted_until, part.pairs,
                                     part.data));
    }
    return base::ok_status();
  });
}

base::Status ClickFolder::fold(const store::BatchInfo& batch) {
  return db_.write(clicks_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const std::optional<std::string> data, store::take_batch(tx, batch.id));
    if (!data) return taken();
    std::vector<ClickCount> counts;
    ASHLAR_TRY(merge_click_batches({&*data, 1},
                                   [&](const ClickCount& count) { counts.push_back(count); }));
    ASHLAR_TRY(store::add_counts(tx, counts));
    return analytics::store::append_batch(tx, analytics::store::Level::kCounts, batch.counted_until,
                                          *data);
  });
}

base::Result<bool> ClickFolder::step() {
  ASHLAR_ASSIGN(const std::vector<store::BatchInfo> batches, waiting());
  if (batches.empty()) return false;
  ASHLAR_TRY(advance(batches, 1));
  return true;
}

base::Status ClickFolder::run() {
  for (int i = 0; i < kMaxStepsPerRun; ++i) {
    const bool busy = busy_();
    if (clock_.mono() < (busy ? rest_until_ : look_at_)) break;
    ASHLAR_ASSIGN(const std::vector<store::BatchInfo> batches, waiting());
    if (batches.empty()) look_at_ = clock_.mono() + kIdleLook;
    if (!due(batches)) break;
    ASHLAR_TRY(advance(batches, busy ? 1 : kFoldsPerStep));
  }
  return base::ok_status();
}

void ClickFolder::start() {
  thread_ = std::make_unique<runtime::Periodic>("clicks-fold", kInterval, [this] {
    const base::Status status = run();
    if (status.ok()) return;
    log_.warn("click batches wait: they could not be folded",
              {{"reason", status.error().reason}, {"detail", status.error().detail}});
  });
}

void ClickFolder::stop() {
  if (thread_) thread_->stop();
}

}  // namespace ashlar::links
