#include "modules/notifications/push/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>

#include "base/check.h"

namespace ashlar::notifications {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* what) const {
    kFree(what);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// A key of the curve, of which others take the parameters.
EVP_PKEY* curve() {
  static const Pkey key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  return key.get();
}

Pkey public_key(std::string_view bytes) {
  if (bytes.size() != P256Key::kPublicBytes || bytes.front() != '\x04') return nullptr;
  Pkey key(EVP_PKEY_new());
  if (EVP_PKEY_copy_parameters(key.get(), curve()) != 1 ||
      EVP_PKEY_set1_encoded_public_key(key.get(), bytes_of(bytes), bytes.size()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return key;
}

std::string public_of(const BIGNUM* secret) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Point point(EC_POINT_new(group.get()));
  CHECK(EC_POINT_mul(group.get(), point.get(), secret, nullptr, nullptr, nullptr) == 1);
  std::string bytes(P256Key::kPublicBytes, '\0');
  CHECK(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes_of(bytes),
                           bytes.size(), nullptr) == bytes.size());
  return bytes;
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == "prime256v1";
}

}  // namespace

struct P256Key::Key {
  explicit Key(Pkey given) : pkey(std::move(given)) {}
  Pkey pkey;
};

P256Key P256Key::generate() {
  Pkey key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  return P256Key(std::make_shared<const Key>(std::move(key)));
}

std::optional<P256Key> P256Key::of_private(std::string_view bytes) {
  if (bytes.size() != kPrivateBytes) return std::nullopt;
  const Number secret(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  if (BN_is_zero(secret.get()) == 1 ||
      BN_cmp(secret.get(), EC_GROUP_get0_order(group.get())) >= 0) {
    return std::nullopt;
  }
  const std::string open = public_of(secret.get());
  OSSL_PARAM_BLD* build = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret.get());
  OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, open.data(), open.size());
  OSSL_PARAM* params = OSSL_PARAM_BLD_to_param(build);
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  const bool ok = EVP_PKEY_fromdata_init(context.get()) == 1 &&
                  EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params) == 1;
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(build);
  ERR_clear_error();
  if (!ok) return std::nullopt;
  return P256Key(std::make_shared<const Key>(Pkey(made)));
}

std::optional<P256Key> P256Key::of_pem(std::string_view pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  // A key with a passphrase is none: nobody is asked.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  Pkey key(PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr));
  BIO_free(bio);
  ERR_clear_error();
  if (key == nullptr || !is_p256(key.get())) return std::nullopt;
  return P256Key(std::make_shared<const Key>(std::move(key)));
}

std::string P256Key::private_bytes() const {
  BIGNUM* secret = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key_->pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1);
  const Number owned(secret);
  std::string bytes(kPrivateBytes, '\0');
  CHECK(BN_bn2binpad(secret, bytes_of(bytes), static_cast<int>(bytes.size())) ==
        static_cast<int>(bytes.size()));
  return bytes;
}

std::string P256Key::public_bytes() const {
  std::string bytes(kPublicBytes, '\0');
  std::size_t size = 0;
  CHECK(EVP_PKEY_get_octet_string_param(key_->pkey.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes_of(bytes),
                                        bytes.size(), &size) == 1);
  if (size == kPublicBytes && bytes.front() == '\x04') return bytes;
  return public_of(Number(BN_bin2bn(bytes_of(std::string_view(private_bytes())),
                                    static_cast<int>(kPrivateBytes), nullptr))
                       .get());
}

std::string P256Key::sign(std::string_view message) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::array<unsigned char, 80> der{};
  std::size_t size = der.size();
  const bool ok =
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_->pkey.get()) == 1 &&
      EVP_DigestSign(context, der.data(), &size, bytes_of(message), message.size()) == 1;
  EVP_MD_CTX_free(context);
  CHECK(ok);
  const unsigned char* at = der.data();
  const Signature pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<int>(size)));
  CHECK(pair != nullptr);
  std::string raw(kSignatureBytes, '\0');
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes_of(raw), 32) == 32);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes_of(raw) + 32, 32) == 32);
  return raw;
}

std::optional<std::string> P256Key::agree(std::string_view their_public) const {
  const Pkey theirs = public_key(their_public);
  if (theirs == nullptr) return std::nullopt;
  // That it is a point of the curve was checked as it was read, and this curve has no subgroups:
  // the library's second look would cost as much as the agreement.
  const PkeyContext context(EVP_PKEY_CTX_new(key_->pkey.get(), nullptr));
  std::string secret(32, '\0');
  std::size_t size = secret.size();
  const bool ok = EVP_PKEY_derive_init(context.get()) == 1 &&
                  EVP_PKEY_derive_set_peer_ex(context.get(), theirs.get(), 0) == 1 &&
                  EVP_PKEY_derive(context.get(), bytes_of(secret), &size) == 1;
  ERR_clear_error();
  if (!ok || size != secret.size()) return std::nullopt;
  return secret;
}

bool is_p256_public(std::string_view bytes) { return public_key(bytes) != nullptr; }

}  // namespace ashlar::notifications
