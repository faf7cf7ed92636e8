#include "platform/security/tenants.h"

#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/security/idempotency.h"
#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

class TenantsTest : public SecurityTest {
 protected:
  void TearDown() override {
    close();
    keys_.reset();
  }

  void record_one(const storage::Context& tenant, const std::string& key) {
    const auto done = db().write(tenant, [&](storage::Transaction& tx) {
      const std::string hash = request_hash("POST", "/", "");
      return record(tx, {"live", key, "POST /", hash}, 201, {}, "{}", clock_.now());
    });
    EXPECT_TRUE(done.ok());
  }

  static std::vector<std::string> export_of(Tenants& tenants, const std::string& name) {
    std::vector<std::string> lines;
    const base::Status done = tenants.export_whole(name, [&](std::string_view line) {
      lines.emplace_back(line);
      return base::ok_status();
    });
    EXPECT_TRUE(done.ok());
    return lines;
  }

  std::unique_ptr<ApiKeys> keys_;
};

TEST_P(TenantsTest, Names) {
  Tenants tenants(db(), clock_, {});
  struct Case {
    std::string name;
    const char* reason;
  };
  const Case cases[] = {
      {"a", "ok"},
      {"acme-2", "ok"},
      {"-", "ok"},
      {std::string(63, 'x'), "ok"},
      {"acme-2", "tenant_exists"},
      {"alpha", "tenant_exists"},
      {"", "tenant_name_invalid"},
      {std::string(64, 'x'), "tenant_name_invalid"},
      {"Acme", "tenant_name_invalid"},
      {"a b", "tenant_name_invalid"},
      {"a_b", "tenant_name_invalid"},
      {"a/b", "tenant_name_invalid"},
      {"\xc3\xa4", "tenant_name_invalid"},
      {std::string("a\0b", 3), "tenant_name_invalid"},
      {"system", "tenant_name_reserved"},
  };
  for (const Case& c : cases) {
    const auto made = tenants.create(c.name);
    EXPECT_EQ(reason_of(made), c.reason) << c.name;
    if (made.ok()) {
      EXPECT_EQ(tenants.find(c.name)->id, made->id);
      EXPECT_EQ(tenants.find(made->id)->name, c.name);
      EXPECT_EQ(tenants.find(made->id)->created_at, clock_.now());
    }
  }
}

TEST_P(TenantsTest, WhatIsNotThereIsNotFound) {
  Tenants tenants(db(), clock_, {});
  EXPECT_EQ(reason_of(tenants.find("gamma")), "tenant_not_found");
  EXPECT_EQ(reason_of(tenants.find("No Name")), "tenant_not_found");
  EXPECT_EQ(reason_of(tenants.find(base::TenantId(999))), "tenant_not_found");
  EXPECT_EQ(reason_of(tenants.erase_whole("gamma")), "tenant_not_found");
  EXPECT_EQ(
      reason_of(tenants.export_whole("gamma", [](std::string_view) { return base::ok_status(); })),
      "tenant_not_found");
}

TEST_P(TenantsTest, ListIsByNameAndPaged) {
  Tenants tenants(db(), clock_, {});
  ASSERT_TRUE(tenants.create("zeta").ok());
  ASSERT_TRUE(tenants.create("aardvark").ok());
  std::vector<std::string> seen;
  std::string after;
  for (int page = 0; page < 10; ++page) {
    const auto listed = tenants.list(after, 3);
    ASSERT_TRUE(listed.ok());
    if (listed->empty()) break;
    for (const Tenant& tenant : *listed) seen.push_back(tenant.name);
    after = seen.back();
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"aardvark", "alpha", "beta", "zeta"}));
}

TEST_P(TenantsTest, ExportHoldsTheTenantsOwnAndNothingElse) {
  keys_ = make_keys();
  std::vector<CreatedApiKey> own;
  for (int i = 0; i < 3; ++i)
    own.push_back(*keys_->create(alpha(), {"n\"1", {"links:read"}, {}}, admin()));
  const CreatedApiKey other = *keys_->create(beta(), {{}, {"links:read"}, {}}, admin());
  TenantData module{
      "links",
      [](storage::Transaction& tx, const LineSink& sink) {
        return sink("{\"module\":\"links\",\"tenant\":" + tx.context().tenant_id().to_string() +
                    "}");
      },
      [](storage::Transaction&, std::int64_t) { return base::Result<std::int64_t>(0); }};
  Tenants tenants(db(), clock_, {module});
  const std::vector<std::string> lines = export_of(tenants, "alpha");
  ASSERT_EQ(lines.size(), 5u);
  for (const std::string& line : lines) {
    EXPECT_TRUE(json::parse(line).ok()) << line;
    EXPECT_EQ(line.find(other.key.public_id), std::string::npos);
  }
  EXPECT_NE(lines[0].find("\"alpha\""), std::string::npos);
  for (const CreatedApiKey& key : own) {
    int found = 0;
    for (const std::string& line : lines)
      found += line.find(key.key.public_id) != std::string::npos ? 1 : 0;
    EXPECT_EQ(found, 1);
  }
  EXPECT_EQ(lines[4], "{\"module\":\"links\",\"tenant\":" + alpha_.to_string() + "}");
}

