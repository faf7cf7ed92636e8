// Moves money between two PostgreSQL databases by two-phase commit and kills itself at a point:
//
//   twophase_driver HOME LEFT RIGHT move POINT      HOME: a folder (SQLite) or a postgres:// URL
//   twophase_driver HOME LEFT RIGHT recover
//
// POINT: worked, prepared-first, prepared-all, decided, committed-first, committed-all, or none.
// test/stages/72-twophase starts it and looks at what is left.
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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
#include "platform/twophase/coordinator.h"

namespace {

namespace base = ashlar::base;
namespace obs = ashlar::obs;
namespace storage = ashlar::storage;
namespace twophase = ashlar::twophase;
using twophase::Point;

struct World {
  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log{obs::Level::kWarn, 2, clock, metrics};
};

base::Result<std::unique_ptr<storage::Database>> open_home(const std::string& home, World& world) {
  if (home.starts_with("postgres")) {
    {
      ASHLAR_ASSIGN(const auto schema, storage::open_postgres_schema(home));
      ASHLAR_TRY(storage::apply_migrations(*schema, storage::embedded_migrations(), world.clock));
    }
    storage::PostgresOptions options;
    options.url = home;
    return storage::open_postgres(options, world.clock, world.entropy, world.log, world.metrics);
  }
  {
    ASHLAR_ASSIGN(const auto schema,
                  storage::open_sqlite_schema(home, storage::SchemaAccess::kChange, world.clock));
    ASHLAR_TRY(storage::apply_migrations(*schema, storage::embedded_migrations(), world.clock));
  }
  storage::SqliteOptions options;
  options.directory = home;
  return storage::open_sqlite(options, world.clock, world.log, world.metrics);
}

twophase::Work change(const std::string& branch, const std::string& by) {
  return {branch, [by](twophase::Session& session) -> base::Status {
            ASHLAR_TRY(session.execute("UPDATE accounts SET amount = amount + $1::bigint", {by}));
            return base::ok_status();
          }};
}

base::Status run(const std::vector<std::string>& words, World& world) {
  static const std::map<std::string, Point> kPoints{{"worked", Point::kWorked},
                                                    {"prepared-first", Point::kPreparedFirst},
                                                    {"prepared-all", Point::kPreparedAll},
                                                    {"decided", Point::kDecided},
                                                    {"committed-first", Point::kCommittedFirst},
                                                    {"committed-all", Point::kCommittedAll}};
  ASHLAR_ASSIGN(const auto home, open_home(words[0], world));
  twophase::Coordinator::Options options;
  options.name = "driver";
  options.branches = {{"left", words[1]}, {"right", words[2]}};
  options.grace = base::Seconds(words[3] == "recover" ? 0 : 30);
  if (words.size() > 4 && kPoints.contains(words[4])) {
    options.reached = [stop = kPoints.at(words[4])](Point point) {
      if (point == stop) std::raise(SIGKILL);
    };
  }
  twophase::Coordinator coordinator(std::move(options), *home, world.clock, world.entropy,
                                    world.metrics, world.log);
  ASHLAR_TRY(coordinator.check());
  if (words[3] == "recover") {
    ASHLAR_ASSIGN(const auto done, coordinator.recover());
    std::printf("committed %d, aborted %d\n", done.committed, done.aborted);
    return base::ok_status();
  }
  const std::vector<twophase::Work> work{change("left", "-10"), change("right", "10")};
  ASHLAR_ASSIGN(const auto done, coordinator.run(work));
  std::printf("moved%s\n", done.settled ? "" : ", not settled");
  return base::ok_status();
}

}  // namespace

int main(int count, char** given) {
  const std::vector<std::string> words(given + 1, given + count);
  if (words.size() < 4) {
    std::fprintf(stderr, "usage: twophase_driver HOME LEFT RIGHT move POINT | recover\n");
    return 2;
  }
  World world;
  const base::Status done = run(words, world);
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", done.error().reason, done.error().detail.c_str());
  return 1;
}
