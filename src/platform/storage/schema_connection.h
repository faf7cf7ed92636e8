// SchemaConnection: the one connection that may change the schema, apart from Database, whose
// connections cannot.
//
// Used by migrations.h alone, at start and from the command line. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::storage {

enum class Dialect : std::uint8_t;

// A row of ashlar_migrations.
struct AppliedMigration {
  std::string module;
  int number = 0;
  std::string name;
  std::string checksum;  // SHA-256 of the script, in hex
  std::int64_t applied_at = 0;
};

class SchemaConnection {
 public:
  virtual ~SchemaConnection() = default;
  [[nodiscard]] virtual Dialect dialect() const = 0;

  // A transaction that shuts out all other migrations of this database, in any process; waits for
  // them.
  virtual base::Status begin() = 0;
  virtual base::Status commit() = 0;
  virtual base::Status roll_back() = 0;

  // What a schema stands on and no migration can bring: the table ashlar_migrations; on PostgreSQL
  // the roles. REQUIRES: inside a transaction.
  virtual base::Status prepare() = 0;
  // Empty in a new database, also before prepare().
  virtual base::Result<std::vector<AppliedMigration>> applied() = 0;
  virtual base::Status run_script(const std::string& script) = 0;
  virtual base::Status record(const AppliedMigration& migration) = 0;
  // What the engine does not check by itself: foreign keys (SQLite), row-level security
  // (PostgreSQL).
  virtual base::Status check() = 0;
};

enum class SchemaAccess : std::uint8_t {
  kChange,
  kLook,  // creates nothing; only applied() may be called
};

base::Result<std::unique_ptr<SchemaConnection>> open_sqlite_schema(const std::string& directory,
                                                                   SchemaAccess access,
                                                                   const base::Clock& clock);
// `url`: as of PostgresOptions. The connecting user owns the schema.
base::Result<std::unique_ptr<SchemaConnection>> open_postgres_schema(const std::string& url);

}  // namespace ashlar::storage
