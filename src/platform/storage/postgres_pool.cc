#include "platform/storage/postgres_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/storage/postgres_connection.h"
#include "platform/storage/storage_metrics.h"

namespace ashlar::storage {
namespace {

constexpr base::Millis kFirstPause{100};
constexpr base::Millis kLongestPause{5000};

base::Error busy() {
  return base::fail(base::Code::kUnavailable, "storage_busy",
                    "too many transactions wait for a database connection");
}
base::Error too_late() {
  return base::fail(base::Code::kDeadline, "storage_deadline",
                    "the deadline passed before a database connection was free");
}

}  // namespace

PostgresPool::Lease::Lease(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection,
                           base::Mono retire_at)
    : pool_(pool), connection_(std::move(connection)), retire_at_(retire_at) {}

PostgresPool::Lease::Lease(Lease&& other) noexcept
    : pool_(other.pool_), connection_(std::move(other.connection_)), retire_at_(other.retire_at_) {}

PostgresPool::Lease::~Lease() {
  if (connection_ != nullptr) pool_.check_in(std::move(connection_), retire_at_);
}

PostgresPool::PostgresPool(PostgresPoolOptions options, std::uint64_t seed,
                           const base::Clock& clock, StorageMetrics& metrics)
    : options_(std::move(options)), clock_(clock), metrics_(metrics), random_(seed) {}

PostgresPool::~PostgresPool() { CHECK(lent_ == 0 && waiting_ == 0); }

base::Status PostgresPool::wait_for_place(std::unique_lock<std::mutex>& lock,
                                          std::optional<base::Mono> deadline) {
  if (lent_ < options_.connections) return base::ok_status();
  if (waiting_ >= options_.waiting_limit) return busy();
  const auto patience =
      deadline.has_value() ? *deadline - clock_.mono() : std::chrono::nanoseconds(options_.wait);
  metrics_.queue_depth.set(static_cast<std::int64_t>(++waiting_));
  const bool free =
      freed_.wait_for(lock, patience, [this] { return lent_ < options_.connections; });
  metrics_.queue_depth.set(static_cast<std::int64_t>(--waiting_));
  if (free) return base::ok_status();
  if (deadline.has_value()) return too_late();
  return busy();
}

base::Result<PostgresPool::Lease> PostgresPool::check_out(std::optional<base::Mono> deadline) {
  const base::Mono started = clock_.mono();
  if (deadline.has_value() && started >= *deadline) {
    metrics_.refused.add();
    return too_late();
  }
  std::vector<Idle> retired;  // closed after the lock is given back
  {
    std::unique_lock lock(mutex_);
    base::Status place = wait_for_place(lock, deadline);
    if (!place.ok()) {
      metrics_.refused.add();
      return std::move(place).error();
    }
    const base::Mono now = clock_.mono();
    metrics_.pool_wait_seconds.observe(std::chrono::duration<double>(now - started).count());
    while (!idle_.empty()) {
      Idle last = std::move(idle_.back());
      idle_.pop_back();
      if (now < last.retire_at) {
        ++lent_;
        return Lease(*this, std::move(last.connection), last.retire_at);
      }
      retired.push_back(std::move(last));
    }
    if (failures_ > 0 && now < next_attempt_) {
      return base::fail(base::Code::kUnavailable, "storage_unavailable",
                        "PostgreSQL cannot be reached; the next attempt is due soon");
    }
    ++lent_;
  }
  return connect();
}

// REQUIRES: a place is taken.
base::Result<PostgresPool::Lease> PostgresPool::connect() {
  auto opened = PostgresConnection::open(options_.url, options_.connect_timeout, clock_);
  const std::lock_guard lock(mutex_);
  const base::Mono now = clock_.mono();
  if (opened.ok()) {
    failures_ = 0;
    const auto life = std::chrono::duration_cast<std::chrono::nanoseconds>(
        options_.lifetime * (0.9 + 0.2 * random_.unit()));
    return Lease(*this, std::move(opened).value(), now + life);
  }
  const base::Millis pause = std::min(kLongestPause, kFirstPause * (1 << std::min(failures_, 6)));
  next_attempt_ = now + std::chrono::duration_cast<std::chrono::nanoseconds>(
                            pause * (0.5 + 0.5 * random_.unit()));
  ++failures_;
  --lent_;
  freed_.notify_one();
  return std::move(opened).error();
}

void PostgresPool::check_in(std::unique_ptr<PostgresConnection> connection, base::Mono retire_at) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    const bool good = !connection->broken() && clock_.mono() < retire_at;
    if (good) idle_.push_back({std::move(connection), retire_at});
  }
  freed_.notify_one();
}

void PostgresPool::drop_idle() {
  std::vector<Idle> dropped;  // closed after the lock is given back
  const std::lock_guard lock(mutex_);
  dropped.swap(idle_);
}

}  // namespace ashlar::storage
