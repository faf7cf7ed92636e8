// jobs_load: what the jobs engine does on one store: SQLite (WAL, synchronous=FULL) or PostgreSQL.
//
//   jobs_load --data DIR | --store postgres://…  --what insert,work,single,open [--jobs N]
//             [--history N] [--batch N] [--workers N] [--rate N] [--seconds N]
//
// Each job has a unique key and ends in history. Jobs do nothing: this is the engine's own cost,
// client and engine in one process (PostgreSQL's server beside it).
//   history   N ended jobs are there before: the steady state, not an empty table's
//   insert    --jobs, enqueued `batch` a transaction
//   work      --jobs that are there: leased, handled and acknowledged in batches, by a Runner
//   single    --jobs that are there: leased in batches, each ended in a transaction of its own
//   open      `rate` jobs a second for `seconds`, each enqueued in a transaction of its own by an
//             open loop: from when each was due to be enqueued until its handler began
// Prints name=value a line.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
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
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kTenant{1};
constexpr const char* kKind = "bench.noop";

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "jobs_load: %s\n", why.c_str());
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

Options parse(int argc, char** argv) {
  Options options{{"--data", ""},      {"--store", ""},       {"--what", "insert,work"},
                  {"--jobs", "50000"}, {"--history", "0"},    {"--batch", "500"},
                  {"--workers", "4"},  {"--rate", "5000"},    {"--seconds", "10"},
                  {"--singles", "64"}, {"--prefetch", "1000"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  if (options["--data"].empty() == options["--store"].empty()) die("--data or --store");
  return options;
}
std::int64_t number(const Options& options, std::string_view name) {
  return std::strtoll(options.find(name)->second.c_str(), nullptr, 10);
}

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)) { open(); }

  void run() {
    if (number(options_, "--history") > 0) fill_history();
    std::string what = options_["--what"] + ",";
    for (std::size_t at = 0; at < what.size();) {
      const std::size_t end = what.find(',', at);
      const std::string one = what.substr(at, end - at);
      at = end + 1;
      if (one == "insert") {
        insert();
      } else if (one == "work") {
        work("work", false);
      } else if (one == "single") {
        work("single", true);
      } else if (one == "open") {
        open_loop();
      } else if (!one.empty()) {
        die("--what: " + one);
      }
    }
  }

 private:
  void open() {
    const std::string& url = options_["--store"];
    const bool postgres = !url.empty();
    {
      auto schema =
          must(postgres ? storage::open_postgres_schema(url)
                        : storage::open_sqlite_schema(options_["--data"],
                                                      storage::SchemaAccess::kChange, clock_));
      must(storage::apply_migrations(*schema, storage::embedded_migrations(), clock_));
    }
    if (postgres) {
      storage::PostgresOptions o;
      o.url = url;
      o.connections = static_cast<int>(number(options_, "--singles")) / 2 + 8;
      db_ = must(storage::open_postgres(o, clock_, entropy_, log_, metrics_));
    } else {
      storage::SqliteOptions o;
      o.directory = options_["--data"];
      db_ = must(storage::open_sqlite(o, clock_, log_, metrics_));
    }
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, *db_, clock_, metrics_, log_);
  }

  void fill_history() {
    static constexpr Sql kFill{
        storage::Audience::kPlatform,
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?2)"
        " INSERT INTO job_history (id, tenant_id, kind, queue, state, attempt, max_attempts,"
        " budget, priority, run_at, timeout_ms, enqueued_at, started_at, ended_at, worker,"
        " unique_key, key, key_limit, ordered, error, result, traceparent, meta, payload)"
        " SELECT -(?1 + n), 1, 'bench.noop', 'default', 0, 1, 25, 25, 0, ?3, 60000, ?3, ?3, ?3,"
        " 'w', 'h' || (?1 + n), NULL, 1, 0, '', '', '', '', '{\"n\":1}' FROM c",
        "INSERT INTO job_history (id, tenant_id, kind, queue, state, attempt, max_attempts,"
        " budget, priority, run_at, timeout_ms, enqueued_at, started_at, ended_at, worker,"
        " unique_key, key, key_limit, ordered, error, result, traceparent, meta, payload)"
        " SELECT -(?1 + n), 1, 'bench.noop', 'default', 0, 1, 25, 25, 0, ?3, 60000, ?3, ?3, ?3,"
        " 'w', 'h' || (?1 + n), NULL, 1, 0, '', '', '', '', '{\"n\":1}'"
        " FROM generate_series(1, ?2) AS n"};
    const std::int64_t rows = number(options_, "--history");
    const std::int64_t now = base::to_micros(clock_.now());
    for (std::int64_t done = 0; done < rows; done += 50'000) {
      must(db_->write(storage::Context::platform(storage::PlatformUse::kJobs).read_committed(),
                      [&](Transaction& tx) -> base::Status {
                        ASHLAR_TRY(tx.execute(kFill, {done, std::int64_t{50'000}, now}));
                        return base::ok_status();
                      }));
    }
  }

  jobs::NewJob next_job(std::string payload) {
    jobs::NewJob job;
    job.kind = kKind;
    job.payload = std::move(payload);
    job.unique_key = "u" + std::to_string(++last_);
    return job;
  }

  double seconds_since(base::Mono start) const {
    return std::chrono::duration<double>(clock_.mono() - start).count();
  }

  void insert() {
    const std::int64_t total = number(options_, "--jobs");
    const std::int64_t batch = number(options_, "--batch");
    std::vector<jobs::NewJob> jobs;
    const base::Mono start = clock_.mono();
    for (std::int64_t done = 0; done < total; done += static_cast<std::int64_t>(jobs.size())) {
      jobs.clear();
      for (std::int64_t i = 0; i < std::min(batch, total - done); ++i) {
        jobs.push_back(next_job("{\"n\":1}"));
      }
      must(db_->write(storage::Context::tenant(kTenant),
                      [&](Transaction& tx) { return jobs_->enqueue_many(tx, kTenant, jobs); }));
    }
    std::printf("insert_per_s=%.0f\n", static_cast<double>(total) / seconds_since(start));
  }

  void work(const char* name, bool single) {
    const std::int64_t total = number(options_, "--jobs");
    jobs::Runner runner(*jobs_, *db_, "bench", clock_, metrics_, log_);
    std::atomic<std::int64_t> seen{0};
    jobs::KindOptions kind;
    kind.kind = kKind;
    kind.prefetch = static_cast<int>(number(options_, "--prefetch"));
    if (single) {
      kind.concurrency = static_cast<int>(number(options_, "--singles"));
      kind.handler = jobs::TransactionHandler(
          [&](const jobs::Attempt&, Transaction&) -> base::Result<jobs::Outcome> {
            ++seen;
            return jobs::Outcome::done();
          });
    } else {
      kind.concurrency = static_cast<int>(number(options_, "--workers"));
      kind.handler = jobs::Handler([&](const jobs::Attempt&) {
        ++seen;
        return jobs::Outcome::done();
      });
    }
    runner.add(std::move(kind));
    obs::Counter& done =
        metrics_.make_counter("ashlar_jobs_ended_total", "Attempts ended, by what became of them.",
                              {{"kind", kKind}, {"state", "done"}});
    const std::uint64_t before = done.value();
    const base::Mono start = clock_.mono();
    runner.start();
    while (done.value() - before < static_cast<std::uint64_t>(total)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (seconds_since(start) > 240) die("not all jobs are worked");
    }
    const double took = seconds_since(start);
    runner.stop();
    std::printf("%s_per_s=%.0f\n%s_handled=%lld\n", name, static_cast<double>(total) / took, name,
                static_cast<long long>(seen.load()));
  }

  void open_loop() {
    const double rate = static_cast<double>(number(options_, "--rate"));
    const auto total =
        static_cast<std::int64_t>(rate * static_cast<double>(number(options_, "--seconds")));
    jobs_->start();
    jobs::Runner runner(*jobs_, *db_, "bench", clock_, metrics_, log_);
    std::vector<std::atomic<std::int64_t>> began(static_cast<std::size_t>(total));
    std::atomic<std::int64_t> seen{0};
    jobs::KindOptions kind;
    kind.kind = kKind;
    kind.concurrency = static_cast<int>(number(options_, "--workers"));
    kind.handler = jobs::Handler([&](const jobs::Attempt& attempt) {
      const auto n = std::strtoll(attempt.job.payload.c_str(), nullptr, 10);
      began[static_cast<std::size_t>(n)] = clock_.mono().time_since_epoch().count();
      ++seen;
      return jobs::Outcome::done();
    });
    runner.add(std::move(kind));
    runner.start();
    const base::Mono start = clock_.mono() + std::chrono::milliseconds(100);
    const auto due = [&](std::int64_t n) {
      return start + std::chrono::nanoseconds(
                         static_cast<std::int64_t>(static_cast<double>(n) * 1e9 / rate));
    };
    std::atomic<std::int64_t> next{0};
    std::vector<std::thread> clients;
    for (std::int64_t c = 0; c < number(options_, "--singles"); ++c) {
      clients.emplace_back([&] {
        for (std::int64_t n = next++; n < total; n = next++) {
          const auto wait = due(n) - clock_.mono();
          if (wait.count() > 0) std::this_thread::sleep_for(wait);
          jobs::NewJob job;
          job.kind = kKind;
          job.payload = std::to_string(n);
          job.unique_key = job.payload;
          must(db_->write(storage::Context::tenant(kTenant),
                          [&](Transaction& tx) { return jobs_->enqueue(tx, job); }));
        }
      });
    }
    for (std::thread& client : clients) client.join();
    const double took = seconds_since(start);
    const base::Mono end = clock_.mono() + std::chrono::seconds(20);
    while (seen < total && clock_.mono() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    runner.stop();
    jobs_->stop();
    if (seen != total) die("not all jobs are worked");
    std::vector<double> ms;
    ms.reserve(began.size());
    for (std::int64_t n = 0; n < total; ++n) {
      const std::int64_t at = began[static_cast<std::size_t>(n)];
      ms.push_back(static_cast<double>(at - due(n).time_since_epoch().count()) / 1e6);
    }
    std::sort(ms.begin(), ms.end());
    const auto percentile = [&](double p) {
      return ms[static_cast<std::size_t>(p * static_cast<double>(ms.size() - 1))];
    };
    std::printf("open_per_s=%.0f\nopen_p50_ms=%.2f\nopen_p99_ms=%.2f\nopen_max_ms=%.2f\n",
                static_cast<double>(total) / took, percentile(0.5), percentile(0.99), ms.back());
  }

  Options options_;
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kWarn, 2, clock_, metrics_};
  std::unique_ptr<storage::Database> db_;
  std::unique_ptr<jobs::Jobs> jobs_;
  std::int64_t last_ = 0;
};

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  ashlar::Load load(ashlar::parse(argc, argv));
  load.run();
  return 0;
}
