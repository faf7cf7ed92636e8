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

using base::Code;

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
  options.connections = static_cast<int>(config.postgres_connections);
  return storage::open_postgres(options, clock, entropy, log, metrics);
}

// An URL may hold a password, so it is not said which database of PostgreSQL it is.
std::string place_of(const Config& config) {
  return config.store.empty() ? config.data_dir : "the PostgreSQL database";
}

base::Status check_present(storage::SchemaConnection& schema, const Config& config) {
  ASHLAR_ASSIGN(const auto applied, schema.applied());
  if (!applied.empty()) return base::ok_status();
  return base::fail(Code::kNotFound, "no_database", place_of(config) + " holds no Ashlar database");
}

base::Status check_schema(const Config& config, const base::Clock& clock) {
  ASHLAR_ASSIGN(const auto schema, open_schema(config, storage::SchemaAccess::kLook, clock));
  ASHLAR_TRY(check_present(*schema, config));
  auto pending = storage::plan_migrations(*schema, storage::embedded_migrations());
  if (!pending.ok()) {
    base::Error error = std::move(pending).error();
    if (std::string_view(error.reason) == "storage_schema_newer") error.detail += "; use that one";
    return error;
  }
  if (pending->empty()) return base::ok_status();
  return base::fail(Code::kPreconditionFailed, "schema_older",
                    place_of(config) + " was written by an older version: run `ashlar migrate`");
}

}  // namespace

base::Status require_database(const Config& config, const base::Clock& clock) {
  ASHLAR_ASSIGN(const auto schema, open_schema(config, storage::SchemaAccess::kLook, clock));
  return check_present(*schema, config);
}

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
  ASHLAR_TRY(made->connect(config));
  return made;
}

base::Result<std::unique_ptr<Installation>> Installation::open_existing(const Config& config) {
  std::unique_ptr<Installation> made(new Installation(config));
  ASHLAR_TRY(check_schema(config, made->clock));
  ASHLAR_TRY(made->connect(config));
  return made;
}

base::Status Installation::connect(const Config& config) {
  ASHLAR_ASSIGN(db, open_database(config, clock, entropy, log, metrics));
  settings.emplace(*db, entropy);
  tenants.emplace(*db, clock, tenant_data());
  keys.emplace(*db, clock, entropy, known_scopes());
  admin.emplace(*db, clock, entropy);
  return base::ok_status();
}

}  // namespace ashlar::app
