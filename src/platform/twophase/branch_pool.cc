#include "platform/twophase/branch_pool.h"

#include <libpq-fe.h>

#include <utility>

namespace ashlar::twophase {

base::Result<storage::PostgresLink> BranchPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      storage::PostgresLink link = std::move(idle_.back());
      idle_.pop_back();
      return link;
    }
  }
  return take_fresh();
}

base::Result<storage::PostgresLink> BranchPool::take_fresh() {
  std::vector<storage::PostgresLink> stale;
  {
    const std::lock_guard lock(mutex_);
    stale.swap(idle_);
  }
  stale.clear();
  ASHLAR_ASSIGN(storage::PostgresLink link,
                storage::connect_postgres(options_.url, options_.connect_timeout));
  const std::string bounds =
      "SET statement_timeout = " + std::to_string(options_.statement_timeout.count()) +
      "; SET idle_in_transaction_session_timeout = " +
      std::to_string(options_.idle_timeout.count());
  ASHLAR_TRY(storage::execute_postgres(link.get(), bounds));
  return link;
}

void BranchPool::give_back(storage::PostgresLink link) {
  if (!link || PQtransactionStatus(link.get()) != PQTRANS_IDLE) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < options_.max_idle) idle_.push_back(std::move(link));
}

}  // namespace ashlar::twophase
