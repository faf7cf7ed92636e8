// What is PostgreSQL's own: roles and row-level security, lost connections, the pool, the listener.
#include "platform/storage/postgres_database.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "platform/storage/database.h"
#include "platform/storage/postgres_link.h"
#include "platform/storage/postgres_pool.h"
#include "platform/storage/postgres_transaction.h"
#include "platform/storage/storage_metrics.h"
#include "platform/storage/testing/test_store.h"

namespace ashlar::storage {
namespace {

constexpr base::Seconds kConnectTimeout{5};
constexpr Sql kAdd{Audience::kTenant,
                   "INSERT INTO notes (id, tenant_id, name) VALUES (?1, :tenant, ?2)"};
constexpr Sql kCount{Audience::kTenant, "SELECT count(*) FROM notes WHERE tenant_id = :tenant"};
// Forgets the tenant on PostgreSQL, though it mentions it: row-level security must hold alone.
constexpr Sql kCountAll{Audience::kTenant, "SELECT count(*) FROM notes WHERE :tenant > 0"};
constexpr Sql kSteal{Audience::kTenant,
                     "INSERT INTO notes (id, tenant_id) SELECT ?1, 2 WHERE :tenant > 0"};
constexpr Sql kSettings{Audience::kTenant, "SELECT count(*) FROM settings WHERE :tenant > 0"};
constexpr Sql kSetCounter{Audience::kPlatform, "INSERT INTO counters (id, value) VALUES (?1, ?2)"};
constexpr Sql kBackend{Audience::kPlatform, "SELECT pg_backend_pid()", "SELECT pg_backend_pid()"};
constexpr Sql kJit{Audience::kPlatform,
                   "SELECT count(*) FROM pg_settings WHERE name = 'jit' AND setting = 'off'"};
constexpr Sql kEither{Audience::kPlatform,
                      "SELECT count(*) FROM counters WHERE (?1 IS NULL OR id = ?1)"
                      " AND (?2 IS NULL OR value = ?2)",
                      "SELECT count(*) FROM counters WHERE (?1::bigint IS NULL OR id = ?1)"
                      " AND (?2::bigint IS NULL OR value = ?2)"};

constexpr const char* kDieAtCommit =
    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
    " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
    "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON counters DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION die()";

const Context kOne = Context::tenant(base::TenantId(1));
const Context kTwo = Context::tenant(base::TenantId(2));
const Context kPlatform = Context::platform(PlatformUse::kMaintenance);

class PostgresDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = make_postgres_test_store();
    if (store_ == nullptr) GTEST_SKIP() << kNoPostgres;
    ASSERT_NO_FATAL_FAILURE(migrate_for_tests(*store_));
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    db_ = std::move(opened).value();
  }
  void TearDown() override {
    db_.reset();
    store_.reset();
  }

