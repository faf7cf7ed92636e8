// Keys, tokens and encryption of push: the vectors of RFC 8291, Appendix A, and OpenSSL as reader.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/encoding.h"
#include "modules/notifications/push/aes128gcm.h"
#include "modules/notifications/push/jwt.h"
#include "modules/notifications/push/p256.h"

namespace ashlar::notifications {
namespace {

std::string bytes(std::string_view text) { return base::base64url_decode(text).value(); }

// RFC 8291, section 5 and Appendix A.
constexpr std::string_view kPlain = "When I grow up, I want to be a watermelon";
constexpr std::string_view kSenderPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr std::string_view kSenderPublic =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
constexpr std::string_view kBrowserPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
constexpr std::string_view kBrowserPublic =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr std::string_view kSalt = "DGv6ra1nlYgDCS1FRnbzlw";
constexpr std::string_view kAuth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr std::string_view kMessage =
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN";

TEST(PushKeysTest, EncryptsAsRfc8291) {
  const auto sender = P256Key::of_private(bytes(kSenderPrivate));
  ASSERT_TRUE(sender);
  EXPECT_EQ(base::base64url_encode(sender->public_bytes()), kSenderPublic);
  const auto message =
      encrypt_push(kPlain, {bytes(kBrowserPublic), bytes(kAuth)}, {*sender, bytes(kSalt)});
  ASSERT_TRUE(message);
  EXPECT_EQ(base::base64url_encode(*message), kMessage);
}

TEST(PushKeysTest, AgreesWithTheBrowserAndPads) {
  const auto browser = P256Key::of_private(bytes(kBrowserPrivate));
  const P256Key sender = P256Key::generate();
  ASSERT_TRUE(browser);
  EXPECT_EQ(base::base64url_encode(browser->public_bytes()), kBrowserPublic);
  EXPECT_EQ(browser->agree(sender.public_bytes()), sender.agree(browser->public_bytes()));
  const BrowserKeys keys{browser->public_bytes(), bytes(kAuth)};
  const PushSecrets secrets{sender, std::string_view("0123456789abcdef")};
  EXPECT_EQ(encrypt_push("a", keys, secrets, 1000)->size(),
            encrypt_push("abc", keys, secrets, 1000)->size());
  const std::string longest(kMaxPushPlainBytes, 'x');
  EXPECT_EQ(encrypt_push(longest, keys, secrets)->size(), 4096U);
  EXPECT_EQ(encrypt_push(longest, keys, secrets, 100'000)->size(), 4096U);
}

TEST(PushKeysTest, RefusesKeysThatAreNone) {
  const P256Key sender = P256Key::generate();
  const PushSecrets secrets{sender, std::string_view("0123456789abcdef")};
  std::string off_curve = bytes(kBrowserPublic);
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  EXPECT_FALSE(encrypt_push("x", {off_curve, bytes(kAuth)}, secrets));
  EXPECT_FALSE(encrypt_push("x", {"", bytes(kAuth)}, secrets));
  EXPECT_FALSE(encrypt_push("x", {std::string(65, '\0'), bytes(kAuth)}, secrets));
  EXPECT_FALSE(encrypt_push("x", {bytes(kBrowserPublic), "short"}, secrets));
  EXPECT_FALSE(P256Key::of_private(std::string(32, '\0')));
  EXPECT_FALSE(P256Key::of_private(std::string(32, '\xff')));
  EXPECT_FALSE(P256Key::of_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(RsaKey::of_pem("no key"));
}

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);  // NOLINT(google-runtime-int)
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

bool verifies(EVP_PKEY* key, std::string_view message, const std::string& signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const auto* sig = reinterpret_cast<const unsigned char*>(signature.data());
  const auto* text = reinterpret_cast<const unsigned char*>(message.data());
  const bool ok = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                  EVP_DigestVerify(context, sig, signature.size(), text, message.size()) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

TEST(PushKeysTest, SignsEs256WithRAndS) {
  EVP_PKEY* pkey = EVP_EC_gen("P-256");
  const auto key = P256Key::of_pem(pem_of(pkey));
  ASSERT_TRUE(key);
  EXPECT_EQ(P256Key::of_private(key->private_bytes())->public_bytes(), key->public_bytes());
  for (int i = 0; i < 300; ++i) {  // r or s begins with a zero byte in one of 128
    const std::string jwt = es256_jwt(*key, R"({"alg":"ES256"})", std::to_string(i));
    const std::size_t dot = jwt.rfind('.');
    const std::string raw = bytes(std::string_view(jwt).substr(dot + 1));
    ASSERT_EQ(raw.size(), 64U);
    // Back to DER, which OpenSSL verifies.
    const auto integer = [](std::string n) {
      n.erase(0, std::min(n.find_first_not_of('\0'), n.size() - 1));
      if ((static_cast<unsigned char>(n[0]) & 0x80U) != 0) n.insert(n.begin(), '\0');
      return std::string("\x02") + static_cast<char>(n.size()) + n;
    };
    const std::string both = integer(raw.substr(0, 32)) + integer(raw.substr(32));
    const std::string der = std::string("\x30") + static_cast<char>(both.size()) + both;
    EXPECT_TRUE(verifies(pkey, std::string_view(jwt).substr(0, dot), der)) << i;
  }
  EVP_PKEY_free(pkey);
}

TEST(PushKeysTest, SignsRs256AndTakesNoShortKey) {
  EVP_PKEY* pkey = EVP_RSA_gen(2048);
  const auto key = RsaKey::of_pem(pem_of(pkey));
  ASSERT_TRUE(key);
  const std::string jwt = rs256_jwt(*key, R"({"alg":"RS256"})", R"({"iss":"a"})");
  const std::size_t dot = jwt.rfind('.');
  const std::string_view signed_part = std::string_view(jwt).substr(0, dot);
  EXPECT_TRUE(verifies(pkey, signed_part, bytes(std::string_view(jwt).substr(dot + 1))));
  EVP_PKEY_free(pkey);
  EVP_PKEY* small = EVP_RSA_gen(1024);
  EXPECT_FALSE(RsaKey::of_pem(pem_of(small)));
  EVP_PKEY_free(small);
}

}  // namespace
}  // namespace ashlar::notifications
