// Webhook endpoints of the profile, on both engines: they are their tenant's alone, and their
// secrets are nowhere to be read.
#include "modules/payments/profile/webhook_endpoint.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "modules/payments/profile/profile_module.h"
#include "platform/security/secret_box.h"
#include "platform/storage/database.h"
#include "platform/storage/testing/product_store.h"

namespace ashlar::payments::profile {
namespace {

using storage::Context;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kAlice{1};
constexpr base::TenantId kBob{2};

class WebhookEndpointTest : public testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    store_ = storage::make_product_store(GetParam());
    if (!store_) GTEST_SKIP() << storage::kNoPostgres;
    auto opened = store_->open();
    ASSERT_TRUE(opened.ok());
    db_ = std::move(*opened);
  }

  WebhookEndpoint make(base::TenantId tenant, std::string id, bool disabled = false) {
    WebhookEndpoint endpoint;
    endpoint.id = std::move(id);
    endpoint.url = "https://example.com/hook";
    endpoint.description = "a \"hook\"";
    endpoint.events = {"charge.refunded", "payment_intent.*"};
    endpoint.metadata = {{"k", "v"}, {"\u00e4", "\n"}};
    endpoint.disabled = disabled;
    endpoint.live = false;
    endpoint.created_at = base::from_micros(1'790'000'000'000'000);
    endpoint.sealed_secret = seal_secret(box_, "whsec_secret", tenant, endpoint.id);
    const base::Status done = db_->write(Context::tenant(tenant), [&](Transaction& tx) {
      return store::insert_endpoint(tx, endpoint);
    });
    EXPECT_TRUE(done.ok()) << done.error().detail;
    return endpoint;
  }
  std::vector<std::string> ids(base::TenantId tenant) {
    const auto all = db_->read(Context::tenant(tenant),
                               [](Transaction& tx) { return store::list_endpoints(tx); });
    std::vector<std::string> ids;
    for (const WebhookEndpoint& one : *all) ids.push_back(one.id);
    return ids;
  }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::SystemEntropy entropy_;
  const security::SecretBox box_{std::string(security::SecretBox::kKeyBytes, 'k'), entropy_};
};

TEST(WebhookEndpointTexts, HoldNoCardNumber) {
  const std::string number = "4242 4242 4242 4242";
  const auto refused = [](const WebhookEndpoint& endpoint) {
    const base::Status done = refuse_card_numbers(endpoint);
    return done.ok() ? std::string() : done.error().fields.at(0).field;
  };
  WebhookEndpoint endpoint;
  endpoint.url = "https://example.com/hook";
  endpoint.metadata = {{"order", "6735"}};
  EXPECT_EQ(refused(endpoint), "");
  endpoint.metadata.emplace_back("card", number);
  EXPECT_EQ(refused(endpoint), "/metadata/card");
  endpoint.description = number;
  EXPECT_EQ(refused(endpoint), "/description");
  endpoint.url += "/4242424242424242";
  EXPECT_EQ(refused(endpoint), "/url");
}

TEST_P(WebhookEndpointTest, ComesBackAsItWasWritten) {
  const WebhookEndpoint made = make(kAlice, "we_1", true);
  const auto found = db_->read(Context::tenant(kAlice),
                               [](Transaction& tx) { return store::find_endpoint(tx, "we_1"); });
  ASSERT_TRUE(found.ok() && *found);
  const WebhookEndpoint& read = **found;
  EXPECT_EQ(read.url, made.url);
  EXPECT_EQ(read.description, made.description);
  EXPECT_EQ(read.events, made.events);
  EXPECT_EQ(read.metadata, made.metadata);
  EXPECT_EQ(read.created_at, made.created_at);
  EXPECT_TRUE(read.disabled);
  EXPECT_FALSE(read.live);
  EXPECT_EQ(read.sealed_secret.find("whsec"), std::string::npos);
  EXPECT_EQ(open_secret(box_, read, kAlice), "whsec_secret");
  EXPECT_EQ(open_secret(box_, read, kBob), std::nullopt);  // sealed for its place
}

TEST_P(WebhookEndpointTest, WantsItsTypesWhileItIsEnabled) {
  WebhookEndpoint endpoint = make(kAlice, "we_1");
  EXPECT_TRUE(endpoint.wants("charge.refunded"));
  EXPECT_TRUE(endpoint.wants("payment_intent.created"));
  EXPECT_FALSE(endpoint.wants("charge.captured"));
  endpoint.disabled = true;
  EXPECT_FALSE(endpoint.wants("charge.refunded"));
}

TEST_P(WebhookEndpointTest, EachTenantHasItsOwn) {
  make(kAlice, "we_1");
  make(kBob, "we_1");
  make(kBob, "we_2");
  EXPECT_EQ(ids(kAlice), (std::vector<std::string>{"we_1"}));
  EXPECT_EQ(ids(kBob), (std::vector<std::string>{"we_2", "we_1"}));
  const auto of_bob = db_->read(Context::platform(storage::PlatformUse::kEvents),
                                [](Transaction& tx) { return store::endpoints_of(tx, kBob); });
  ASSERT_TRUE(of_bob.ok());
  EXPECT_EQ(of_bob->size(), 2U);
  const auto deleted = db_->write(
      Context::tenant(kAlice), [](Transaction& tx) { return store::delete_endpoint(tx, "we_2"); });
  ASSERT_TRUE(deleted.ok());
  EXPECT_FALSE(*deleted);  // Bob's
  WebhookEndpoint change = make(kAlice, "we_3");
  change.id = "we_2";
  const base::Status updated = db_->write(
      Context::tenant(kAlice), [&](Transaction& tx) { return store::update_endpoint(tx, change); });
  ASSERT_TRUE(updated.ok());
  EXPECT_EQ(ids(kBob).size(), 2U);
}

TEST_P(WebhookEndpointTest, StatementsKeepToTheRules) {
  for (const Sql* sql : store::endpoint_statements()) {
    const bool of_tenant = sql->audience == storage::Audience::kTenant;
    EXPECT_EQ(sql->text.find(":tenant") != std::string_view::npos, of_tenant) << sql->text;
    EXPECT_NE(sql->text.find("tenant_id"), std::string_view::npos) << sql->text;
  }
}

TEST_P(WebhookEndpointTest, ATenantsShareIsExportedWithoutSecretsAndErased) {
  make(kAlice, "we_1");
  make(kBob, "we_1");
  const security::TenantData data = profile_tenant_data();
  std::string lines;
  const base::Status exported = db_->read(Context::tenant(kAlice), [&](Transaction& tx) {
    return data.export_to(tx, [&](std::string_view line) {
      lines += line;
      return base::ok_status();
    });
  });
  ASSERT_TRUE(exported.ok());
  EXPECT_NE(lines.find("we_1"), std::string::npos);
  EXPECT_EQ(lines.find("secret"), std::string::npos) << lines;
  const auto erased =
      db_->write(Context::tenant(kAlice), [&](Transaction& tx) { return data.erase(tx, 100); });
  ASSERT_TRUE(erased.ok());
  EXPECT_EQ(*erased, 1);
  EXPECT_TRUE(ids(kAlice).empty());
  EXPECT_EQ(ids(kBob).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Storage, WebhookEndpointTest, storage::both_engines(),
                         storage::engine_name);

}  // namespace
}  // namespace ashlar::payments::profile
