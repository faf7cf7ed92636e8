#include "modules/activity/activity_log.h"

#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/activity/activity_store.h"
#include "modules/activity/board.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::activity {
namespace {

constexpr std::int64_t kLoadPage = 500;
constexpr std::int64_t kNewIds = 10'000;
constexpr std::int64_t kFetchAtOnce = 200;
constexpr std::int64_t kFoldPage = 2'000;
constexpr std::size_t kFoldRows = 200;  // of a tenant, in one transaction
constexpr std::size_t kFoldBytes = 8 * 1024 * 1024;
constexpr std::int64_t kExpirePage = 1'000;
constexpr int kMaxExpirePages = 50;
constexpr std::int64_t kMinute = 60;
constexpr base::Seconds kSecondsTier{300};

storage::Context own_context() {
  return storage::Context::platform(storage::PlatformUse::kActivity);
}

}  // namespace

ActivityLog::ActivityLog(storage::Database& db, Board& board, const base::Clock& clock,
                         obs::Registry& metrics, obs::Log& log)
    : db_(db),
      board_(board),
      clock_(clock),
      log_(log),
      batches_(metrics.make_counter("ashlar_activity_batches_total",
                                    "Batches of activity counted by this instance.")),
      folded_(metrics.make_counter("ashlar_activity_folded_batches_total",
                                   "Batches of activity folded into rows of whole minutes.")),
      followed_at_(clock.mono()),
      folded_at_(clock.mono()) {}

ActivityLog::~ActivityLog() { stop(); }

// --- Recording -----------------------------------------------------------------------------------

base::Status ActivityLog::record(storage::Transaction& tx, base::TenantId tenant, Tally tally) {
  return append(tx, tenant, std::move(tally), false);
}

base::Status ActivityLog::record_own(Tally tally) {
  return db_.write(own_context(), [&](storage::Transaction& tx) {
    return append(tx, base::TenantId{}, tally, true);  // a copy: the function may run again
  });
}

base::Status ActivityLog::append(storage::Transaction& tx, base::TenantId tenant, Tally tally,
                                 bool own) {
  if (tally.empty()) return base::ok_status();
  const std::string data = tally.encode();
  const store::NewBatch batch{
      .folded = false, .newest = tally.newest_second(), .written_at = clock_.now(), .data = data};
  std::int64_t id = 0;
  if (own) {
    ASHLAR_ASSIGN(id, store::append_for(tx, tenant, batch));
  } else {
    ASHLAR_ASSIGN(id, store::append(tx, batch));
  }
  // A function must be copyable: shared, though it is called once.
  auto shared = std::make_shared<Tally>(std::move(tally));
  tx.on_commit([this, id, tenant, shared] { deliver(id, tenant, std::move(*shared)); });
  return base::ok_status();
}

void ActivityLog::deliver(std::int64_t id, base::TenantId tenant, Tally tally) {
  const base::Time now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    if (!seen_.take(id, now)) return;
  }
  batches_.add();
  board_.submit(tenant, std::move(tally), now);
}

// --- Reading -------------------------------------------------------------------------------------

base::Status ActivityLog::load() {
  {
    const std::lock_guard lock(mutex_);
    seen_ = {};
  }
  board_.clear();
  std::int64_t after = 0;
  bool more = true;
  while (more) {
    ASHLAR_ASSIGN(more, load_page(after));
  }
  board_.drain(clock_.now());
  followed_at_ = clock_.mono();
  return base::ok_status();
}

// A damaged row counts for nothing, and holds up nothing either.
Tally ActivityLog::read(std::int64_t id, std::string_view data) {
  base::Result<Tally> tally = Tally::decode(data);
  if (tally.ok()) return std::move(*tally);
  log_.error("activity batch left out", {{"id", id}, {"reason", tally.error().detail}});
  return {};
}

base::Result<bool> ActivityLog::load_page(std::int64_t& after) {
  const std::int64_t from = base::to_unix_seconds(clock_.now() - Board::kMaxWindow);
  std::vector<store::Batch> page;
  ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(page, store::load(tx, after, from, kLoadPage));
    return base::ok_status();
  }));
  for (store::Batch& batch : page) {
    after = batch.id;
    {
      const std::lock_guard lock(mutex_);
      if (!seen_.take(batch.id, batch.written_at)) continue;
      seen_.advance(clock_.now());
    }
    board_.submit(batch.tenant, read(batch.id, batch.data), clock_.now());
  }
  return static_cast<std::int64_t>(page.size()) == kLoadPage;
}

