#include "platform/storage/testing/test_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <utility>

#include "platform/storage/migrations.h"
#include "platform/storage/postgres_database.h"
#include "platform/storage/postgres_link.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/sqlite_database.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::storage {
namespace {

constexpr base::Seconds kConnectTimeout{5};

constexpr std::string_view kTestSchema = R"(
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  name TEXT,
  body TEXT,
  weight DOUBLE PRECISION CHECK (weight >= 0),
  bytes BLOB,
  UNIQUE (tenant_id, name)
);
CREATE TABLE replies (
  id INTEGER PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  note_id BIGINT NOT NULL REFERENCES notes (id)
);
CREATE TABLE counters (id INTEGER PRIMARY KEY, value BIGINT NOT NULL);
)";

constexpr std::string_view kTestSchemaPg = R"(
CREATE TABLE notes (
  id BIGINT PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  name TEXT,
  body TEXT,
  weight DOUBLE PRECISION CHECK (weight >= 0),
  bytes BYTEA,
  UNIQUE (tenant_id, name)
);
SELECT ashlar_isolate('notes');
CREATE TABLE replies (
  id BIGINT PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  note_id BIGINT NOT NULL REFERENCES notes (id)
);
SELECT ashlar_isolate('replies');
CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT NOT NULL);
SELECT ashlar_platform_only('counters');
)";

void expect_ok(const base::Status& status) { EXPECT_TRUE(status.ok()) << status.error().detail; }

class SqliteTestStore final : public TestStore {
 public:
  base::Result<std::unique_ptr<Database>> open(TestLimits limits) override {
    SqliteOptions options;
    options.directory = directory_.path();
    if (limits.waiting > 0) options.queue_limit = static_cast<std::size_t>(limits.waiting);
    if (limits.connections > 0) options.readers = limits.connections;
    return open_sqlite(options, clock, log_, registry);
  }
  base::Result<std::unique_ptr<SchemaConnection>> open_schema() override {
    return open_sqlite_schema(directory_.path(), SchemaAccess::kChange, clock);
  }
  void run_script(const std::string& script) override {
    SqliteFile file;
    file.path = directory_.path() + "/" + kSqliteFileName;
    auto connection = SqliteConnection::open(file, SqliteConnection::Access::kWrite, clock);
    ASSERT_TRUE(connection.ok());
    expect_ok((*connection)->execute_script(script));
  }

 private:
  TemporaryDirectory directory_;
};

class OwnPostgresStore final : public PostgresTestStore {
 public:
  explicit OwnPostgresStore(std::string cluster) : cluster_(std::move(cluster)) {
    static std::atomic<int> made{0};
    name_ = "ashlar_t_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
    // postgres://user:password@host:port/database?options
    const std::size_t host = cluster_.find("://") + 3;
    const std::size_t slash = cluster_.find('/', host);
    const std::size_t options = cluster_.find('?', host);
    url_ = cluster_.substr(0, std::min(slash, options)) + "/" + name_;
    if (options != std::string::npos) url_ += cluster_.substr(options);
    administer("CREATE DATABASE " + name_);
  }
  ~OwnPostgresStore() override { administer("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  OwnPostgresStore(const OwnPostgresStore&) = delete;
  OwnPostgresStore& operator=(const OwnPostgresStore&) = delete;

  base::Result<std::unique_ptr<Database>> open(TestLimits limits) override {
    PostgresOptions options;
    options.url = url_;
    if (limits.waiting > 0) options.waiting_limit = static_cast<std::size_t>(limits.waiting);
    if (limits.connections > 0) options.connections = limits.connections;
    return open_postgres(options, clock, entropy_, log_, registry);
  }
  base::Result<std::unique_ptr<SchemaConnection>> open_schema() override {
    return open_postgres_schema(url_);
  }
  void run_script(const std::string& script) override { run_on(url_, script); }
  [[nodiscard]] const std::string& url() const override { return url_; }

 private:
  void administer(const std::string& script) { run_on(cluster_, script); }
  static void run_on(const std::string& url, const std::string& script) {
    auto link = connect_postgres(url, kConnectTimeout);
    ASSERT_TRUE(link.ok()) << link.error().detail;
    expect_ok(execute_postgres(link->get(), script));
  }

  const std::string cluster_;
  std::string name_;
  std::string url_;
};

}  // namespace

std::unique_ptr<TestStore> make_sqlite_test_store() { return std::make_unique<SqliteTestStore>(); }

std::unique_ptr<PostgresTestStore> make_postgres_test_store() {
  const char* cluster = std::getenv("ASHLAR_TEST_POSTGRES");
  if (cluster == nullptr || *cluster == '\0') return nullptr;
  return std::make_unique<OwnPostgresStore>(cluster);
}

std::vector<EmbeddedMigration> test_migrations() {
  std::vector<EmbeddedMigration> list;
  for (const EmbeddedMigration& migration : embedded_migrations()) {
    if (migration.module == "platform") list.push_back(migration);
  }
  list.push_back({"test", 1, "notes", kTestSchema, kTestSchemaPg});
  return list;
}

void migrate_for_tests(TestStore& store) {
  auto schema = store.open_schema();
  ASSERT_TRUE(schema.ok()) << schema.error().detail;
  const auto migrations = test_migrations();
  const auto applied = apply_migrations(**schema, migrations, store.clock);
  ASSERT_TRUE(applied.ok()) << applied.error().detail;
}

}  // namespace ashlar::storage