TEST_P(TenantsTest, AnExportEndsWithItsSink) {
  keys_ = make_keys();
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(keys_->create(alpha(), {{}, {"links:read"}, {}}, admin()).ok());
  Tenants tenants(db(), clock_, {});
  int lines = 0;
  const base::Status status = tenants.export_whole("alpha", [&](std::string_view) -> base::Status {
    if (++lines == 2) return base::fail(base::Code::kUnavailable, "disk_full", "full");
    return base::ok_status();
  });
  EXPECT_EQ(reason_of(status), "disk_full");
  EXPECT_EQ(lines, 2);
}

TEST_P(TenantsTest, DeletionTakesEverythingOfOneTenantOnly) {
  keys_ = make_keys();
  const CreatedApiKey gone = *keys_->create(alpha(), {{}, {"links:read"}, {}}, admin());
  const CreatedApiKey stays = *keys_->create(beta(), {{}, {"links:read"}, {}}, admin());
  record_one(alpha(), "k");
  record_one(beta(), "k");
  ASSERT_TRUE(keys_->authenticate(gone.text).ok());
  ASSERT_TRUE(keys_->authenticate(stays.text).ok());
  std::int64_t module_rows = 2500;
  std::vector<std::int64_t> limits;
  TenantData module{
      "links", [](storage::Transaction&, const LineSink&) { return base::ok_status(); },
      [&](storage::Transaction& tx, std::int64_t limit) -> base::Result<std::int64_t> {
        EXPECT_EQ(tx.context().tenant_id(), alpha_);
        limits.push_back(limit);
        const std::int64_t erased = std::min(module_rows, limit);
        module_rows -= erased;
        return erased;
      }};
  Tenants tenants(db(), clock_, {module});
  ASSERT_TRUE(tenants.erase_whole("alpha").ok());
  EXPECT_EQ(module_rows, 0);
  EXPECT_EQ(limits, std::vector<std::int64_t>(4, Tenants::kEraseBatch));
  EXPECT_EQ(reason_of(keys_->authenticate(gone.text)), "invalid_api_key");
  EXPECT_TRUE(keys_->authenticate(stays.text).ok());
  EXPECT_EQ(reason_of(tenants.find("alpha")), "tenant_not_found");
  EXPECT_TRUE(keys_->list(alpha(), {}, 10)->empty());
  const auto record_of = [&](const storage::Context& tenant) {
    return db().read(tenant, [&](storage::Transaction& tx) {
      const std::string hash = request_hash("POST", "/", "");
      return look_up(tx, {"live", "k", "POST /", hash}, clock_.now());
    });
  };
  EXPECT_FALSE(record_of(alpha())->has_value());
  EXPECT_TRUE(record_of(beta())->has_value());
  // The name is free again, for another tenant.
  const auto again = tenants.create("alpha");
  ASSERT_TRUE(again.ok());
  EXPECT_NE(again->id, alpha_);
}

TEST_P(TenantsTest, ADeletionThatWasCutOffIsFinishedByTheNext) {
  bool broken = true;
  std::int64_t rows = 1500;
  TenantData module{"links",
                    [](storage::Transaction&, const LineSink&) { return base::ok_status(); },
                    [&](storage::Transaction&, std::int64_t limit) -> base::Result<std::int64_t> {
                      if (broken && rows <= 500)
                        return base::fail(base::Code::kUnavailable, "storage_busy", "");
                      const std::int64_t erased = std::min(rows, limit);
                      rows -= erased;
                      return erased;
                    }};
  Tenants tenants(db(), clock_, {module});
  EXPECT_EQ(reason_of(tenants.erase_whole("alpha")), "storage_busy");
  EXPECT_TRUE(tenants.find("alpha").ok());
  broken = false;
  EXPECT_TRUE(tenants.erase_whole("alpha").ok());
  EXPECT_EQ(rows, 0);
  EXPECT_EQ(reason_of(tenants.find("alpha")), "tenant_not_found");
}

ASHLAR_ON_BOTH_ENGINES(TenantsTest);

}  // namespace
}  // namespace ashlar::security
