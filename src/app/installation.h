// Installation: what the server and every command stand on: the database with its schema in place,
// tenants, keys, the administrator. Owns all of it, in member order.
//
// A command opens it beside a running server; only `serve` takes the lock on the data folder.
#pragma once

#include <memory>
#include <optional>

#include "app/config.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/security/admin.h"
#include "platform/security/api_keys.h"
#include "platform/security/settings.h"
#include "platform/security/tenants.h"
#include "platform/storage/database.h"
#include "platform/storage/schema_connection.h"

namespace ashlar::app {

extern const char* const kVersion;  // of the project, from the build

// SQLite in the data folder, or PostgreSQL, as the settings say; for changing or reading the
// schema.
base::Result<std::unique_ptr<storage::SchemaConnection>> open_schema(const Config& config,
                                                                     storage::SchemaAccess access,
                                                                     const base::Clock& clock);

// Whether a database of ours is there, of whichever version. Error: kNotFound no_database.
base::Status require_database(const Config& config, const base::Clock& clock);

class Installation {
 public:
  // Opens the database, made if it is missing, and brings its schema up to date. Errors: storage's,
  // those of migrations among them.
  static base::Result<std::unique_ptr<Installation>> open(const Config& config);
  // Opens a database that is there, with the schema of this program; makes and changes none.
  // Errors: as above; kNotFound no_database; kPreconditionFailed schema_older.
  static base::Result<std::unique_ptr<Installation>> open_existing(const Config& config);
  ~Installation();  // ends storage first: its threads call those who have subscribed
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log;
  std::unique_ptr<storage::Database> db;
  std::optional<security::Settings> settings;
  std::optional<security::Tenants> tenants;
  std::optional<security::ApiKeys> keys;
  std::optional<security::Admin> admin;

 private:
  explicit Installation(const Config& config);
  base::Status connect(const Config& config);
};

}  // namespace ashlar::app
