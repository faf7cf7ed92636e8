// What every statement of security must keep, on both engines; what each does is tested beside the
// service that uses it.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <span>
#include <string_view>

#include "platform/security/admin_store.h"
#include "platform/security/api_keys_store.h"
#include "platform/security/idempotency_store.h"
#include "platform/security/settings_store.h"
#include "platform/security/tenants_store.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::security {
namespace {

const std::array kLists = {tenants_statements(), api_keys_statements(), idempotency_statements(),
                           settings_statements(), admin_statements()};

TEST(SecurityStatements, KeepTheRulesOfBothEngines) {
  for (const std::span<const storage::Sql* const> list : kLists) {
    EXPECT_FALSE(list.empty());
    for (const storage::Sql* sql : list) {
      for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
        const auto text = storage::engine_text(*sql, dialect);
        EXPECT_TRUE(text.ok()) << sql->text << (text.ok() ? "" : text.error().detail);
      }
    }
  }
}

// The whole list of what touches tenants' tables without a tenant: a new one must be argued for
// here.
TEST(SecurityStatements, FewCrossTheLineBetweenTenants) {
  std::multiset<std::string_view> without_tenant;
  for (const auto list : {api_keys_statements(), idempotency_statements()}) {
    for (const storage::Sql* sql : list) {
      if (sql->text.find("platform_idempotency_keys") != std::string_view::npos) continue;
      if (sql->audience == storage::Audience::kPlatform) {
        without_tenant.insert(sql->text.substr(0, sql->text.find(' ')));
      }
    }
  }
  // Look-up of a key by its public id, note of its last use, sweep of expired records.
  EXPECT_EQ(without_tenant, (std::multiset<std::string_view>{"SELECT", "UPDATE", "DELETE"}));
}

}  // namespace
}  // namespace ashlar::security
