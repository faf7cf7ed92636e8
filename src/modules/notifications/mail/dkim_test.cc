#include "modules/notifications/mail/dkim.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <string>
#include <vector>

#include "modules/notifications/mail/mail_message.h"
#include "modules/notifications/mail/mime_text.h"
#include "platform/security/digest.h"

namespace ashlar::notifications {
namespace {

constexpr base::Time kAt = base::from_micros(1'763'805'600'000'000);

std::string new_key(int type, int bits) {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(type, nullptr);
  EVP_PKEY_keygen_init(context);
  if (type == EVP_PKEY_RSA) EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen(context, &key);
  EVP_PKEY_CTX_free(context);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  EVP_PKEY_free(key);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

const std::string& rsa_key() {
  static const std::string key = new_key(EVP_PKEY_RSA, 2048);
  return key;
}
const std::string& ed25519_key() {
  static const std::string key = new_key(EVP_PKEY_ED25519, 0);
  return key;
}

std::string without_blanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\r' || c == '\n'; });
  return text;
}

std::string tag(const std::string& header, const std::string& name) {
  const std::string flat = without_blanks(header);
  const std::size_t start = flat.find(";" + name + "=");
  if (start == std::string::npos) return {};
  const std::size_t value = start + name.size() + 2;
  return flat.substr(value, flat.find(';', value) - value);
}

bool verifies(const std::string& pem, const std::string& text, const std::string& signature64) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  std::string signature(signature64.size(), '\0');
  const int decoded = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(signature.data()),
                                      reinterpret_cast<const unsigned char*>(signature64.data()),
                                      static_cast<int>(signature64.size()));
  const auto padding = std::ranges::count(signature64, '=');
  signature.resize(static_cast<std::size_t>(decoded - padding));
  const bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  const std::string data = rsa ? text : security::sha256(text);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, rsa ? EVP_sha256() : nullptr, nullptr, key);
  const int good = EVP_DigestVerify(
      context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
      reinterpret_cast<const unsigned char*>(data.data()), data.size());
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return good == 1;
}

// As a receiver does it, from the header alone: takes the headers that h= names, the last first.
bool receiver_verifies(const std::string& pem, const std::string& signature,
                       std::vector<std::string> headers, const std::string& body) {
  if (tag(signature, "bh") != base64(security::sha256(relaxed_body(body)))) return false;
  std::string hashed;
  std::string names = tag(signature, "h") + ":";
  while (!names.empty()) {
    const std::string name = names.substr(0, names.find(':'));
    names.erase(0, name.size() + 1);
    const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const std::string& h) {
      return relaxed_header(h).starts_with(name + ":");
    });
    if (found == headers.rend()) continue;
    hashed += relaxed_header(*found) + "\r\n";
    headers.erase(std::next(found).base());
  }
  const std::string bare = signature.substr(0, signature.rfind("b=") + 2);
  return verifies(pem, hashed + relaxed_header(bare), tag(signature, "b"));
}

ComposedMail mail() {
  Outgoing message;
  message.id = "id-1";
  message.target.address = "anna@example.org";
  message.content.subject =
      "Gr\xc3\xbc\xc3\x9f"
      "e";
  message.content.text = "Hello  there \n\n\n";
  message.content.html = "<p>Hello</p>";
  message.unsubscribe_url = "https://example.com/u/1";
  message.created_at = kAt;
  return *compose_mail(message, {.from = *parse_mail_address("shop@example.com")});
}

TEST(Dkim, CanonicalFormsOfTheRfc) {  // section 3.4.5 and what it does not show
  EXPECT_EQ(relaxed_header("A: X\r\n"), "a:X");
  EXPECT_EQ(relaxed_header("B : Y\t\r\n\tZ  \r\n"), "b:Y Z");
  EXPECT_EQ(relaxed_header("Subject:\r\n\r\n"), "subject:");
  EXPECT_EQ(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
  EXPECT_EQ(relaxed_body(""), "");
  EXPECT_EQ(relaxed_body("\r\n\r\n"), "");
  EXPECT_EQ(relaxed_body(" \t \r\n"), "");
  EXPECT_EQ(relaxed_body("x"), "x\r\n");
  EXPECT_EQ(relaxed_body("\r\nx\r\n \r\n\r\ny\r\n\r\n"), "\r\nx\r\n\r\n\r\ny\r\n");
}

TEST(Dkim, AReceiverVerifiesBothAlgorithms) {
  for (const std::string& pem : {rsa_key(), ed25519_key()}) {
    const auto signer = DkimSigner::make({"Example.com", "s1", pem});
    ASSERT_TRUE(signer.ok()) << signer.error().detail;
    const ComposedMail m = mail();
    const std::string signature = (*signer)->sign(m.headers, m.body, kAt);
    EXPECT_EQ(signature, (*signer)->sign(m.headers, m.body, kAt));
    EXPECT_TRUE(signature.starts_with("DKIM-Signature: v=1; a="));
    EXPECT_EQ(tag(signature, "d"), "example.com");
    EXPECT_EQ(tag(signature, "s"), "s1");
    EXPECT_EQ(tag(signature, "t"), "1763805600");
    std::string_view rest = signature;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\r\n");
      ASSERT_LE(end, kMaxMailLineBytes);
      rest.remove_prefix(end + 2);
    }
    EXPECT_TRUE(receiver_verifies(pem, signature, m.headers, m.body));

    EXPECT_FALSE(receiver_verifies(pem, signature, m.headers, m.body + "more\r\n"));
    for (const char* added :
         {"From: evil@example.net\r\n", "Subject: other\r\n", "To: x@y.z\r\n",
          "List-Unsubscribe: <https://evil.example>\r\n", "List-Unsubscribe-Post: x\r\n",
          "Cc: x@y.z\r\n", "Content-Type: text/html\r\n"}) {
      std::vector<std::string> headers = m.headers;
      headers.emplace_back(added);
      EXPECT_FALSE(receiver_verifies(pem, signature, headers, m.body)) << added;
      headers = m.headers;
      headers.insert(headers.begin(), added);
      EXPECT_FALSE(receiver_verifies(pem, signature, headers, m.body)) << added;
    }
    // What a server on the way may do to blanks does no harm.
    std::vector<std::string> headers = m.headers;
    for (std::string& header : headers) header.replace(header.find(": "), 2, ":\r\n  ");
    EXPECT_TRUE(receiver_verifies(pem, signature, headers, m.body + "\r\n"));
  }
}

TEST(Dkim, KeysThatCannotSignAreRefusedWithoutBeingRepeated) {
  const std::string damaged = [] {
    std::string pem = ed25519_key();
    return pem.substr(0, pem.size() / 2);
  }();
  for (const std::string& pem :
       {std::string(), std::string("secret"), damaged, new_key(EVP_PKEY_RSA, 768),
        new_key(EVP_PKEY_X25519, 0), std::string(20'000, 'x')}) {
    const auto signer = DkimSigner::make({"example.com", "s1", pem});
    ASSERT_FALSE(signer.ok());
    EXPECT_STREQ(signer.error().reason, "dkim_private_key");
    EXPECT_EQ(signer.error().detail.find("secret"), std::string::npos);
  }
  EXPECT_STREQ(DkimSigner::make({"exa mple.com", "s1", ed25519_key()}).error().reason,
               "dkim_domain");
  EXPECT_STREQ(DkimSigner::make({"example.com", "s1;x=1", ed25519_key()}).error().reason,
               "dkim_selector");
}

}  // namespace
}  // namespace ashlar::notifications
