#include "platform/security/settings.h"

#include <set>
#include <thread>

#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

class SettingsTest : public SecurityTest {};

TEST_P(SettingsTest, KeepsWhatIsPut) {
  Settings settings(db(), entropy_);
  EXPECT_EQ(*settings.get("a"), std::nullopt);
  const std::string binary("\0\xff\n", 3);
  ASSERT_TRUE(settings.put("a", binary).ok());
  EXPECT_EQ(*settings.get("a"), binary);
  ASSERT_TRUE(settings.put("a", "").ok());
  EXPECT_EQ(*settings.get("a"), "");
}

TEST_P(SettingsTest, ASecretIsMadeOnce) {
  Settings settings(db(), entropy_);
  const auto first = settings.get_or_create_secret("cursor", 32);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->size(), 32u);
  EXPECT_EQ(*settings.get_or_create_secret("cursor", 32), *first);
  EXPECT_NE(*settings.get_or_create_secret("links", 32), *first);
  EXPECT_EQ(reason_of(settings.get_or_create_secret("cursor", 16)), "setting_damaged");
}

TEST_P(SettingsTest, ThoseWhoStartAtOnceGetTheSame) {
  constexpr int kStarts = 8;
  std::vector<std::string> seen(kStarts);
  std::vector<std::thread> starts;
  for (int i = 0; i < kStarts; ++i) {
    starts.emplace_back([&, i] {
      base::SeededEntropy own(static_cast<std::uint64_t>(i));
      Settings settings(db(), own);
      const auto secret = settings.get_or_create_secret("shared", 32);
      if (secret.ok()) seen[static_cast<std::size_t>(i)] = *secret;
    });
  }
  for (std::thread& start : starts) start.join();
  EXPECT_EQ(seen[0].size(), 32u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1u);
}

ASHLAR_ON_BOTH_ENGINES(SettingsTest);

}  // namespace
}  // namespace ashlar::security
