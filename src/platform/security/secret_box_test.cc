#include "platform/security/secret_box.h"

#include <gtest/gtest.h>

namespace ashlar::security {
namespace {

const std::string kKey(SecretBox::kKeyBytes, 'k');

TEST(SecretBoxTest, WhatIsSealedOpensInItsPlaceAlone) {
  base::SeededEntropy entropy(1);
  const SecretBox box(kKey, entropy);
  const std::string sealed = box.seal("whsec_abc", "webhooks:1:2");
  EXPECT_EQ(sealed.find("abc"), std::string::npos);
  EXPECT_EQ(box.open(sealed, "webhooks:1:2"), "whsec_abc");
  EXPECT_EQ(box.open(sealed, "webhooks:1:3"), std::nullopt);
  EXPECT_EQ(SecretBox(std::string(SecretBox::kKeyBytes, 'x'), entropy).open(sealed, "webhooks:1:2"),
            std::nullopt);
}

TEST(SecretBoxTest, NoByteMayChange) {
  base::SeededEntropy entropy(1);
  const SecretBox box(kKey, entropy);
  const std::string sealed = box.seal("s", "c");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(box.open(changed, "c"), std::nullopt) << i;
    EXPECT_EQ(box.open(std::string_view(sealed).substr(0, i), "c"), std::nullopt) << i;
  }
  EXPECT_EQ(box.open(sealed + "x", "c"), std::nullopt);
}

TEST(SecretBoxTest, TheSameSecretIsNeverSealedAlike) {
  base::SeededEntropy entropy(1);
  const SecretBox box(kKey, entropy);
  EXPECT_NE(box.seal("s", "c"), box.seal("s", "c"));
  EXPECT_EQ(box.open(box.seal("", "c"), "c"), "");
}

}  // namespace
}  // namespace ashlar::security
