// The face of provider accounts: their settings are sealed, their secrets never shown again, their
// changes announced.
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "modules/notifications/provider_store.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

class ProvidersApiTest : public RecipientsFixture {
 protected:
  static constexpr const char* kAll = "/v1/notification-providers";

  FaceAnswer create(const std::string& more = {}, const std::string& name = "relay") {
    return post(kAll, R"({"channel":"email","type":"test","name":")" + name +
                          R"(","host":"127.0.0.1","password":"hunter2")" + more + "}");
  }
  ProviderAccount kept(const std::string& id) {
    const auto found = db().read(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return store::find_provider(tx, ProviderId(std::stoll(id)));
    });
    EXPECT_TRUE(found.ok() && found->has_value());
    return **found;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, ProvidersApiTest, storage::both_engines(), storage::engine_name);

TEST_P(ProvidersApiTest, SettingsAreSealedAndSecretsNeverShown) {
  const FaceAnswer made = create(R"(,"weight":3,"pace_per_s":10,"project":"p")");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = made.text({"id"});
  for (const FaceAnswer& answer : {made, get(kAll), get(std::string(kAll) + "/" + id)}) {
    EXPECT_EQ(answer.body.find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(made.text({"settings"}), R"({"host":"127.0.0.1"})");
  EXPECT_EQ(made.text({"secrets"}), R"(["password"])");
  const ProviderAccount account = kept(id);
  EXPECT_EQ(account.sealed_settings.find("hunter2"), std::string::npos);
  EXPECT_EQ(account.sealed_settings.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(*opened_settings(box_, account), R"({"host":"127.0.0.1","password":"hunter2"})");
  ProviderAccount elsewhere = account;
  elsewhere.tenant = kBob;
  EXPECT_FALSE(opened_settings(box_, elsewhere).ok());
  EXPECT_TRUE(is_callback_token(account, account.callback_token));
  EXPECT_FALSE(is_callback_token(account, account.callback_token + "x"));
  EXPECT_FALSE(is_callback_token(account, ""));
  EXPECT_EQ(made.text({"callback_url"}), "https://ashlar.example/v1/notification-callbacks/" + id +
                                             "/" + account.callback_token);
}

TEST_P(ProvidersApiTest, APatchKeepsSecretsAndChangesUnderItsTag) {
  const std::string path = std::string(kAll) + "/" + create().text({"id"});
  const FaceAnswer changed = patch(path, R"({"enabled":false,"settings":{"host":"mx"}})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.text({"enabled"}), "false");
  EXPECT_EQ(changed.text({"settings", "host"}), "mx");
  EXPECT_EQ(changed.text({"secrets"}), R"(["password"])");
  EXPECT_EQ(patch(path, R"({"password":null})").text({"secrets"}), "[]");
  EXPECT_EQ(patch(path, R"({"host":null})").status, 422);
  EXPECT_EQ(
      send(http::Method::kPatch, path, {.body = R"({"weight":1})", .if_match = "\"v1\""}).status,
      412);
  EXPECT_EQ(get(path, kBob).status, 404);
  EXPECT_EQ(remove(path, "", kBob).status, 404);
  EXPECT_EQ(remove(path).status, 204);
  EXPECT_EQ(get(path).status, 404);
}

TEST_P(ProvidersApiTest, WhatIsWrongIsRefused) {
  create();
  EXPECT_EQ(create().text({"reason"}), "provider_name_taken");
  const std::string other = create("", "other").text({"id"});
  EXPECT_EQ(patch(std::string(kAll) + "/" + other, R"({"name":"relay"})").text({"reason"}),
            "provider_name_taken");
  EXPECT_EQ(post(kAll, R"({"channel":"email","type":"pigeon","name":"a"})").text({"reason"}),
            "provider_type_unknown");
  EXPECT_NE(
      post(kAll, R"({"channel":"email","type":"pigeon","name":"a"})").body.find("one of test"),
      std::string::npos);
  EXPECT_EQ(post(kAll, R"({"channel":"sms","type":"test","name":"a","host":"x"})").text({"reason"}),
            "provider_channel_wrong");
  EXPECT_EQ(post(kAll, R"({"channel":"email","type":"test","name":"a"})").status, 422);
  EXPECT_EQ(create(R"(,"pace_per_s":0)", "b").text({"reason"}), "pace_invalid");
  EXPECT_EQ(create(R"(,"max_running":0)", "b").status, 422);
  for (int i = 0; i < 48; ++i) EXPECT_EQ(create("", "p" + std::to_string(i)).status, 201);
  EXPECT_EQ(create("", "one more").text({"reason"}), "too_many_providers");
}

// Only an operator's setting lets a tenant name what lies in the operator's own network.
TEST_P(ProvidersApiTest, InternalHostsAreNamedOnlyWhereTheSettingLets) {
  const auto account = [this](const std::string& member) {
    return post(kAll, R"({"channel":"email","type":"test","name":"a",)" + member + "}");
  };
  const std::string given = account(R"("host":"10.0.0.7")").text({"id"});
  parts_->private_providers = false;
  const std::pair<const char*, const char*> cases[] = {
      {R"("host":"10.0.0.7")", "/host"},
      {R"("host":"localhost")", "/host"},
      {R"("host":"relay")", "/host"},
      {R"("host":"::1")", "/host"},
      {R"("host":"http://169.254.169.254")", "/host"},
      {R"("host":"mx.example.com","url":"http://127.0.0.1/x")", "/url"},
      {R"("host":"mx.example.com","service_account":{"token_uri":"http://10.0.0.7/token"})",
       "/service_account/token_uri"},
  };
  for (const auto& [member, field] : cases) {
    const FaceAnswer refused = account(member);
    EXPECT_EQ(refused.status, 422) << member;
    EXPECT_EQ(refused.text({"errors", "0", "field"}), field) << refused.body;
    EXPECT_EQ(refused.text({"errors", "0", "reason"}), "target_forbidden") << refused.body;
  }
  const std::string path = std::string(kAll) + "/" + given;
  EXPECT_EQ(patch(path, R"({"password":"x"})").status, 422);
  EXPECT_EQ(patch(path, R"({"enabled":false})").status, 200);
  EXPECT_EQ(patch(path, R"({"host":"mx.example.com"})").status, 200);
}

TEST_P(ProvidersApiTest, EachChangeIsAnnounced) {
  std::mutex mutex;
  std::vector<std::string> heard;
  db().subscribe(std::string(kProviderNotices), [&](const storage::Database::Notice& notice) {
    const std::lock_guard lock(mutex);
    if (!notice.resync) heard.emplace_back(notice.payload);
  });
  const std::string id = create().text({"id"});
  patch(std::string(kAll) + "/" + id, R"({"weight":5})");
  remove(std::string(kAll) + "/" + id);
  const std::string own = "1:" + id;
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(heard, (std::vector<std::string>{own, own, own}));
  }
  db_.reset();  // its threads may still call
}

}  // namespace
}  // namespace ashlar::notifications
