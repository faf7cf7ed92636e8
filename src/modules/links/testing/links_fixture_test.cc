#include "modules/links/testing/links_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "base/check.h"
#include "platform/storage/embedded_migrations.h"
#include "platform/storage/migrations.h"
#include "platform/storage/postgres_database.h"
#include "platform/storage/postgres_link.h"
#include "platform/storage/schema_connection.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::links {
namespace {

class OnSqlite final : public LinksDatabase {
 public:
  storage::Database& database() override { return store_.database(); }

 private:
  storage::TemporarySqlite store_;
};

class OnPostgres final : public LinksDatabase {
 public:
  explicit OnPostgres(std::string cluster) : cluster_(std::move(cluster)) {
    static std::atomic<int> made{0};
    name_ = "ashlar_l_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
    administer("CREATE DATABASE " + name_);
    // postgres://user:password@host:port/database?options
    const std::size_t host = cluster_.find("://") + 3;
    const std::size_t end = std::min(cluster_.find('/', host), cluster_.find('?', host));
    const std::size_t options = std::min(cluster_.find('?', host), cluster_.size());
    storage::PostgresOptions given;
    given.url = cluster_.substr(0, end) + "/" + name_ + cluster_.substr(options);
    auto schema = storage::open_postgres_schema(given.url);
    CHECK(schema.ok());
    CHECK(storage::apply_migrations(**schema, storage::embedded_migrations(), clock_).ok());
    auto opened = storage::open_postgres(given, clock_, entropy_, log_, registry_);
    CHECK(opened.ok());
    database_ = std::move(opened).value();
  }
  ~OnPostgres() override {
    database_.reset();
    administer("DROP DATABASE " + name_ + " WITH (FORCE)");
  }
  OnPostgres(const OnPostgres&) = delete;
  OnPostgres& operator=(const OnPostgres&) = delete;

  storage::Database& database() override { return *database_; }

 private:
  void administer(const std::string& script) {
    auto link = storage::connect_postgres(cluster_, base::Seconds{5});
    CHECK(link.ok());
    CHECK(storage::execute_postgres(link->get(), script).ok());
  }

  const std::string cluster_;
  std::string name_;
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry registry_;
  obs::Log log_{obs::Level::kOff, 2, clock_, registry_};
  std::unique_ptr<storage::Database> database_;
};

}  // namespace

std::unique_ptr<LinksDatabase> LinksDatabase::make(storage::Dialect dialect) {
  if (dialect == storage::Dialect::kSqlite) return std::make_unique<OnSqlite>();
  const char* cluster = std::getenv("ASHLAR_TEST_POSTGRES");
  if (cluster == nullptr || *cluster == '\0') return nullptr;
  return std::make_unique<OnPostgres>(cluster);
}

}  // namespace ashlar::links
