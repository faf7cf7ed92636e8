// Group commit: durable transactions a second with 1, 16 and 64 blocked callers, and point reads
// beside it. Each transaction inserts one row of some 100 bytes; synchronous=FULL, in a temporary
// directory of $TMPDIR or /tmp.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/sqlite_database.h"

namespace ashlar::storage {
namespace {

constexpr Sql kInsert{Audience::kTenant,
                      "INSERT INTO notes (id, tenant_id, body) VALUES (?1, :tenant, ?2)"};
constexpr Sql kFind{Audience::kTenant,
                    "SELECT body FROM notes WHERE tenant_id = :tenant AND id = ?1"};
constexpr std::int64_t kReadable = 100'000;

class Bench {
 public:
  Bench() : log_(obs::Level::kWarn, 2, clock_, registry_) {
    directory_ = (std::filesystem::temp_directory_path() / "ashlar-bench-XXXXXX").string();
    CHECK(::mkdtemp(directory_.data()) != nullptr);
    SqliteFile file;
    file.path = directory_ + "/" + kSqliteFileName;
    auto plain = SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock_);
    CHECK(plain.ok());
    CHECK((*plain)
              ->execute_script(
                  "CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant_id BIGINT NOT NULL,"
                  " body TEXT NOT NULL)")
              .ok());
    plain->reset();
    SqliteOptions options;
    options.directory = directory_;
    auto opened = open_sqlite(options, clock_, log_, registry_);
    CHECK(opened.ok());
    database_ = std::move(opened).value();
  }
  ~Bench() {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  Database& database() { return *database_; }
  std::int64_t next_id() { return ++last_id_; }
  base::Status insert(std::int64_t id) {
    const std::string body(100, 'x');
    return database_->write(context_, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(tx.execute(kInsert, {id, body}));
      return base::ok_status();
    });
  }
  base::Result<std::int64_t> find(std::int64_t id) {
    return database_->read(context_, [&](Transaction& tx) {
      return tx.query(kFind, {id},
                      [](const Row& row) { benchmark::DoNotOptimize(row.text(0).size()); });
    });
  }

 private:
  base::SystemClock clock_;
  obs::Registry registry_;
  obs::Log log_;
  const Context context_ = Context::tenant(base::TenantId(1));
  std::string directory_;
  std::unique_ptr<Database> database_;
  std::atomic<std::int64_t> last_id_{0};
};

Bench& bench() {
  static Bench instance;
  return instance;
}

void write_one_row(benchmark::State& state) {
  for (auto _ : state) CHECK(bench().insert(bench().next_id()).ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_one_row)->Threads(1)->Threads(16)->Threads(64)->UseRealTime();

void read_one_row(benchmark::State& state) {
  std::int64_t id = state.thread_index() * 7919;
  for (auto _ : state) CHECK(bench().find(1 + (id += 104'729) % kReadable).ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read_one_row)->Threads(1)->Threads(4)->UseRealTime();

}  // namespace
}  // namespace ashlar::storage
