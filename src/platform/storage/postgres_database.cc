#include "platform/storage/postgres_database.h"

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/random.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/notice_board.h"
#include "platform/storage/notice_sender.h"
#include "platform/storage/postgres_connection.h"
#include "platform/storage/postgres_error.h"
#include "platform/storage/postgres_listener.h"
#include "platform/storage/postgres_pool.h"
#include "platform/storage/postgres_transaction.h"
#include "platform/storage/storage_metrics.h"
#include "platform/storage/transaction_function.h"

namespace ashlar::storage {
namespace {

// Of the pause before a transaction runs again; it is random between nothing and the bound, which
// doubles. Short ones first: most conflicts are over when the other has committed.
constexpr base::Micros kFirstPause{500};
constexpr base::Micros kLongestPause{50'000};

constexpr const char* kFindings =
    "SELECT 'invalid index ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid"
    " UNION ALL SELECT 'constraint not validated: ' || conname || ' of ' || conrelid::regclass"
    " FROM pg_constraint WHERE NOT convalidated";

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const PostgresOptions& options, std::uint64_t sender_id, std::uint64_t seed,
                   const base::Clock& clock, obs::Log& log, obs::Registry& registry)
      : options_(options),
        sender_(sender_id),
        clock_(clock),
        metrics_(registry),
        random_(seed),
        pool_({.url = options.url,
               .connections = options.connections,
               .waiting_limit = options.waiting_limit,
               .wait = options.checkout_wait,
               .connect_timeout = options.connect_timeout,
               .lifetime = options.connection_lifetime},
              seed + 1, clock, metrics_),
        listener_(options.url, options.connect_timeout, sender_, board_, log, seed + 2) {}

  base::Status start() { return listener_.start(); }

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    board_.subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] Dialect dialect() const override { return Dialect::kPostgres; }

  base::Status ping(base::Mono deadline) override {
    ASHLAR_ASSIGN(PostgresPool::Lease lease, pool_.check_out(deadline));
    ASHLAR_TRY((*lease).add(PostgresConnection::Control::kPing));
    ASHLAR_ASSIGN(const PostgresResult answer, (*lease).run(deadline));
    CHECK(answer != nullptr);
    return base::ok_status();
  }

  base::Result<std::string> check_integrity() override {
    ASHLAR_ASSIGN(const PostgresLink link,
                  connect_postgres(options_.url, options_.connect_timeout));
    const PostgresResult answer(PQexec(link.get(), kFindings));
    if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK) return postgres_error(answer.get());
    std::string findings;
    for (int i = 0; i < PQntuples(answer.get()); ++i) {
      findings.append(PQgetvalue(answer.get(), i, 0)).append("\n");
    }
    return findings;
  }

 private:
  base::Status run_body(const Context& context, Mode mode, const Body& body) override {
    CHECK(!inside_transaction_function());
    base::Status last = base::ok_status();
    for (int attempt = 0; attempt < options_.attempts; ++attempt) {
      if (attempt > 0) {
        metrics_.retries.add();
        pause(attempt);
      }
      bool again = false;
      last = run_once(context, mode, body, again);
      if (!again) return last;
    }
    return last;
  }

  base::Status run_once(const Context& context, Mode mode, const Body& body, bool& again) {
    std::vector<std::function<void()>> on_commit;
    std::vector<OutgoingNotice> notices;
    {
      ASHLAR_ASSIGN(PostgresPool::Lease lease, pool_.check_out(context.deadline()));
      const auto kind = mode == Mode::kRead ? PostgresTransaction::Mode::kRead
                                            : PostgresTransaction::Mode::kWrite;
      PostgresTransaction tx(*lease, context, kind, options_.statement_timeout, sender_.name(),
                             clock_);
      base::Status status = tx.run(body);
      if (!status.ok()) {
        again = tx.may_run_again();
        if ((*lease).broken()) pool_.drop_idle();
        if (tx.outcome_unknown() && !tx.take_notices().empty()) assume_committed();
        return status;
      }
      if (mode == Mode::kWrite) {
        metrics_.batch_size.observe(1);
        metrics_.commit_seconds.observe(tx.commit_time().count());
      }
      on_commit = tx.take_on_commit();
      notices = tx.take_notices();
    }
    call_on_commit(on_commit);
    for (const OutgoingNotice& notice : notices) board_.deliver(notice.channel, notice.payload);
    return base::ok_status();
  }

  // Its notices may still come by the listener, or have come before and been skipped as our own:
  // the new name lets the first through, the resync after it makes up for the second.
  void assume_committed() {
    sender_.renew();
    board_.deliver_resync();
  }

  void pause(int attempt) {
    const base::Micros bound = std::min(kLongestPause, kFirstPause * (1 << std::min(attempt, 10)));
    std::unique_lock lock(mutex_);
    const auto chosen = bound * random_.unit();
    never_.wait_for(lock, chosen);
  }

  const PostgresOptions options_;
  NoticeSender sender_;
  const base::Clock& clock_;
  StorageMetrics metrics_;
  NoticeBoard board_;
  std::mutex mutex_;
  std::condition_variable never_;  // nobody notifies it: a wait that only time ends
  base::Random random_;            // guarded by mutex_
  PostgresPool pool_;
  PostgresListener listener_;
};

}  // namespace

base::Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options,
                                                      const base::Clock& clock,
                                                      base::Entropy& entropy, obs::Log& log,
                                                      obs::Registry& registry) {
  auto database = std::make_unique<PostgresDatabase>(options, entropy.u64(), entropy.u64(), clock,
                                                     log, registry);
  ASHLAR_TRY(database->start());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace ashlar::storage
