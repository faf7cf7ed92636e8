#include "platform/storage/statement_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/storage/database.h"

namespace ashlar::storage {
namespace {

struct Case {
  std::string_view given;
  std::string_view sqlite;    // empty: refused
  std::string_view postgres;  // empty: refused
};

// With whichever audience fits; HoldsTheAudienceAgainstTheText looks at that.
std::string text_for(std::string_view given, Dialect dialect) {
  for (const Audience audience : {Audience::kTenant, Audience::kPlatform}) {
    const auto text = engine_text({audience, given}, dialect);
    if (text.ok()) return text->text;
  }
  return "";
}

TEST(EngineText, NumbersParametersForEachEngine) {
  const Case cases[] = {
      {"SELECT ?1", "SELECT ?1", "SELECT $1"},
      {"SELECT ?2, ?1", "SELECT ?2, ?1", "SELECT $2, $1"},
      {"SELECT ?1 WHERE ?1 > 0", "SELECT ?1 WHERE ?1 > 0", "SELECT $1 WHERE $1 > 0"},
      // SQLite itself would give :tenant the number 1 here, and mix it up with ?1.
      {"SELECT :tenant, ?1", "SELECT ?2, ?1", "SELECT $2, $1"},
      {"SELECT :tenant", "SELECT ?1", "SELECT $1"},
      {"SELECT '?1 :tenant' || ?1", "SELECT '?1 :tenant' || ?1", "SELECT '?1 :tenant' || $1"},
      {"SELECT 'it''s ?2', ?1", "SELECT 'it''s ?2', ?1", "SELECT 'it''s ?2', $1"},
      {"SELECT \"a?1\" FROM t", "SELECT \"a?1\" FROM t", "SELECT \"a?1\" FROM t"},
      {"SELECT 1 -- ?1\n, ?1", "SELECT 1 -- ?1\n, ?1", "SELECT 1 -- ?1\n, $1"},
      {"SELECT 1 /* ?3 ' */, ?1", "SELECT 1 /* ?3 ' */, ?1", "SELECT 1 /* ?3 ' */, $1"},
      {"SELECT ?1::bigint", "SELECT ?1::bigint", "SELECT $1::bigint"},
      {"SELECT E'\\' ?2', ?1", "", "SELECT E'\\' ?2', $1"},
      {"SELECT $tag$ ?7 ' $tag$, ?1", "", "SELECT $tag$ ?7 ' $tag$, $1"},
      {"select ?1", "select ?1", "select $1"},
      {"/* why */ SELECT ?1", "/* why */ SELECT ?1", "/* why */ SELECT $1"},
      {"SELECT ?10, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
       "SELECT ?10, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
       "SELECT $10, $1, $2, $3, $4, $5, $6, $7, $8, $9"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(text_for(c.given, Dialect::kSqlite), c.sqlite) << c.given;
    EXPECT_EQ(text_for(c.given, Dialect::kPostgres), c.postgres) << c.given;
  }
}

TEST(EngineText, RefusesWhatBreaksTheRules) {
  const std::string_view refused[] = {
      "",
      "  -- nothing\n",
      "SELECT ?",
      "SELECT ?0",
      "SELECT ?100",
      "SELECT ?99999999999999999999",
      "SELECT ?2",      // ?1 is missing
      "SELECT :other",  // only :tenant
      "SELECT :tenants",
      "SELECT $1",
      "SELECT @name",
      "SELECT 'open",
      "SELECT \"open",
      "SELECT 1 /* open",
      "SELECT /* a /* b */ 1",  // nested on PostgreSQL only
      "SELECT 1; SELECT 2",
      "BEGIN",
      "COMMIT",
      "ROLLBACK",
      "SAVEPOINT a",
      "PRAGMA foreign_keys=OFF",
      "SET ROLE postgres",
      "RESET ROLE",
      "ATTACH 'x' AS y",
      "VACUUM",
      "INSERT OR ROLLBACK INTO t VALUES (1)",
      "insert or /* well */ rollback INTO t VALUES (1)",
      "UPDATE OR ROLLBACK t SET a = 1",
  };
  for (const std::string_view given : refused) {
    EXPECT_EQ(text_for(given, Dialect::kSqlite), "") << given;
    EXPECT_EQ(text_for(given, Dialect::kPostgres), "") << given;
  }
  const std::string nul("SELECT 1\0", 9);
  EXPECT_EQ(text_for(nul, Dialect::kSqlite), "");
}

TEST(EngineText, HoldsTheAudienceAgainstTheText) {
  const Sql forgets{Audience::kTenant, "SELECT * FROM notes"};
  EXPECT_FALSE(engine_text(forgets, Dialect::kSqlite).ok());
  const Sql in_a_literal{Audience::kTenant, "SELECT * FROM notes WHERE tenant_id = ':tenant'"};
  EXPECT_FALSE(engine_text(in_a_literal, Dialect::kSqlite).ok());
  const Sql knows_too_much{Audience::kPlatform, "SELECT * FROM notes WHERE tenant_id = :tenant"};
  EXPECT_FALSE(engine_text(knows_too_much, Dialect::kPostgres).ok());
  // The check is of the text that the engine will get.
  const Sql forgets_on_postgres{Audience::kTenant, "SELECT :tenant", "SELECT 1"};
  EXPECT_TRUE(engine_text(forgets_on_postgres, Dialect::kSqlite).ok());
  EXPECT_FALSE(engine_text(forgets_on_postgres, Dialect::kPostgres).ok());
}

TEST(CheckScript, RefusesWhatGroupCommitDoesNotSurvive) {
  const std::string_view good[] = {
      "CREATE TABLE a (b INTEGER REFERENCES c (d)); CREATE INDEX e ON a (b);",
      "CREATE TABLE a (b INTEGER REFERENCES c (d) NOT DEFERRABLE);",
      "CREATE TABLE a (b TEXT DEFAULT 'deferrable' UNIQUE ON CONFLICT IGNORE);",
      "-- deferrable\nSELECT 1;",
  };
  for (const std::string_view script : good) {
    EXPECT_TRUE(check_script(script, Dialect::kSqlite).ok()) << script;
  }
  const std::string_view bad[] = {
      "CREATE TABLE a (b INTEGER REFERENCES c (d) DEFERRABLE INITIALLY DEFERRED);",
      "CREATE TABLE a (b INTEGER UNIQUE ON CONFLICT ROLLBACK);",
      "PRAGMA defer_foreign_keys=ON;",
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT RAISE(ROLLBACK, 'no'); END;",
      "SELECT 'open",
  };
  for (const std::string_view script : bad) {
    EXPECT_FALSE(check_script(script, Dialect::kSqlite).ok()) << script;
  }
}

TEST(CheckParameters, RefusesWhatTheEnginesTreatDifferently) {
  using std::string_view;
  EXPECT_TRUE(check_parameters({nullptr, std::int64_t{1}, 2.5, string_view("zo\xc3\xab")}).ok());
  EXPECT_TRUE(check_parameters({Blob{string_view("\0\xff", 2)}}).ok());
  EXPECT_STREQ(check_parameters({string_view("a\0b", 3)}).error().reason, "storage_text");
  EXPECT_STREQ(check_parameters({string_view("\xff")}).error().reason, "storage_text");
  const std::string large(kMaxParameterBytes / 2 + 1, 'x');
  EXPECT_TRUE(check_parameters({string_view(large)}).ok());
  EXPECT_STREQ(check_parameters({string_view(large), Blob{large}}).error().reason,
               "storage_too_large");
}

}  // namespace
}  // namespace ashlar::storage