  base::Status add(const Context& context, std::int64_t id, std::string_view name) {
    return db_->write(context, [&](Transaction& tx) -> base::Status {
      ASHLAR_TRY(tx.execute(kAdd, {id, name}));
      return base::ok_status();
    });
  }
  base::Result<std::int64_t> one_number(const Context& context, const Sql& sql) {
    return db_->read(context, [&](Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t number = -1;
      ASHLAR_TRY(tx.query(sql, {}, [&](const Row& row) { number = row.integer(0); }));
      return number;
    });
  }
  // The first value of the last statement's answer, on one raw connection, or "error: …".
  std::string raw(const std::vector<std::string>& statements) {
    auto link = connect_postgres(store_->url(), kConnectTimeout);
    EXPECT_TRUE(link.ok());
    std::string answer;
    for (const std::string& statement : statements) {
      const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
          PQexec(link->get(), statement.c_str()), &PQclear);
      const ExecStatusType status = PQresultStatus(result.get());
      if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        return std::string("error: ") + PQresultErrorMessage(result.get());
      }
      answer = PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    return answer;
  }
  bool eventually(const std::function<bool()>& holds) const {
    const base::Mono end = store_->clock.mono() + base::Seconds(15);
    while (!holds()) {
      if (store_->clock.mono() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::unique_ptr<PostgresTestStore> store_;
  std::unique_ptr<Database> db_;
};

TEST_F(PostgresDatabaseTest, RowLevelSecurityHoldsWhereStatementsForget) {
  ASSERT_TRUE(add(kOne, 1, "a").ok());
  ASSERT_TRUE(add(kTwo, 2, "b").ok());
  ASSERT_TRUE(add(kTwo, 3, "c").ok());
  EXPECT_EQ(*one_number(kOne, kCountAll), 1);
  EXPECT_EQ(*one_number(kTwo, kCountAll), 2);
  const auto stolen =
      db_->write(kOne, [](Transaction& tx) { return tx.execute(kSteal, {std::int64_t{9}}); });
  EXPECT_FALSE(stolen.ok());
  EXPECT_FALSE(one_number(kOne, kSettings).ok());  // no grant at all
}

TEST_F(PostgresDatabaseTest, TheApplicationsRoleSeesNothingWithoutATenant) {
  ASSERT_TRUE(add(kOne, 1, "a").ok());
  const std::string count = "SELECT count(*) FROM notes";
  const std::string role = "SET ROLE ashlar_app";
  EXPECT_EQ(raw({role, count}), "0");
  EXPECT_EQ(raw({role, "SET app.tenant_id = ''", count}), "0");
  EXPECT_EQ(raw({role, "SET app.tenant_id = '2'", count}), "0");
  EXPECT_EQ(raw({role, "SET app.tenant_id = '1'", count}), "1");
  // What a pooled session has left when a transaction is over is '', not NULL.
  EXPECT_EQ(raw({role, "BEGIN", "SELECT set_config('app.tenant_id', '1', true)", "COMMIT", count}),
            "0");
  EXPECT_EQ(raw({"SET ROLE ashlar_platform", count}), "1");
  EXPECT_EQ(raw({"SELECT count(*) FROM pg_roles WHERE rolname IN ('ashlar_app', 'ashlar_platform')"
                 " AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)"}),
            "2");
  EXPECT_EQ(raw({"SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                 " WHERE r.rolname LIKE 'ashlar\\_app' OR r.rolname LIKE 'ashlar\\_platform'"}),
            "0");
  // Every table with tenants' rows is forced, the owner included.
  const std::string tables =
      " FROM pg_class AS c WHERE c.relkind = 'r' AND (c.relname = 'tenants' OR EXISTS ("
      "SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))";
  const std::string forced = " AND c.relrowsecurity AND c.relforcerowsecurity";
  EXPECT_EQ(raw({"SELECT coalesce(string_agg(c.relname, ',' ORDER BY c.relname), '')" + tables +
                 " AND c.oid NOT IN (SELECT c.oid" + tables + forced + ")"}),
            "");
  EXPECT_EQ(raw({"SELECT count(*)" + tables + forced +
                 " AND c.relname IN ('api_keys', 'idempotency_keys', 'jobs', 'notes', 'outbox',"
                 " 'replies', 'tenants')"}),
            "7");
}

TEST_F(PostgresDatabaseTest, ThePolicyReadsTheTenantOnceAndUsesTheIndex) {
  const std::string plan =
      raw({"SET ROLE ashlar_app", "SET app.tenant_id = '1'", "SET enable_seqscan = off",
           "EXPLAIN (FORMAT JSON) SELECT * FROM notes WHERE name = 'a'"});
  EXPECT_NE(plan.find("InitPlan"), std::string::npos) << plan;
  EXPECT_NE(plan.find("notes_tenant_id_name_key"), std::string::npos) << plan;
}

TEST_F(PostgresDatabaseTest, NoStatementIsCompiledByTheServer) {
  EXPECT_EQ(*one_number(kPlatform, kJit), 1);
}

TEST_F(PostgresDatabaseTest, AnAcknowledgedTenantDoesNotLeakIntoTheNextTransaction) {
  ASSERT_TRUE(add(kOne, 1, "a").ok());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(*one_number(kOne, kCountAll), 1);
    EXPECT_EQ(*one_number(kTwo, kCountAll), 0);
  }
}

TEST_F(PostgresDatabaseTest, KilledConnectionsAreReplacedUnseen) {
  ASSERT_TRUE(add(kOne, 1, "a").ok());
  for (std::int64_t i = 2; i < 6; ++i) {
    raw(
        {"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
         " WHERE datname = current_database() AND pid <> pg_backend_pid()"});
    const base::Status status = add(kOne, i, std::to_string(i));
    EXPECT_TRUE(status.ok()) << status.error().detail;
  }
  EXPECT_EQ(*one_number(kOne, kCount), 5);
}

TEST_F(PostgresDatabaseTest, AConnectionLostInsideATransactionRunsItAgain) {
  int runs = 0;
  const base::Status status = db_->write(kPlatform, [&](Transaction& tx) -> base::Status {
    ++runs;
    std::int64_t backend = 0;
    ASHLAR_TRY(tx.query(kBackend, {}, [&](const Row& row) { backend = row.integer(0); }));
    if (runs == 1) raw({"SELECT pg_terminate_backend(" + std::to_string(backend) + ", 5000)"});
    ASHLAR_TRY(tx.execute(kSetCounter, {std::int64_t{1}, std::int64_t{runs}}));
    return base::ok_status();
  });
  EXPECT_TRUE(status.ok()) << status.error().detail;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(raw({"SELECT value FROM counters"}), "2");
}

// Nobody can know what became of it, so it is neither called a success nor run again.
TEST_F(PostgresDatabaseTest, AConnectionLostDuringCommitIsToldAsUnknown) {
  store_->run_script(kDieAtCommit);
  int runs = 0;
  bool committed = false;
  const base::Status status = db_->write(kPlatform, [&](Transaction& tx) -> base::Status {
    ++runs;
    tx.on_commit([&] { committed = true; });
    ASHLAR_TRY(tx.execute(kSetCounter, {std::int64_t{1}, std::int64_t{1}}));
    return base::ok_status();
  });
  ASSERT_FALSE(status.ok());
  EXPECT_STREQ(status.error().reason, "storage_unavailable");
  EXPECT_NE(status.error().detail.find("not known"), std::string::npos) << status.error().detail;
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(committed);
}

// The answer of COMMIT is lost, and the commit may come about later: nobody here may go on with
// what it has cached, now or then.
TEST_F(PostgresDatabaseTest, NoticesOfACommitWhoseOutcomeIsUnknownAreNotLost) {
  store_->run_script(kDieAtCommit);
  std::mutex mutex;
  std::vector<std::string> heard;
  db_->subscribe("links", [&](const Database::Notice& notice) {
    const std::lock_guard lock(mutex);
    heard.push_back(notice.resync ? "resync" : std::string(notice.payload));
  });
  const auto heard_now = [&] {
    const std::lock_guard lock(mutex);
    return heard;
  };
  const auto write = [&](std::string_view payload, bool dies) {
    return db_->write(kPlatform, [&](Transaction& tx) -> base::Status {
      if (dies) ASHLAR_TRY(tx.execute(kSetCounter, {std::int64_t{1}, std::int64_t{1}}));
      tx.notify("links", payload);
      return base::ok_status();
    });
  };
  auto other = connect_postgres(store_->url(), kConnectTimeout);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(execute_postgres(other->get(), std::string("LISTEN ") + kPostgresChannel).ok());
  ASSERT_TRUE(write("acknowledged", false).ok());
  std::string sender;
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(PQconsumeInput(other->get()), 1);
    const std::unique_ptr<PGnotify, void (*)(void*)> seen(PQnotifies(other->get()), &PQfreemem);
    if (seen != nullptr) sender = unpack_notice(seen->extra)->sender;
    return seen != nullptr;
  }));
  EXPECT_EQ(heard_now(), (std::vector<std::string>{"acknowledged"}));
  ASSERT_FALSE(write("lost", true).ok());
  EXPECT_EQ(heard_now(), (std::vector<std::string>{"acknowledged", "resync"}));
  // So would the commit be heard of, were it made after all.
  raw({"SELECT pg_notify('ashlar', '" + sender + ":links:lost')"});
  EXPECT_TRUE(eventually([&] { return heard_now().size() == 3; }));
  // What is acknowledged from here on is again heard once.
  ASSERT_TRUE(write("afterwards", false).ok());
  raw({"SELECT pg_notify('ashlar', 'another process:links:end')"});
  EXPECT_TRUE(eventually([&] { return heard_now().back() == "end"; }));
  EXPECT_EQ(heard_now(),
            (std::vector<std::string>{"acknowledged", "resync", "lost", "afterwards", "end"}));
}

