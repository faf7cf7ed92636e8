#include "app/installation.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "app/modules.h"
#include "base/time.h"
#include "platform/http/cursor.h"
#include "platform/http/request_limiter.h"
#include "platform/security/security_api.h"
#include "platform/storage/migrations.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::app {
namespace {

Config config_in(const std::string& folder) {
  Config config;
  config.data_dir = folder;
  config.log_level = obs::Level::kOff;
  return config;
}

// As if another version had written the database.
void add_migration(const Config& config, const std::string& module, int number) {
  const base::SystemClock clock;
  auto schema = open_schema(config, storage::SchemaAccess::kChange, clock);
  ASSERT_TRUE(schema.ok());
  ASSERT_TRUE((*schema)->begin().ok());
  ASSERT_TRUE((*schema)->prepare().ok());
  ASSERT_TRUE((*schema)
                  ->record({.module = module,
                            .number = number,
                            .name = "later",
                            .checksum = "x",
                            .applied_at = 1})
                  .ok());
  ASSERT_TRUE((*schema)->commit().ok());
}

TEST(Installation, WhatIsNotThereIsNotMade) {
  const storage::TemporaryDirectory folder;
  for (const std::string& data : {folder.path(), folder.path() + "/none"}) {
    const auto opened = Installation::open_existing(config_in(data));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, base::Code::kNotFound);
    EXPECT_EQ(opened.error().detail, data + " holds no Ashlar database");
    const base::SystemClock clock;
    EXPECT_FALSE(require_database(config_in(data), clock).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Installation, OpensWhatOpenMade) {
  const storage::TemporaryDirectory folder;
  const Config config = config_in(folder.path());
  ASSERT_TRUE(Installation::open(config).ok());
  const auto again = Installation::open_existing(config);
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_TRUE((*again)->tenants->create("acme").ok());
  EXPECT_TRUE(require_database(config, (*again)->clock).ok());
}

// The first migration alone, as a version before all others would have left it.
TEST(Installation, AnOlderSchemaIsNotMigratedByTheWay) {
  const storage::TemporaryDirectory folder;
  const Config config = config_in(folder.path());
  const base::SystemClock clock;
  {
    auto schema = open_schema(config, storage::SchemaAccess::kChange, clock);
    ASSERT_TRUE(schema.ok());
    const auto all = storage::embedded_migrations();
    ASSERT_GT(all.size(), 1U);
    for (const storage::EmbeddedMigration& migration : all) {
      if (migration.module != "platform" || migration.number != 1) continue;
      ASSERT_TRUE(storage::apply_migrations(**schema, {&migration, 1}, clock).ok());
    }
  }
  const auto opened = Installation::open_existing(config);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, base::Code::kPreconditionFailed);
  EXPECT_NE(opened.error().detail.find("run `ashlar migrate`"), std::string::npos);
  EXPECT_TRUE(require_database(config, clock).ok());  // one backs up before one migrates
  ASSERT_TRUE(Installation::open(config).ok());
  EXPECT_TRUE(Installation::open_existing(config).ok());
}

TEST(Installation, ANewerSchemaIsLeftToItsProgram) {
  const storage::TemporaryDirectory folder;
  const Config config = config_in(folder.path());
  ASSERT_TRUE(Installation::open(config).ok());
  add_migration(config, "links", 9999);
  for (const auto& opened : {Installation::open(config), Installation::open_existing(config)}) {
    ASSERT_FALSE(opened.ok());
    EXPECT_STREQ(opened.error().reason, "storage_schema_newer");
    EXPECT_NE(opened.error().detail.find("newer version"), std::string::npos);
    EXPECT_EQ(opened.error().detail.find('\n'), std::string::npos);
  }
}

TEST(Installation, KeysCanHaveTheScopesThatRoutesAskForAndNoOthers) {
  const storage::TemporaryDirectory folder;
  const Config config = config_in(folder.path());
  const auto ashlar = Installation::open(config);
  ASSERT_TRUE(ashlar.ok());
  Installation& a = **ashlar;
  const http::CursorCodec cursors{kit::SipKey{}};
  const auto modules = Modules::make({.ashlar = a,
                                      .config = config,
                                      .cursors = cursors,
                                      .public_url = "http://127.0.0.1:1",
                                      .own_hosts = {}});
  ASSERT_TRUE(modules.ok()) << modules.error().detail;
  std::set<std::string> asked_for;
  const auto collect = [&](const http::RouteTable& routes) {
    for (const http::Route& route : routes) {
      if (!route.scope.value.empty()) asked_for.emplace(route.scope.value);
      EXPECT_LE(http::charged_cost(route), 10) << "limits_settings.cc: a burst holds any request";
    }
  };
  collect(security::security_routes({*a.tenants, *a.keys, *a.admin, cursors, kVersion}));
  collect((*modules)->routes());
  const std::vector<std::string> known = known_scopes();
  EXPECT_EQ(asked_for, std::set<std::string>(known.begin(), known.end()));
  EXPECT_EQ(asked_for.size(), known.size());
  EXPECT_TRUE((*modules)->stop().ok());
}

}  // namespace
}  // namespace ashlar::app
