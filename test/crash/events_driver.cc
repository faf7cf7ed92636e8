// events_driver: what test/crash/events.mjs kills: producers of events and two consumers of them in
// one process, with the product's own code and a table for effects.
//
//   events_driver setup --data DIR [--store postgres://…]
//   events_driver churn --data DIR [--store …] --instance NAME --seed N   until it is killed
//   events_driver drain --data DIR [--store …]                            until nothing is left
//
// A producer's transaction counts its key up and appends events that carry the numbers: so the
// numbers of a key are the order of its commits, and the counter says how many there are. One
// transaction in eight rolls back. The consumer "steady" never fails, "flaky" fails at random.
// drain then holds the effects against the counters: of each consumer and key they must be
// 1, 2, 3 … in this order, none missing, none twice. Its last line is "ok N" or what is wrong.
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/random.h"
#include "base/result.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
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

using storage::Transaction;

constexpr int kProducers = 4;
constexpr std::uint64_t kKeys = 12;
constexpr base::TenantId kTenant{1};
constexpr base::Millis kPause{2};
constexpr base::Seconds kDrainWithin{60};

const storage::Context kContext = storage::Context::platform(storage::PlatformUse::kEvents);

constexpr storage::Sql kCountUp{storage::Audience::kPlatform,
                                "INSERT INTO crash_counters (key, n) VALUES (?1, ?2)"
                                " ON CONFLICT (key) DO UPDATE SET n = crash_counters.n + ?2"
                                " RETURNING n"};
constexpr storage::Sql kAddEffect{
    storage::Audience::kPlatform,
    "INSERT INTO crash_effects (consumer, key, n) VALUES (?1, ?2, CAST(?3 AS BIGINT))"};
constexpr storage::Sql kCounters{storage::Audience::kPlatform,
                                 "SELECT key, n FROM crash_counters ORDER BY key"};
constexpr storage::Sql kEffects{storage::Audience::kPlatform,
                                "SELECT key, n FROM crash_effects WHERE consumer = ?1 ORDER BY id"};

using Options = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "events_driver: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options{{"--data", ""}, {"--store", ""}, {"--instance", "one"}, {"--seed", "1"}};
  for (int i = 2; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  if (options["--data"].empty()) die("--data is needed");
  return options;
}

// The product's database, and what goes with it.
struct Store {
  explicit Store(const Options& options)
      : data(options.find("--data")->second), url(options.find("--store")->second) {}

  [[nodiscard]] bool is_sqlite() const { return url.empty(); }
  base::Result<std::unique_ptr<storage::SchemaConnection>> open_schema() {
    if (!is_sqlite()) return storage::open_postgres_schema(url);
    std::filesystem::create_directories(data);
    return storage::open_sqlite_schema(data, storage::SchemaAccess::kChange, clock);
  }
  base::Status open() {
    {
      ASHLAR_ASSIGN(const auto schema, open_schema());
      ASHLAR_TRY(storage::apply_migrations(*schema, storage::embedded_migrations(), clock));
    }
    if (is_sqlite()) {
      storage::SqliteOptions options;
      options.directory = data;
      ASHLAR_ASSIGN(db, storage::open_sqlite(options, clock, log, metrics));
    } else {
      storage::PostgresOptions options;
      options.url = url;
      ASHLAR_ASSIGN(db, storage::open_postgres(options, clock, entropy, log, metrics));
    }
    return base::ok_status();
  }

  const std::string data, url;
  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log{obs::Level::kError, 2, clock, metrics};
  std::unique_ptr<storage::Database> db;
};

class Driver {
 public:
  Driver(Store& store, const std::string& instance, bool alone, std::uint64_t seed)
      : store_(store),
        seed_(seed),
        consumers_({.instance = instance, .alone = alone, .seed = seed}, *store.db, store.clock,
                   store.metrics, store.log),
        outbox_(store.clock, store.entropy, [this] { consumers_.wake(); }),
        flaky_(seed) {
    add("steady", 0);
    add("flaky", 0.05);
  }

  // Only makes the consumers known: they begin at the log's begin.
  void enlist() {
    consumers_.start();
    consumers_.stop();
  }

  [[noreturn]] void churn() {
    consumers_.start();
    std::vector<std::thread> producers;
    for (int i = 0; i < kProducers; ++i) {
      producers.emplace_back(
          [this, i] { produce(seed_ * kProducers + static_cast<std::uint64_t>(i)); });
    }
    std::puts("churning");
    std::fflush(stdout);
    for (std::thread& producer : producers) producer.join();  // never
    std::abort();
  }

  base::Result<std::int64_t> drain() {
    consumers_.start();
    const base::Mono end = store_.clock.mono() + kDrainWithin;
    for (bool idle = false; !idle;) {
      if (store_.clock.mono() > end) {
        return base::fail(base::Code::kDeadline, "not_drained", "events are left after 60 s");
      }
      pause(base::Millis{20});
      ASHLAR_ASSIGN(const auto views, consumers_.list());
      idle = true;
      for (const events::ConsumerView& view : views) {
        if (view.dead > 0) return wrong("a dead letter of " + view.name);
        idle = idle && view.lag_events == 0 && view.parked == 0;
      }
    }
    consumers_.stop();
    return check();
  }

 private:
  static base::Error wrong(std::string what) {
    return base::fail(base::Code::kInternal, "wrong", std::move(what));
  }

