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

class Installation {
 public:
  // Opens the database and brings its schema up to date. Errors: storage's, and kConflict
  // schema_newer, schema_changed from migrations.
  static base::Result<std::unique_ptr<Installation>> open(const Config& config);
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
};

}  // namespace ashlar::app