base::Status ActivityLog::follow() {
  const base::Mono began = clock_.mono();
  if (began - followed_at_ > SeenBatches::kOverlap) return load();
  std::int64_t floor = 0;
  {
    const std::lock_guard lock(mutex_);
    seen_.advance(clock_.now());
    floor = seen_.floor();
  }
  std::vector<std::int64_t> unseen;
  ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(unseen, store::new_ids(tx, floor, kNewIds));
    return base::ok_status();
  }));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(unseen, [&](std::int64_t id) { return seen_.has(id); });
  }
  for (std::size_t begin = 0; begin < unseen.size(); begin += kFetchAtOnce) {
    std::vector<store::Batch> found;
    ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
      found.clear();
      for (std::size_t i = begin; i < unseen.size() && i < begin + kFetchAtOnce; ++i) {
        ASHLAR_ASSIGN(std::optional<store::Batch> batch, store::find(tx, unseen[i]));
        if (batch) found.push_back(std::move(*batch));
      }
      return base::ok_status();
    }));
    for (store::Batch& batch : found) {
      deliver(batch.id, batch.tenant, read(batch.id, batch.data));
    }
  }
  if (static_cast<std::int64_t>(unseen.size()) < kNewIds) followed_at_ = began;
  return base::ok_status();
}

// --- Keeping it small ----------------------------------------------------------------------------

base::Status ActivityLog::fold() {
  const base::Time now = clock_.now();
  const std::int64_t settled = base::to_unix_seconds(now - kSecondsTier - kFoldAfter);
  std::vector<store::Foldable> rows;
  ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(rows, store::list_foldable(tx, now - kFoldAfter, settled, kFoldPage));
    return base::ok_status();
  }));
  std::map<base::TenantId, std::vector<std::int64_t>> by_tenant;
  for (const store::Foldable& row : rows) by_tenant[row.tenant].push_back(row.id);
  for (const auto& [tenant, ids] : by_tenant) {
    for (std::size_t begin = 0; begin < ids.size(); begin += kFoldRows) {
      const std::size_t end = std::min(ids.size(), begin + kFoldRows);
      ASHLAR_TRY(fold_tenant(tenant, {ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                      ids.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
  }
  const std::int64_t over = base::to_unix_seconds(now - Board::kMaxWindow) - kMinute;
  for (int page = 0; page < kMaxExpirePages; ++page) {
    ASHLAR_ASSIGN(const std::int64_t gone, db_.write(own_context(), [&](storage::Transaction& tx) {
      return store::expire(tx, over, kExpirePage);
    }));
    if (gone < kExpirePage) break;
  }
  return base::ok_status();
}

base::Status ActivityLog::fold_tenant(base::TenantId tenant, const std::vector<std::int64_t>& ids) {
  std::size_t rows = 0;
  ASHLAR_TRY(db_.write(own_context(), [&](storage::Transaction& tx) -> base::Status {
    Tally sum;
    std::size_t bytes = 0;
    rows = 0;
    for (const std::int64_t id : ids) {
      if (bytes > kFoldBytes) break;
      ASHLAR_ASSIGN(const std::optional<std::string> data, store::take(tx, id));
      if (!data) continue;  // another instance was quicker
      bytes += data->size();
      ++rows;
      Tally tally = read(id, *data);
      tally.coarsen(kMinute);
      sum.add(tally);
    }
    if (sum.empty()) return base::ok_status();
    const std::string data = sum.encode();
    ASHLAR_TRY(store::append_for(
        tx, tenant,
        {.folded = true, .newest = sum.newest_second(), .written_at = clock_.now(), .data = data}));
    return base::ok_status();
  }));
  folded_.add(rows);
  return base::ok_status();
}

// --- Its thread ----------------------------------------------------------------------------------

void ActivityLog::start() {
  thread_ = std::make_unique<runtime::Periodic>("activity", kFollowEvery, [this] { work(); });
}

void ActivityLog::stop() {
  if (thread_) thread_->stop();
}

void ActivityLog::work() {
  board_.drain(clock_.now());
  // On SQLite there is one process, and its commits deliver all there is.
  if (db_.dialect() == storage::Dialect::kPostgres) {
    if (const base::Status status = follow(); !status.ok()) {
      log_.warn("activity of other instances not read", {{"reason", status.error().detail}});
    }
  } else {
    const std::lock_guard lock(mutex_);
    seen_.advance(clock_.now());
  }
  if (clock_.mono() - folded_at_ < kFoldEvery) return;
  folded_at_ = clock_.mono();
  if (const base::Status status = fold(); !status.ok()) {
    log_.warn("activity not folded", {{"reason", status.error().detail}});
  }
}

}  // namespace ashlar::activity
