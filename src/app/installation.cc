#include "app/installation.h"

#include <unistd.h>

#include "app/modules.h"
#include "platform/storage/directory_lock.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/postgres_database.h"
#include "platform/storage/sqlite_database.h"

namespace ashlar::app {
namespace {

base::Result<std::unique_ptr<storage::Database>> open_database(const Config& config,
                                                               const base::Clock& clock,
                                                               base::Entropy& entropy,
                                                               obs::Log& log,
                                                               obs::Registry& metrics) {
  if (config.store.empty()) {
    storage::SqliteOptions options;
    options.directory = config.data_dir;
    options.readers = static_cast<int>(config.sqlite_readers);
    return storage::open_sqlite(options, clock, log, metrics);
  }
  storage::PostgresOptions options;
  options.url = config.store;
  options.connections = config.postgres_connections;
  return storage::open_postgres(options, clock, entropy, log, metrics);
}

}  // namespace

base::Result<std::unique_ptr<storage::SchemaConnection>> open_schema(const Config& config,
                                                                     storage::SchemaAccess access,
                                                                     const base::Clock& clock) {
  if (!config.store.empty()) return storage::open_postgres_schema(config.store);
  if (access == storage::SchemaAccess::kChange) {
    ASHLAR_TRY(storage::make_data_directory(config.data_dir));
  }
  return storage::open_sqlite_schema(config.data_dir, access, clock);
}

const char* const kVersion = ASHLAR_VERSION;

Installation::Installation(const Config& config)
    : log(config.log_level, STDERR_FILENO, clock, metrics) {}

Installation::~Installation() { db.reset(); }

base::Result<std::unique_ptr<Installation>> Installation::open(const Config& config) {
  std::unique_ptr<Installation> made(new Installation(config));
  {
    ASHLAR_ASSIGN(const auto schema,
                  open_schema(config, storage::SchemaAccess::kChange, made->clock));
    ASHLAR_TRY(storage::apply_migrations(*schema, storage::embedded_migrations(), made->clock));
  }
  ASHLAR_ASSIGN(made->db,
                open_database(config, made->clock, made->entropy, made->log, made->metrics));
  made->settings.emplace(*made->db, made->entropy);
  made->tenants.emplace(*made->db, made->clock, tenant_data());
  made->keys.emplace(*made->db, made->clock, made->entropy, known_scopes());
  made->admin.emplace(*made->db, made->clock, made->entropy);
  return made;
}

}  // namespace ashlar::app
