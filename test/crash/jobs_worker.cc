// jobs_worker: what test/crash/jobs.mjs kills. Enqueues jobs and works them, with two workers a
// kind.
//
//   jobs_worker --data DIR | --store postgres://… --name NAME --effects FILE --mode MODE
//     prepare   makes the schema and the table of effects, then ends
//     run       enqueues without pause, works, until it is killed
//     drain     works until nothing lives any more, then ends
//     show      prints what there is: "job ID KIND STATE ATTEMPT TOKEN", "ran_out ID ATTEMPT",
//               "failed ID ATTEMPT ERROR", "effect ID COUNT", "live N"
//
// Kinds: crash.once has its effect in the database, in one transaction with its end; crash.file
// appends "ID ATTEMPT NAME" to FILE, in one write(), before it is ended in a batch. Every job has a
// token as its unique key; run prints "TOKEN" once its enqueue is committed.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "platform/jobs/jobs.h"
#include "platform/jobs/runner.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/postgres_database.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/sqlite_database.h"

namespace ashlar {
namespace {

using Options = std::map<std::string, std::string, std::less<>>;
using storage::Audience;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kTenant{1};
constexpr base::Millis kLease{600};

constexpr Sql kEffect{Audience::kTenant,
                      "INSERT INTO crash_effects (tenant_id, job_id) VALUES (:tenant, ?1)"};
constexpr Sql kEffects{Audience::kPlatform,
                       "SELECT job_id, count(*) FROM crash_effects GROUP BY job_id"};
constexpr Sql kEnded{Audience::kPlatform,
                     "SELECT id, kind, state, attempt, payload FROM job_history ORDER BY id"};
constexpr Sql kLive{Audience::kPlatform, "SELECT count(*) FROM jobs"};
constexpr Sql kAttempts{Audience::kPlatform, "SELECT job_id, attempt, error FROM job_attempts"};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "jobs_worker: %s\n", why.c_str());
  std::exit(2);
}
void must(const base::Status& status) {
  if (!status.ok()) die(std::string(status.error().reason) + ": " + status.error().detail);
}
template <class T>
T must(base::Result<T> result) {
  if (!result.ok()) die(std::string(result.error().reason) + ": " + result.error().detail);
  return *std::move(result);
}

class Worker {
 public:
  explicit Worker(Options options) : options_(std::move(options)) {}