TEST_F(PostgresDatabaseTest, TheListenerComesBackAndSaysResync) {
  std::atomic<int> resyncs{0};
  std::atomic<int> notices{0};
  db_->subscribe("links",
                 [&](const Database::Notice& notice) { ++(notice.resync ? resyncs : notices); });
  raw(
      {"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
       " WHERE datname = current_database() AND query LIKE 'LISTEN%'"});
  EXPECT_TRUE(eventually([&] { return resyncs == 1; }));
  raw({"SELECT pg_notify('ashlar', 'another process:links:abc')"});
  EXPECT_TRUE(eventually([&] { return notices == 1; }));
  raw({"SELECT pg_notify('ashlar', 'nonsense')"});
  EXPECT_EQ(resyncs, 1);
}

TEST_F(PostgresDatabaseTest, ParametersMayBeNullFirstAndLater) {
  const auto count = [&](const Param& a, const Param& b) {
    const auto rows = db_->read(kPlatform, [&](Transaction& tx) -> base::Result<std::int64_t> {
      std::int64_t n = -1;
      ASHLAR_TRY(tx.query(kEither, {a, b}, [&](const Row& row) { n = row.integer(0); }));
      return n;
    });
    EXPECT_TRUE(rows.ok()) << rows.error().detail;
    return rows.ok() ? *rows : -1;
  };
  store_->run_script("INSERT INTO counters VALUES (1, 10), (2, 10), (3, 30)");
  const auto n = [](std::int64_t value) { return Param(value); };
  EXPECT_EQ(count(nullptr, nullptr), 3);
  EXPECT_EQ(count(nullptr, n(10)), 2);
  EXPECT_EQ(count(n(3), nullptr), 1);
  EXPECT_EQ(count(n(3), n(10)), 0);
  EXPECT_EQ(count(nullptr, nullptr), 3);
}

