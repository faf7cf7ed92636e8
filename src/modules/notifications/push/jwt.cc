#include "modules/notifications/push/jwt.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/check.h"
#include "base/encoding.h"
#include "modules/notifications/push/p256.h"

namespace ashlar::notifications {
namespace {

template <class Key>
std::string signed_by(const Key& key, std::string_view header, std::string_view claims) {
  std::string text = base::base64url_encode(header) + "." + base::base64url_encode(claims);
  const std::string signature = key.sign(text);
  return text + "." + base::base64url_encode(signature);
}

}  // namespace

std::string es256_jwt(const P256Key& key, std::string_view header, std::string_view claims) {
  return signed_by(key, header, claims);
}

std::string rs256_jwt(const RsaKey& key, std::string_view header, std::string_view claims) {
  return signed_by(key, header, claims);
}

struct RsaKey::Key {
  explicit Key(EVP_PKEY* given) : pkey(given) {}
  ~Key() { EVP_PKEY_free(pkey); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  EVP_PKEY* pkey;
};

std::optional<RsaKey> RsaKey::of_pem(std::string_view pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* read = PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr);
  BIO_free(bio);
  ERR_clear_error();
  if (read == nullptr) return std::nullopt;
  auto key = std::make_shared<const Key>(read);
  if (EVP_PKEY_is_a(read, "RSA") != 1 || EVP_PKEY_get_bits(read) < kMinBits) return std::nullopt;
  return RsaKey(std::move(key));
}

std::string RsaKey::sign(std::string_view message) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_->pkey)), '\0');
  std::size_t size = signature.size();
  const bool ok =
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_->pkey) == 1 &&
      EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  EVP_MD_CTX_free(context);
  CHECK(ok);
  signature.resize(size);
  return signature;
}

}  // namespace ashlar::notifications