  void run() {
    const std::string& mode = options_["--mode"];
    if (mode == "prepare") return prepare();
    open();
    if (mode == "show") return show();
    if (mode != "run" && mode != "drain") die("--mode " + mode);
    effects_ = ::open(options_["--effects"].c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (effects_ < 0) die("--effects");
    jobs::Runner runner(*jobs_, *db_, options_["--name"], clock_, metrics_, log_);
    add_kinds(runner);
    jobs_->start();
    runner.start();
    if (mode == "run") enqueue_for_ever();
    while (live() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    runner.stop();
    jobs_->stop();
  }

 private:
  void prepare() {
    const bool postgres = !options_["--store"].empty();
    auto schema = must(postgres ? storage::open_postgres_schema(options_["--store"])
                                : storage::open_sqlite_schema(
                                      options_["--data"], storage::SchemaAccess::kChange, clock_));
    must(storage::apply_migrations(*schema, storage::embedded_migrations(), clock_));
    must(schema->begin());
    std::string table =
        "CREATE TABLE crash_effects (tenant_id BIGINT NOT NULL, job_id BIGINT NOT NULL);";
    if (postgres) table += "SELECT ashlar_isolate('crash_effects');";
    must(schema->run_script(table));
    must(schema->commit());
  }

  void open() {
    const std::string& url = options_["--store"];
    if (url.empty()) {
      storage::SqliteOptions o;
      o.directory = options_["--data"];
      db_ = must(storage::open_sqlite(o, clock_, log_, metrics_));
    } else {
      storage::PostgresOptions o;
      o.url = url;
      db_ = must(storage::open_postgres(o, clock_, entropy_, log_, metrics_));
    }
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *db_, clock_, metrics_, log_);
  }

  void add_kinds(jobs::Runner& runner) {
    jobs::KindOptions once;
    once.kind = "crash.once";
    once.concurrency = 2;
    once.prefetch = 20;
    once.lease = kLease;
    once.handler = jobs::TransactionHandler(
        [](const jobs::Attempt& attempt, Transaction& tx) -> base::Result<jobs::Outcome> {
          ASHLAR_TRY(tx.execute(kEffect, {attempt.job.ref.id.value}));
          return jobs::Outcome::done();
        });
    runner.add(std::move(once));
    jobs::KindOptions file;
    file.kind = "crash.file";
    file.concurrency = 2;
    file.prefetch = 20;
    file.lease = kLease;
    file.handler = jobs::Handler([this](const jobs::Attempt& attempt) {
      const std::string line = attempt.job.ref.id.to_string() + " " +
                               std::to_string(attempt.job.ref.attempt) + " " + options_["--name"] +
                               "\n";
      if (::write(effects_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        die("the effect cannot be written");
      }
      return jobs::Outcome::done();
    });
    runner.add(std::move(file));
  }

  [[noreturn]] void enqueue_for_ever() {
    for (std::int64_t n = 0;; ++n) {
      jobs::NewJob job;
      job.kind = n % 2 == 0 ? "crash.once" : "crash.file";
      job.payload = options_["--name"] + "-" + std::to_string(n);
      job.unique_key = job.payload;
      job.max_attempts = 1000;
      if (n % 4 >= 2) {  // half of them by key: what holds jobs back must not lose them either
        job.key = "key" + std::to_string(n % 7);
        job.key_limit = 1;
        job.ordered = n % 8 >= 4;
      }
      const base::Result<jobs::Enqueued> out =
          db_->write(storage::Context::tenant(kTenant),
                     [&](Transaction& tx) { return jobs_->enqueue(tx, job); });
      if (!out.ok()) die(out.error().detail);
      const std::string line = job.payload + "\n";
      if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) die("stdout");
    }
  }

  template <class Sink>
  void each(const Sql& sql, Sink&& sink) {
    must(db_->read(storage::Context::platform(storage::PlatformUse::kJobs),
                   [&](Transaction& tx) -> base::Status {
                     ASHLAR_TRY(tx.query(sql, {}, sink));
                     return base::ok_status();
                   }));
  }

  std::int64_t live() {
    std::int64_t n = 0;
    each(kLive, [&](const Row& row) { n = row.integer(0); });
    return n;
  }

  void show() {
    const auto n = [](const Row& row, int column) {
      return static_cast<long long>(row.integer(column));
    };
    each(kEnded, [&](const Row& row) {
      std::printf("job %lld %s %lld %lld %s\n", n(row, 0), std::string(row.text(1)).c_str(),
                  n(row, 2), n(row, 3), std::string(row.text(4)).c_str());
    });
    each(kAttempts, [&](const Row& row) {
      const std::string error(row.text(2));
      if (error == "lease ran out") {
        std::printf("ran_out %lld %lld\n", n(row, 0), n(row, 1));
      } else {
        std::printf("failed %lld %lld %s\n", n(row, 0), n(row, 1), error.c_str());
      }
    });
    each(kEffects,
         [&](const Row& row) { std::printf("effect %lld %lld\n", n(row, 0), n(row, 1)); });
    std::printf("live %lld\n", static_cast<long long>(live()));
  }

  Options options_;
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kWarn, 2, clock_, metrics_};
  std::unique_ptr<storage::Database> db_;
  std::unique_ptr<jobs::Jobs> jobs_;
  int effects_ = -1;
};

Options parse(int argc, char** argv) {
  Options options{
      {"--data", ""}, {"--store", ""}, {"--name", "w"}, {"--effects", ""}, {"--mode", ""}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  return options;
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  ashlar::Worker worker(ashlar::parse(argc, argv));
  worker.run();
  return 0;
}
