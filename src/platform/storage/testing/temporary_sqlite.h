// TemporarySqlite: a database on embedded SQLite for the time of a test, with the schema of all
// modules unless it is given another list.
//
//   TemporarySqlite store;
//   Tenants tenants(store.database(), …);
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/sqlite_database.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::storage {

class TemporarySqlite {
 public:
  explicit TemporarySqlite(std::span<const EmbeddedMigration> migrations = embedded_migrations(),
                           SqliteOptions options = {}) {
    options.directory = directory_.path();
    {
      auto schema = open_sqlite_schema(options.directory, SchemaAccess::kChange, clock_);
      CHECK(schema.ok());
      const auto applied = apply_migrations(**schema, migrations, clock_);
      CHECK(applied.ok());
    }
    auto opened = open_sqlite(options, clock_, log_, registry_);
    CHECK(opened.ok());
    database_ = std::move(opened).value();
  }

  Database& database() { return *database_; }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  obs::Registry& registry() { return registry_; }
  obs::Log& log() { return log_; }
  const base::Clock& clock() { return clock_; }

 private:
  TemporaryDirectory directory_;
  base::SystemClock clock_;
  obs::Registry registry_;
  obs::Log log_{obs::Level::kOff, 2, clock_, registry_};
  std::unique_ptr<Database> database_;
};

}  // namespace ashlar::storage
