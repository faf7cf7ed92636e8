// SchemaConnection on SQLite. The write lock of BEGIN IMMEDIATE is what shuts out other migrations.
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "platform/storage/database.h"
#include "platform/storage/directory_lock.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/sqlite_database.h"
#include "platform/storage/sqlite_transaction.h"

namespace ashlar::storage {
namespace {

using Control = SqliteConnection::Control;

constexpr base::Millis kWaitForOthers{60'000};  // a migration of another process, however large

constexpr Sql kHasTable{Audience::kPlatform,
                        "SELECT count(*) FROM sqlite_schema WHERE name = 'ashlar_migrations'"};
constexpr Sql kApplied{Audience::kPlatform,
                       "SELECT module, number, name, checksum, applied_at FROM ashlar_migrations"
                       " ORDER BY module, number"};
constexpr Sql kRecord{Audience::kPlatform,
                      "INSERT INTO ashlar_migrations (module, number, name, checksum, applied_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5)"};
constexpr const char* kTable =
    "CREATE TABLE IF NOT EXISTS ashlar_migrations (module TEXT NOT NULL, number INTEGER NOT NULL, "
    "name TEXT NOT NULL,"
    " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL, PRIMARY KEY (module, number)) STRICT, "
    "WITHOUT ROWID";

class SqliteSchema final : public SchemaConnection {
 public:
  // `connection` may be null: there is no database yet.
  explicit SqliteSchema(std::unique_ptr<SqliteConnection> connection)
      : connection_(std::move(connection)) {}

  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }
  base::Status begin() override { return connection_->control(Control::kBeginImmediate); }
  base::Status commit() override { return connection_->control(Control::kCommit); }
  base::Status roll_back() override {
    if (connection_->autocommit()) return base::ok_status();
    return connection_->control(Control::kRollback);
  }
  base::Status prepare() override { return connection_->execute_script(kTable); }
  base::Status run_script(const std::string& script) override {
    ASHLAR_TRY(connection_->execute_script(script));
    if (!connection_->autocommit()) return base::ok_status();
    return base::fail(base::Code::kInternal, "storage_error",
                      "a migration may not end its transaction");
  }

  base::Result<std::vector<AppliedMigration>> applied() override {
    std::vector<AppliedMigration> found;
    if (connection_ == nullptr) return found;
    SqliteTransaction tx(*connection_, context_);
    bool has_table = false;
    ASHLAR_TRY(tx.query(kHasTable, {}, [&](const Row& row) { has_table = row.integer(0) > 0; }));
    if (!has_table) return found;
    ASHLAR_TRY(tx.query(kApplied, {}, [&](const Row& row) {
      found.push_back({.module = std::string(row.text(0)),
                       .number = static_cast<int>(row.integer(1)),
                       .name = std::string(row.text(2)),
                       .checksum = std::string(row.text(3)),
                       .applied_at = row.integer(4)});
    }));
    return found;
  }

  base::Status record(const AppliedMigration& m) override {
    SqliteTransaction tx(*connection_, context_);
    ASHLAR_TRY(
        tx.execute(kRecord, {m.module, std::int64_t{m.number}, m.name, m.checksum, m.applied_at}));
    return base::ok_status();
  }

  base::Status check() override {
    std::string first;
    ASHLAR_TRY(connection_->each_line("PRAGMA foreign_key_check", [&](std::string_view line) {
      if (first.empty()) first = line;
    }));
    if (first.empty()) return base::ok_status();
    return base::fail(base::Code::kInternal, "storage_error",
                      "a foreign key without its row: " + first);
  }

 private:
  const std::unique_ptr<SqliteConnection> connection_;
  const Context context_ = Context::platform(PlatformUse::kMaintenance);
};

}  // namespace

base::Result<std::unique_ptr<SchemaConnection>> open_sqlite_schema(const std::string& directory,
                                                                   SchemaAccess access,
                                                                   const base::Clock& clock) {
  SqliteFile file;
  file.path = directory + "/" + kSqliteFileName;
  file.busy_timeout = kWaitForOthers;
  if (access == SchemaAccess::kLook) {
    std::error_code error;
    if (!std::filesystem::exists(file.path, error)) {
      return std::unique_ptr<SchemaConnection>(std::make_unique<SqliteSchema>(nullptr));
    }
    ASHLAR_ASSIGN(auto looking,
                  SqliteConnection::open(file, SqliteConnection::Access::kRead, clock));
    return std::unique_ptr<SchemaConnection>(std::make_unique<SqliteSchema>(std::move(looking)));
  }
  ASHLAR_TRY(make_data_directory(directory));
  ASHLAR_ASSIGN(auto connection,
                SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock));
  // A table is rebuilt by dropping it; its foreign keys are looked at before the commit instead
  // (check()).
  ASHLAR_TRY(connection->execute_script("PRAGMA foreign_keys=OFF"));
  return std::unique_ptr<SchemaConnection>(std::make_unique<SqliteSchema>(std::move(connection)));
}

}  // namespace ashlar::storage
