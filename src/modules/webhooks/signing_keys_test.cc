#include "modules/webhooks/signing_keys.h"

#include <gtest/gtest.h>

#include "base/entropy.h"
#include "platform/security/secret_box.h"

namespace ashlar::webhooks {
namespace {

using base::Seconds;
using outbound::SigningKey;

constexpr base::Time kNow{Seconds{1'800'000'000}};
constexpr base::TenantId kTenant{1};
constexpr EndpointId kEndpoint{7};

std::vector<std::string> texts(const SigningKeys& keys, base::Time at) {
  std::vector<std::string> found;
  for (const SigningKey& key : keys.at(at)) found.push_back(key.to_text());
  return found;
}

class SigningKeysTest : public testing::Test {
 protected:
  base::SeededEntropy entropy_{5};
  security::SecretBox box_{std::string(security::SecretBox::kKeyBytes, 'k'), entropy_};
  SigningKey a_ = SigningKey::make_hmac(entropy_);
  SigningKey b_ = SigningKey::make_hmac(entropy_);
  SigningKey c_ = SigningKey::make_ed25519(entropy_);
};

TEST_F(SigningKeysTest, AfterARotationBothCountUntilTheOverlapIsOver) {
  SigningKeys keys(a_);
  EXPECT_EQ(texts(keys, kNow), std::vector{a_.to_text()});
  keys.rotate(b_, kNow, Seconds{60});
  EXPECT_EQ(texts(keys, kNow), (std::vector{b_.to_text(), a_.to_text()}));
  EXPECT_EQ(texts(keys, kNow + Seconds{59}), (std::vector{b_.to_text(), a_.to_text()}));
  EXPECT_EQ(texts(keys, kNow + Seconds{60}), std::vector{b_.to_text()});
}

TEST_F(SigningKeysTest, WithoutOverlapTheOldOneEndsAtOnce) {
  SigningKeys keys(a_);
  keys.rotate(b_, kNow, Seconds{0});
  EXPECT_EQ(texts(keys, kNow), std::vector{b_.to_text()});
}

TEST_F(SigningKeysTest, ASecondRotationDoesNotProlongTheFirst) {
  SigningKeys keys(a_);
  keys.rotate(b_, kNow, Seconds{60});
  keys.rotate(c_, kNow + Seconds{10}, Seconds{3'600});
  EXPECT_EQ(keys.kind(), outbound::SignatureKind::kEd25519);
  EXPECT_EQ(texts(keys, kNow + Seconds{59}),
            (std::vector{c_.to_text(), b_.to_text(), a_.to_text()}));
  EXPECT_EQ(texts(keys, kNow + Seconds{60}), (std::vector{c_.to_text(), b_.to_text()}));
  // Unless it ends sooner.
  keys.rotate(a_, kNow + Seconds{61}, Seconds{0});
  EXPECT_EQ(texts(keys, kNow + Seconds{61}), std::vector{a_.to_text()});
}

TEST_F(SigningKeysTest, ManyRotationsKeepTheNewest) {
  SigningKeys keys(a_);
  for (int i = 0; i < 20; ++i) {
    keys.rotate(SigningKey::make_hmac(entropy_), kNow + Seconds{i}, Seconds{86'400});
  }
  keys.rotate(b_, kNow + Seconds{20}, Seconds{86'400});
  const auto now = texts(keys, kNow + Seconds{20});
  EXPECT_EQ(now.size(), SigningKeys::kMaxKeys);
  EXPECT_EQ(now.front(), b_.to_text());
}

TEST_F(SigningKeysTest, SealedTheyOpenForTheirEndpointAlone) {
  SigningKeys keys(a_);
  keys.rotate(c_, kNow, Seconds{60});
  const std::string sealed = keys.seal(box_, kTenant, kEndpoint);
  EXPECT_EQ(sealed.find("wh"), std::string::npos);
  const auto opened = SigningKeys::open(box_, sealed, kTenant, kEndpoint);
  ASSERT_TRUE(opened);
  EXPECT_EQ(texts(*opened, kNow), texts(keys, kNow));
  EXPECT_EQ(texts(*opened, kNow + Seconds{60}), texts(keys, kNow + Seconds{60}));
  EXPECT_FALSE(SigningKeys::open(box_, sealed, kTenant, EndpointId(8)));
  EXPECT_FALSE(SigningKeys::open(box_, sealed, base::TenantId(2), kEndpoint));
  EXPECT_FALSE(SigningKeys::open(box_, "", kTenant, kEndpoint));
}

}  // namespace
}  // namespace ashlar::webhooks