TEST_F(PostgresDatabaseTest, ConnectionsEndWithTheirLifetime) {
  StorageMetrics metrics(store_->registry);
  PostgresPoolOptions options;
  options.url = store_->url();
  options.lifetime = base::Seconds(100);
  base::ManualClock clock;
  PostgresPool pool(options, 1, clock, metrics);
  const auto borrow = [&] {
    auto lease = pool.check_out(std::nullopt);
    EXPECT_TRUE(lease.ok());
    return &**lease;
  };
  const PostgresConnection* first = borrow();
  EXPECT_EQ(borrow(), first);
  clock.advance(base::Seconds(89));
  EXPECT_EQ(borrow(), first);
  const std::string open =
      "SELECT count(*) FROM pg_stat_activity WHERE datname ="
      " current_database() AND query NOT LIKE 'LISTEN%'"
      " AND pid <> pg_backend_pid()";
  EXPECT_EQ(raw({open}), "1");
  clock.advance(base::Seconds(22));
  auto second = pool.check_out(std::nullopt);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(eventually([&] { return raw({open}) == "1"; }));
}

TEST_F(PostgresDatabaseTest, AServerThatIsNotThereIsToldAtOnce) {
  StorageMetrics metrics(store_->registry);
  PostgresPoolOptions options;
  options.url = "postgres://nobody:secret-word@127.0.0.1:1/none";
  base::ManualClock clock;
  PostgresPool pool(options, 1, clock, metrics);
  const auto refused = [&] {
    auto lease = pool.check_out(std::nullopt);
    EXPECT_FALSE(lease.ok());
    EXPECT_STREQ(lease.error().reason, "storage_unavailable");
    EXPECT_EQ(lease.error().detail.find("secret-word"), std::string::npos);
    return lease.error().detail;
  };
  EXPECT_NE(refused().find("Connection refused"), std::string::npos);
  EXPECT_NE(refused().find("next attempt"), std::string::npos);
  clock.advance(base::Seconds(6));
  EXPECT_NE(refused().find("Connection refused"), std::string::npos);
}

TEST(PackNotice, ComesBackAsItWas) {
  const std::string packed = pack_notice("17", {"links", "a:b:c"});
  const auto notice = unpack_notice(packed);
  ASSERT_TRUE(notice.has_value());
  EXPECT_EQ(notice->sender, "17");
  EXPECT_EQ(notice->channel, "links");
  EXPECT_EQ(notice->payload, "a:b:c");
  EXPECT_FALSE(unpack_notice("").has_value());
  EXPECT_FALSE(unpack_notice("17:links").has_value());
  EXPECT_EQ(unpack_notice("17:links:")->payload, "");
}

}  // namespace
}  // namespace ashlar::storage
