#include "app/payments_settings.h"

#include <gtest/gtest.h>

#include <string>

#include "app/config.h"

namespace ashlar::app {
namespace {

std::string applied(std::string_view key, std::string_view text, Config* config = nullptr) {
  ConfigLoader loader;
  const base::Status status = loader.apply(key, text, "here");
  if (!status.ok()) return status.error().detail;
  auto made = loader.finish();
  if (config != nullptr && made.ok()) *config = *made;
  return {};
}

TEST(PaymentsSettings, ProvidersAreKnownAndEachIsThereOnce) {
  ConfigLoader loader;
  ASSERT_TRUE(loader.apply("payments.providers", "stripe,sandbox", "here").ok());
  const auto without_key = loader.finish();
  ASSERT_FALSE(without_key.ok());
  EXPECT_EQ(without_key.error().detail,
            "payments.providers: stripe needs payments.stripe_key (from here)");
  ASSERT_TRUE(loader.apply("payments.stripe_key", "abc", "here").ok());
  const auto config = loader.finish();
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->payments.providers, (std::vector<std::string>{"stripe", "sandbox"}));
  for (const char* wrong : {"", "bank", "sandbox,sandbox", "sandbox,,stripe"}) {
    EXPECT_NE(applied("payments.providers", wrong), "") << wrong;
  }
}

TEST(PaymentsSettings, SecretsAreNotShown) {
  Config config;
  ASSERT_EQ(applied("payments.stripe_key", "abc_secret_key", &config), "");
  EXPECT_EQ(config.payments.stripe_key, "abc_secret_key");
  const std::string shown = settings_as_toml(config);
  EXPECT_EQ(shown.find("abc_secret_key"), std::string::npos);
  EXPECT_NE(shown.find("# payments.stripe_key = \"***\""), std::string::npos);
}

TEST(PaymentsSettings, AFailpointIsANameAndANumber) {
  for (const char* right : {"", "payments.after_claim:1", "payments.half_reply:12"}) {
    EXPECT_EQ(applied("testing.failpoint", right), "") << right;
  }
  for (const char* wrong : {"payments.after_claim", ":1", "payments.after_claim:0", "x:y"}) {
    EXPECT_NE(applied("testing.failpoint", wrong), "") << wrong;
  }
}

TEST(PaymentsSettings, TheProvidersUrlHasAScheme) {
  Config config;
  EXPECT_EQ(applied("payments.stripe_url", "http://127.0.0.1:9/", &config), "");
  EXPECT_EQ(config.payments.stripe_url, "http://127.0.0.1:9");
  EXPECT_NE(applied("payments.stripe_url", "127.0.0.1:9"), "");
}

}  // namespace
}  // namespace ashlar::app
