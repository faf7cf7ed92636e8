// Standard Webhooks against its own published example, RFC 8032's keys, and OpenSSL-free algebra:
// npm's `standardwebhooks` and node's crypto verify whole deliveries in test/clients.
#include "platform/outbound/standard_webhooks.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <set>

#include "base/entropy.h"

namespace ashlar::outbound {
namespace {

constexpr base::Time kThen = base::Time{base::Seconds{1614265330}};

std::string unbase64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  EXPECT_EQ(
      sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL),
      0);
  bytes.resize(size);
  return bytes;
}

const unsigned char* raw(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The example that the specification's libraries are tested with.
TEST(StandardWebhooksTest, ThePublishedExample) {
  const auto key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->bytes.size(), 24U);
  EXPECT_EQ(sign({&*key, 1}, "msg_p5jXN8AQM9LWM0D4loKWxJek", kThen, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

// RFC 8032, 7.1, test 1.
TEST(StandardWebhooksTest, Ed25519IsThatOfRfc8032) {
  const std::string seed_hex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  const std::string public_hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  std::string bytes(64, '\0');
  ASSERT_EQ(sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), 64,
                           (seed_hex + public_hex).data(), 128, nullptr, nullptr, nullptr),
            0);
  const SigningKey key{SignatureKind::kEd25519, bytes};
  const auto again = SigningKey::parse(key.to_text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->bytes, bytes);
  EXPECT_EQ(unbase64(key.public_text().substr(5)), bytes.substr(32));
  const std::string signature = sign({&key, 1}, "msg_1", kThen, "{}");
  ASSERT_TRUE(signature.starts_with("v1a,"));
  const std::string message = "msg_1.1614265330.{}";
  EXPECT_EQ(crypto_sign_verify_detached(raw(unbase64(signature.substr(4))), raw(message),
                                        message.size(), raw(bytes) + 32),
            0);
}

TEST(StandardWebhooksTest, KeysMadeHereAreReadBack) {
  base::SeededEntropy entropy(3);
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    for (const SigningKey& key :
         {SigningKey::make_hmac(entropy), SigningKey::make_ed25519(entropy)}) {
      const auto again = SigningKey::parse(key.to_text());
      ASSERT_TRUE(again) << i;
      EXPECT_EQ(again->kind, key.kind);
      EXPECT_EQ(again->bytes, key.bytes);
      EXPECT_TRUE(seen.insert(key.to_text()).second);
    }
  }
  const SigningKey hmac = SigningKey::make_hmac(entropy);
  EXPECT_TRUE(hmac.to_text().starts_with("whsec_"));
  EXPECT_EQ(hmac.public_text(), "");
  const SigningKey pair = SigningKey::make_ed25519(entropy);
  EXPECT_TRUE(pair.to_text().starts_with("whsk_"));
  EXPECT_TRUE(pair.public_text().starts_with("whpk_"));
}

TEST(StandardWebhooksTest, WhatIsNoKeyIsRefused) {
  base::SeededEntropy entropy(3);
  SigningKey twisted = SigningKey::make_ed25519(entropy);
  twisted.bytes[40] = static_cast<char>(twisted.bytes[40] ^ 1);  // another public half
  const auto hmac_of = [](std::size_t size) {
    return SigningKey{SignatureKind::kHmac, std::string(size, 'k')}.to_text();
  };
  EXPECT_TRUE(SigningKey::parse(hmac_of(24)));
  EXPECT_TRUE(SigningKey::parse(hmac_of(64)));
  for (const std::string& text :
       {std::string(), std::string("whsec_"), std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        std::string("whsec_!!!!"), hmac_of(23), hmac_of(65), hmac_of(32) + "x", twisted.to_text(),
        std::string("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), std::string("whpk_AAAA")}) {
    EXPECT_FALSE(SigningKey::parse(text)) << text;
  }
}

TEST(StandardWebhooksTest, RotationSignsWithEachKey) {
  base::SeededEntropy entropy(3);
  const std::vector<SigningKey> keys{SigningKey::make_hmac(entropy),
                                     SigningKey::make_ed25519(entropy),
                                     SigningKey::make_hmac(entropy)};
  std::string expected;
  for (const SigningKey& key : keys) {
    expected += (expected.empty() ? "" : " ") + sign({&key, 1}, "a", kThen, "body");
  }
  EXPECT_EQ(sign(keys, "a", kThen, "body"), expected);
  EXPECT_EQ(std::ranges::count(expected, ' '), 2);
}

TEST(StandardWebhooksTest, IdTimeAndBodyAreEachSigned) {
  base::SeededEntropy entropy(3);
  const SigningKey key = SigningKey::make_hmac(entropy);
  const std::set<std::string> all{
      sign({&key, 1}, "a", kThen, "body"), sign({&key, 1}, "b", kThen, "body"),
      sign({&key, 1}, "a", kThen + base::Seconds{1}, "body"), sign({&key, 1}, "a", kThen, "bodi")};
  EXPECT_EQ(all.size(), 4U);
  const HeaderList headers = signed_headers({&key, 1}, "a", kThen, "body");
  ASSERT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[0], std::pair(std::string("webhook-id"), std::string("a")));
  EXPECT_EQ(headers[1], std::pair(std::string("webhook-timestamp"), std::string("1614265330")));
  EXPECT_EQ(headers[2].second, sign({&key, 1}, "a", kThen, "body"));
}

}  // namespace
}  // namespace ashlar::outbound
