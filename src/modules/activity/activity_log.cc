#include "modules/activity/activity_log.h"

#include <algorithm>
#include <map>
#include <optional>
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
constexpr int kMaxNewPages = 100;
constexpr std::size_t kFetchAtOnce = 200;
constexpr std::int64_t kFoldPage = 2'000;
constexpr std::size_t kFoldRows = 200;  // of a tenant, in one transaction
constexpr std::size_t kFoldBytes = 8 * 1024 * 1024;
constexpr std::int64_t kExpirePage = 1'000;
constexpr base::Seconds kTidyFor{20};  // folding and expiring go on so long at one go
constexpr base::Seconds kSecondsTier{300};
constexpr base::Seconds kWidestBucket{300};  // an answer may begin so much before its window

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
                                   "Batches of activity folded into fewer rows.")),
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
  const std::lock_guard lock(mutex_);
  if (!seen_.take(id, clock_.mono())) return;
  batches_.add();
  board_.submit(tenant, std::move(tally), clock_.now());
}

// --- Reading -------------------------------------------------------------------------------------

// What is committed meanwhile goes to the Board that is replaced: it is not among the seen, so that
// the next follow() finds it.
base::Status ActivityLog::load() {
  const base::Mono began = clock_.mono();
  Board board(board_.options());
  SeenBatches seen;
  ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
    Board none(board_.options());
    board.take_over(none);  // the function may run again
    seen = {};
    return read_day(tx, board, seen);
  }));
  board.drain(clock_.now());
  {
    const std::lock_guard lock(mutex_);
    board_.take_over(board);
    seen_ = std::move(seen);
  }
  followed_at_ = began;
  return base::ok_status();
}

// In one transaction, or a row that is folded meanwhile would come twice.
base::Status ActivityLog::read_day(storage::Transaction& tx, Board& board, SeenBatches& seen) {
  const base::Time now = clock_.now();
  const std::int64_t from = base::to_unix_seconds(now - Board::kMaxWindow - kWidestBucket);
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<store::Batch> page, store::load(tx, after, from, kLoadPage));
    for (const store::Batch& batch : page) {
      after = batch.id;
      const base::Micros age = std::max(base::Micros{0}, now - batch.written_at);
      seen.take(batch.id, clock_.mono() - age);
      seen.advance(clock_.mono());
      board.submit(batch.tenant, read(batch.id, batch.data), now);
    }
    if (static_cast<std::int64_t>(page.size()) < kLoadPage) return base::ok_status();
  }
}

// A damaged row counts for nothing, and holds up nothing either.
Tally ActivityLog::read(std::int64_t id, std::string_view data) {
  base::Result<Tally> tally = Tally::decode(data);
  if (tally.ok()) return std::move(*tally);
  log_.error("activity batch left out", {{"id", id}, {"reason", tally.error().detail}});
  return {};
}

base::Status ActivityLog::follow() {
  const base::Mono began = clock_.mono();
  if (began - followed_at_.load() > SeenBatches::kOverlap) ASHLAR_TRY(load());
  std::int64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    seen_.advance(began);
    after = seen_.floor();
  }
  for (int page = 0; page < kMaxNewPages; ++page) {
    std::vector<std::int64_t> ids;
    ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
      ASHLAR_ASSIGN(ids, store::new_ids(tx, after, kNewIds));
      return base::ok_status();
    }));
    const bool last = static_cast<std::int64_t>(ids.size()) < kNewIds;
    if (!ids.empty()) after = ids.back();
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(ids, [&](std::int64_t id) { return seen_.has(id); });
    }
    ASHLAR_TRY(deliver_unseen(ids));
    if (last) {
      followed_at_ = began;
      return base::ok_status();
    }
  }
  return load();  // a million batches within the overlap: reading all is not more
}

base::Status ActivityLog::deliver_unseen(const std::vector<std::int64_t>& ids) {
  for (std::size_t begin = 0; begin < ids.size(); begin += kFetchAtOnce) {
    std::vector<store::Batch> found;
    ASHLAR_TRY(db_.read(own_context(), [&](storage::Transaction& tx) -> base::Status {
      found.clear();
      for (std::size_t i = begin; i < ids.size() && i < begin + kFetchAtOnce; ++i) {
        ASHLAR_ASSIGN(std::optional<store::Batch> batch, store::find(tx, ids[i]));
        if (batch) found.push_back(std::move(*batch));
      }
      return base::ok_status();
    }));
    for (const store::Batch& batch : found) {
      deliver(batch.id, batch.tenant, read(batch.id, batch.data));
    }
  }
  return base::ok_status();
}

bool ActivityLog::follows() const { return db_.dialect() == storage::Dialect::kPostgres; }

base::Status ActivityLog::check_current() const {
  if (!follows() || clock_.mono() - followed_at_.load() <= kMaxBehind) return base::ok_status();
  return base::fail(base::Code::kUnavailable, "activity_behind",
                    "What other instances counted could not be read for a while.");
}

// --- Keeping it small ----------------------------------------------------------------------------

base::Status ActivityLog::fold() {
  const base::Mono until = clock_.mono() + kTidyFor;
  bool more = true;
  while (more && clock_.mono() < until) {
    ASHLAR_ASSIGN(more, fold_page());
  }
  return expire();
}

base::Result<bool> ActivityLog::fold_page() {
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
  return static_cast<std::int64_t>(rows.size()) == kFoldPage;
}

base::Status ActivityLog::expire() {
  const base::Mono until = clock_.mono() + kTidyFor;
  const std::int64_t over =
      base::to_unix_seconds(clock_.now() - Board::kMaxWindow - kWidestBucket) - kFoldedTo;
  std::int64_t gone = kExpirePage;
  while (gone == kExpirePage && clock_.mono() < until) {
    ASHLAR_ASSIGN(gone, db_.write(own_context(), [&](storage::Transaction& tx) {
      return store::expire(tx, over, kExpirePage);
    }));
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
      tally.coarsen(kFoldedTo);
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
  base::Status status = base::ok_status();
  if (board_.is_ahead_of(clock_.now())) {
    log_.warn("the clock was set back: activity is counted anew");
    status = load();
  }
  board_.drain(clock_.now());
  // On SQLite there is one process, and its commits deliver all there is.
  if (follows()) {
    if (status.ok()) status = follow();
  } else {
    const std::lock_guard lock(mutex_);
    seen_.advance(clock_.mono());
  }
  if (!status.ok()) log_.warn("activity not read", {{"reason", status.error().detail}});
  if (clock_.mono() - folded_at_ < kFoldEvery) return;
  folded_at_ = clock_.mono();
  if (const base::Status folded = fold(); !folded.ok()) {
    log_.warn("activity not folded", {{"reason", folded.error().detail}});
  }
}

}  // namespace ashlar::activity
