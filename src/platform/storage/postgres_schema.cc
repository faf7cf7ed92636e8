// SchemaConnection on PostgreSQL. An advisory lock shuts out other migrations; it ends with the
// transaction. The connecting user owns what is made; Database never acts as that user, but as the
// roles that are made here, which own nothing and are bound by row-level security.
#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/time.h"
#include "platform/storage/database.h"
#include "platform/storage/postgres_connection.h"
#include "platform/storage/postgres_error.h"
#include "platform/storage/postgres_link.h"
#include "platform/storage/schema_connection.h"

namespace ashlar::storage {
namespace {

constexpr base::Seconds kConnectTimeout{5};

// The number is "ashlar" in ASCII.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(107083661795698)";

// Roles belong to the cluster: another database's migration may be making them at this moment.
constexpr const char* kPrepare = R"(
DO $$
DECLARE
  wanted name;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['ashlar_app', 'ashlar_platform']::name[] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls)) THEN
      RAISE EXCEPTION 'role % must be neither superuser nor BYPASSRLS', wanted;
    END IF;
    IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), wanted);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES TO %I',
                   current_schema(), wanted);
  END LOOP;
END $$;
CREATE TABLE IF NOT EXISTS ashlar_migrations (
  module TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL,
  applied_at BIGINT NOT NULL, PRIMARY KEY (module, number));
)";

// A table with a tenant's rows that any tenant could read.
constexpr const char* kUnprotected =
    "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')"
    " AND a.attname = 'tenant_id' AND NOT a.attisdropped"
    " AND NOT (c.relrowsecurity AND c.relforcerowsecurity) LIMIT 1";

class PostgresSchema final : public SchemaConnection {
 public:
  explicit PostgresSchema(PostgresLink link) : link_(std::move(link)) {}

  [[nodiscard]] Dialect dialect() const override { return Dialect::kPostgres; }
  base::Status begin() override {
    ASHLAR_TRY(execute_postgres(link_.get(), "BEGIN"));
    return execute_postgres(link_.get(), kLock);
  }
  base::Status commit() override {
    const PostgresResult answer(PQexec(link_.get(), "COMMIT"));
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return postgres_error(answer.get());
    if (std::string_view(PQcmdStatus(answer.get())) == "COMMIT") return base::ok_status();
    return base::fail(base::Code::kInternal, "storage_error", "PostgreSQL rolled back at COMMIT");
  }
  base::Status roll_back() override { return execute_postgres(link_.get(), "ROLLBACK"); }
  base::Status prepare() override { return execute_postgres(link_.get(), kPrepare); }

  base::Status run_script(const std::string& script) override {
    ASHLAR_TRY(execute_postgres(link_.get(), script));
    // For what a script may have set with SET LOCAL ROLE to change rows.
    ASHLAR_TRY(execute_postgres(link_.get(), "RESET ROLE"));
    if (PQtransactionStatus(link_.get()) == PQTRANS_INTRANS) return base::ok_status();
    return base::fail(base::Code::kInternal, "storage_error",
                      "a migration may not end its transaction");
  }

  base::Result<std::vector<AppliedMigration>> applied() override {
    std::vector<AppliedMigration> found;
    const PostgresResult table(PQexec(link_.get(), "SELECT to_regclass('ashlar_migrations')"));
    if (PQresultStatus(table.get()) != PGRES_TUPLES_OK) return postgres_error(table.get());
    if (PQgetisnull(table.get(), 0, 0) == 1) return found;
    const PostgresResult rows(
        PQexec(link_.get(),
               "SELECT module, number, name, checksum, applied_at FROM ashlar_migrations"
               " ORDER BY module, number"));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return postgres_error(rows.get());
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
      found.push_back({.module = PQgetvalue(rows.get(), i, 0),
                       .number = static_cast<int>(integer(rows.get(), i, 1)),
                       .name = PQgetvalue(rows.get(), i, 2),
                       .checksum = PQgetvalue(rows.get(), i, 3),
                       .applied_at = integer(rows.get(), i, 4)});
    }
    return found;
  }

  base::Status record(const AppliedMigration& migration) override {
    const std::string number = std::to_string(migration.number);
    const std::string applied_at = std::to_string(migration.applied_at);
    const std::array<const char*, 5> values{migration.module.c_str(), number.c_str(),
                                            migration.name.c_str(), migration.checksum.c_str(),
                                            applied_at.c_str()};
    const PostgresResult answer(
        PQexecParams(link_.get(),
                     "INSERT INTO ashlar_migrations (module, number, name, checksum, applied_at)"
                     " VALUES ($1, $2, $3, $4, $5)",
                     static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return postgres_error(answer.get());
    return base::ok_status();
  }

  base::Status check() override {
    const PostgresResult answer(PQexec(link_.get(), kUnprotected));
    if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK) return postgres_error(answer.get());
    if (PQntuples(answer.get()) == 0) return base::ok_status();
    const std::string table = PQgetvalue(answer.get(), 0, 0);
    return base::fail(base::Code::kInternal, "storage_error",
                      "table " + table +
                          " holds tenants' rows without row-level security: SELECT "
                          "ashlar_isolate('" +
                          table + "')");
  }

 private:
  static std::int64_t integer(const PGresult* rows, int row, int column) {
    const std::string_view digits = PQgetvalue(rows, row, column);
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

  const PostgresLink link_;
};

}  // namespace

base::Result<std::unique_ptr<SchemaConnection>> open_postgres_schema(const std::string& url) {
  ASHLAR_ASSIGN(PostgresLink link, connect_postgres(url, kConnectTimeout));
  return std::unique_ptr<SchemaConnection>(std::make_unique<PostgresSchema>(std::move(link)));
}

}  // namespace ashlar::storage
