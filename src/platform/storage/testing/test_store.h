// TestStore: a new, empty database on either engine, for tests that run on both. It ends with the
// test.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/schema_connection.h"

namespace ashlar::storage {

// Bounds small enough to be reached; zero: the engine's default.
struct TestLimits {
  int waiting = 0;      // transactions that may wait to be written
  int connections = 0;  // for reads (SQLite), for all (PostgreSQL)
};

class TestStore {
 public:
  virtual ~TestStore() = default;
  // Each call is another "process" on the same database.
  virtual base::Result<std::unique_ptr<Database>> open(TestLimits limits = {}) = 0;
  virtual base::Result<std::unique_ptr<SchemaConnection>> open_schema() = 0;
  // As an administrator of the database would, past everything that Ashlar checks.
  virtual void run_script(const std::string& script) = 0;

  base::SystemClock clock;
  obs::Registry registry;

 protected:
  obs::Log log_{obs::Level::kOff, 2, clock, registry};
  base::SystemEntropy entropy_;
};

std::unique_ptr<TestStore> make_sqlite_test_store();

class PostgresTestStore : public TestStore {
 public:
  [[nodiscard]] virtual const std::string& url() const = 0;
};
// Null where ASHLAR_TEST_POSTGRES, the URL of a superuser of a cluster for tests, is not set.
std::unique_ptr<PostgresTestStore> make_postgres_test_store();
inline constexpr const char* kNoPostgres =
    "ASHLAR_TEST_POSTGRES is not set: nothing is tested on PostgreSQL";

// The platform's own migrations, then a module "test": notes (id, tenant_id, name, body, weight,
// bytes; unique name for each tenant; weight >= 0), replies (note_id references notes) and counters
// (id, value; no tenant).
std::vector<EmbeddedMigration> test_migrations();
// Brings the store to test_migrations().
void migrate_for_tests(TestStore& store);

}  // namespace ashlar::storage