  void add(const std::string& name, double failures) {
    consumers_.add({.name = name,
                    .types = {"crash.*"},
                    .consume = [this, name, failures](Transaction& tx,
                                                      const events::Event& event) -> base::Status {
                      if (fails(failures)) {
                        return base::fail(base::Code::kInternal, "flaky", "at random");
                      }
                      ASHLAR_TRY(tx.execute(kAddEffect, {name, event.aggregate_id, event.data}));
                      return base::ok_status();
                    },
                    .retry = {.delays = {base::Millis{10}, base::Millis{50}}, .jitter = 0.5},
                    .max_attempts = 1000,
                    .batch = 50,
                    .from_start = true});
  }
  bool fails(double probability) {
    const std::lock_guard lock(mutex_);
    return flaky_.chance(probability);
  }
  void pause(base::Millis time) {
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, time);
  }

  void produce(std::uint64_t seed) {
    base::Random random(seed);
    for (;;) {
      const std::string key = "k" + std::to_string(random.below(kKeys));
      const auto count = static_cast<std::int64_t>(1 + random.below(3));
      const bool rolls_back = random.chance(0.125);
      const base::Status done =
          store_.db->write(kContext.read_committed(), [&](Transaction& tx) -> base::Status {
            std::int64_t last = 0;
            ASHLAR_TRY(tx.query(kCountUp, {key, count},
                                [&](const storage::Row& row) { last = row.integer(0); }));
            for (std::int64_t n = last - count + 1; n <= last; ++n) {
              ASHLAR_TRY(outbox_.append_for(
                  tx, kTenant, {"crash.counted", "crash", key, std::to_string(n), ""}));
            }
            if (rolls_back) return base::fail(base::Code::kConflict, "rolled_back", "by plan");
            return base::ok_status();
          });
      if (!done.ok() && !rolls_back) die(done.error().reason + (": " + done.error().detail));
      pause(kPause);
    }
  }

  base::Result<std::int64_t> check() {
    std::map<std::string, std::int64_t> counters;
    std::map<std::string, std::map<std::string, std::vector<std::int64_t>>> effects;
    ASHLAR_TRY(store_.db->read(kContext, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(tx.query(kCounters, {}, [&](const storage::Row& row) {
        counters[std::string(row.text(0))] = row.integer(1);
      }));
      for (const std::string consumer : {"steady", "flaky"}) {
        ASHLAR_TRY(tx.query(kEffects, {consumer}, [&](const storage::Row& row) {
          effects[consumer][std::string(row.text(0))].push_back(row.integer(1));
        }));
      }
      return base::ok_status();
    }));
    std::int64_t total = 0;
    for (const std::string consumer : {"steady", "flaky"}) {
      for (const auto& [key, count] : counters) {
        const std::vector<std::int64_t>& seen = effects[consumer][key];
        for (std::size_t i = 0; i < seen.size(); ++i) {
          const auto expected = static_cast<std::int64_t>(i) + 1;
          if (seen[i] == expected) continue;
          return wrong(consumer + ", " + key + ": number " + std::to_string(seen[i]) + " where " +
                       std::to_string(expected) + " was due");
        }
        if (static_cast<std::int64_t>(seen.size()) != count) {
          return wrong(consumer + ", " + key + ": " + std::to_string(seen.size()) + " of " +
                       std::to_string(count) + " events");
        }
        total += count;
      }
    }
    return total;
  }

  Store& store_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::condition_variable never_;  // nobody notifies it: a wait that only time ends
  events::Consumers consumers_;
  events::Outbox outbox_;
  base::Random flaky_;  // guarded by mutex_
};

// On PostgreSQL the consumers' transactions have a role of their own.
base::Status make_tables(Store& store) {
  ASHLAR_ASSIGN(const auto schema, store.open_schema());
  const bool sqlite = schema->dialect() == storage::Dialect::kSqlite;
  ASHLAR_TRY(schema->begin());
  ASHLAR_TRY(schema->run_script(
      sqlite ? "CREATE TABLE crash_counters (key TEXT PRIMARY KEY, n INTEGER);"
               "CREATE TABLE crash_effects (id INTEGER PRIMARY KEY AUTOINCREMENT, consumer TEXT,"
               " key TEXT, n INTEGER);"
             : "CREATE TABLE crash_counters (key TEXT PRIMARY KEY, n BIGINT);"
               "CREATE TABLE crash_effects (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
               " consumer TEXT, key TEXT, n BIGINT);"
               "GRANT ALL ON crash_counters, crash_effects TO ashlar_platform;"));
  return schema->commit();
}

base::Status run(const std::string& mode, const Options& options) {
  Store store(options);
  ASHLAR_TRY(store.open());
  const bool alone = mode != "churn" || store.is_sqlite();
  Driver driver(store, options.find("--instance")->second, alone,
                std::strtoull(options.find("--seed")->second.c_str(), nullptr, 10));
  if (mode == "setup") {
    ASHLAR_TRY(make_tables(store));
    driver.enlist();
    return base::ok_status();
  }
  if (mode == "churn") driver.churn();
  if (mode != "drain") die("setup, churn or drain, not " + mode);
  ASHLAR_ASSIGN(const std::int64_t total, driver.drain());
  std::printf("ok %lld\n", static_cast<long long>(total));
  return base::ok_status();
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  if (argc < 2) ashlar::die("setup, churn or drain");
  const ashlar::base::Status done = ashlar::run(argv[1], ashlar::parse(argc, argv));
  if (done.ok()) return 0;
  std::printf("%s: %s\n", done.error().reason, done.error().detail.c_str());
  return 1;
}
