// What the examples of docs/transactions.md stand on: a clock, a log, an empty database with the
// example's tables, on SQLite (a folder that goes away) or PostgreSQL (--postgres URL).
//
//   example_saga [--postgres URL] [--measure ORDERS]
//
// Without --measure an example does little and says what has become of it; with it, it does the
// same for so many orders and says how fast that was.
#pragma once

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/postgres_database.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/sqlite_database.h"

namespace example {

namespace base = ashlar::base;
namespace obs = ashlar::obs;
namespace storage = ashlar::storage;

inline constexpr base::TenantId kTenant{1};
inline const storage::Context kShop = storage::Context::tenant(kTenant);
inline constexpr int kCustomers = 32;  // threads that measure: they share commits

// Ends the program where an example cannot go on.
template <class T>
T must(base::Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s: %s\n", result.error().reason, result.error().detail.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

struct Arguments {
  std::string postgres;
  int measured = 0;
  Arguments(int count, char** given) {
    for (int i = 1; i + 1 < count; i += 2) {
      const std::string_view name = given[i];
      if (name == "--postgres") postgres = given[i + 1];
      if (name == "--measure") measured = std::atoi(given[i + 1]);
    }
  }
};

class World {
 public:
  World(const Arguments& arguments, std::string_view tables, std::string_view tables_pg) {
    std::vector<storage::EmbeddedMigration> migrations;
    for (const auto& one : storage::embedded_migrations()) {
      if (one.module == "platform") migrations.push_back(one);
    }
    migrations.push_back({"shop", 1, "shop", tables, tables_pg});
    if (!arguments.postgres.empty()) {
      const auto schema = must(storage::open_postgres_schema(arguments.postgres));
      must(storage::apply_migrations(*schema, migrations, clock));
      storage::PostgresOptions options;
      options.url = arguments.postgres;
      db = must(storage::open_postgres(options, clock, entropy, log, metrics));
      return;
    }
    folder_ = (std::filesystem::temp_directory_path() / "ashlar-example-XXXXXX").string();
    CHECK(::mkdtemp(folder_.data()) != nullptr);
    {
      const auto schema =
          must(storage::open_sqlite_schema(folder_, storage::SchemaAccess::kChange, clock));
      must(storage::apply_migrations(*schema, migrations, clock));
    }
    storage::SqliteOptions options;
    options.directory = folder_;
    db = must(storage::open_sqlite(options, clock, log, metrics));
  }
  ~World() {
    db.reset();
    std::error_code ignored;  // what is left in the temporary folder harms nobody
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::int64_t count(const storage::Sql& sql) {
    return must(db->read(kShop, [&](storage::Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t n = 0;
      ASHLAR_TRY(tx.query(sql, {}, [&](const storage::Row& row) { n = row.integer(0); }));
      return n;
    }));
  }
  // Looks every millisecond, for at most half a minute.
  void wait_for(const std::function<bool()>& holds) const {
    for (int i = 0; i < 30'000 && !holds(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (!holds()) {
      std::fprintf(stderr, "it does not end\n");
      std::exit(1);
    }
  }

  // Many customers at once call `one`, each with numbers of its own; then `settled` is waited for.
  // Prints how many a second that were, from the first call to the end of the last.
  void measure(const char* what, int orders, const std::function<void(int)>& one,
               const std::function<bool(int)>& settled) {
    std::atomic<int> next{0};
    const base::Mono begin = clock.mono();
    std::vector<std::thread> customers;
    for (int i = 0; i < kCustomers; ++i) {
      customers.emplace_back([&] {
        for (int number = next++; number < orders; number = next++) one(number);
      });
    }
    for (std::thread& customer : customers) customer.join();
    wait_for([&] { return settled(orders); });
    const double took = std::chrono::duration<double>(clock.mono() - begin).count();
    std::printf("%s: %.0f a second, %.0f us each (%d orders, %d customers)\n", what, orders / took,
                took * 1e6 / orders, orders, kCustomers);
  }

  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log{obs::Level::kWarn, 2, clock, metrics};
  std::unique_ptr<storage::Database> db;

 private:
  std::string folder_;
};

}  // namespace example
