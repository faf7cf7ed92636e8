#include "platform/storage/sqlite_readers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/storage/sqlite_transaction.h"
#include "platform/storage/storage_metrics.h"
#include "platform/storage/transaction_function.h"

namespace ashlar::storage {
namespace {

using Control = SqliteConnection::Control;

base::Error busy() {
  return base::fail(base::Code::kUnavailable, "storage_busy",
                    "too many reads wait for the database");
}
base::Error too_late() {
  return base::fail(base::Code::kDeadline, "storage_deadline",
                    "the deadline passed before the read began");
}

}  // namespace

SqliteReaders::SqliteReaders(SqliteFile file, SqliteReadersOptions options,
                             const base::Clock& clock, StorageMetrics& metrics)
    : file_(std::move(file)), options_(options), clock_(clock), metrics_(metrics) {}

SqliteReaders::~SqliteReaders() { CHECK(in_use_ == 0 && waiting_ == 0); }

base::Result<std::unique_ptr<SqliteConnection>> SqliteReaders::check_out(
    std::optional<base::Mono> deadline) {
  const base::Mono started = clock_.mono();
  if (deadline.has_value() && started >= *deadline) {
    metrics_.refused.add();
    return too_late();
  }
  std::unique_ptr<SqliteConnection> connection;
  {
    std::unique_lock lock(mutex_);
    if (in_use_ >= options_.connections) {
      if (waiting_ >= options_.waiting_limit) {
        metrics_.refused.add();
        return busy();
      }
      const auto patience =
          deadline.has_value() ? *deadline - started : std::chrono::nanoseconds(options_.wait);
      ++waiting_;
      const bool free =
          freed_.wait_for(lock, patience, [this] { return in_use_ < options_.connections; });
      --waiting_;
      if (!free) {
        metrics_.refused.add();
        return deadline.has_value() ? too_late() : busy();
      }
    }
    ++in_use_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  metrics_.pool_wait_seconds.observe(
      std::chrono::duration<double>(clock_.mono() - started).count());
  if (connection != nullptr) return connection;
  auto opened = SqliteConnection::open(file_, SqliteConnection::Access::kRead, clock_);
  if (!opened.ok()) check_in(nullptr);
  return opened;
}

void SqliteReaders::check_in(std::unique_ptr<SqliteConnection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (connection != nullptr) idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

base::Status SqliteReaders::with_connection(
    std::optional<base::Mono> deadline, const std::function<base::Status(SqliteConnection&)>& use) {
  ASHLAR_ASSIGN(auto connection, check_out(deadline));
  connection->set_deadline(deadline);
  base::Status status = use(*connection);
  connection->set_deadline(std::nullopt);
  check_in(std::move(connection));
  return status;
}

base::Status SqliteReaders::read(const Context& context,
                                 const std::function<base::Status(Transaction&)>& body) {
  CHECK(!inside_transaction_function());
  std::vector<std::function<void()>> on_commit;
  const auto one_snapshot = [&](SqliteConnection& connection) -> base::Status {
    ASHLAR_TRY(connection.control(Control::kBegin));
    SqliteTransaction tx(connection, context);
    base::Status status = tx.run(body);
    on_commit = tx.take_on_commit();
    if (!connection.autocommit()) {
      base::Status ended = connection.control(Control::kCommit);
      if (status.ok()) status = std::move(ended);
    }
    return status;
  };
  ASHLAR_TRY(with_connection(context.deadline(), one_snapshot));
  call_on_commit(on_commit);
  return base::ok_status();
}

}  // namespace ashlar::storage
