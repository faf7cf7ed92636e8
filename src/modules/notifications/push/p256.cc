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
#include <mutex>

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
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_clear_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// One for all: making one costs as much as a multiplication by the base point. Never changed, so
// that any thread may use it.
const EC_GROUP* group() {
  static const Group made(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  CHECK(made != nullptr);
  return made.get();
}

using Scratch = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;
BN_CTX* scratch() {
  thread_local const Scratch own(BN_CTX_secure_new());
  CHECK(own != nullptr);
  return own.get();
}

std::string public_of(const BIGNUM* secret) {
  const Point point(EC_POINT_new(group()));
  CHECK(EC_POINT_mul(group(), point.get(), secret, nullptr, nullptr, scratch()) == 1);
  std::string bytes(P256Key::kPublicBytes, '\0');
  CHECK(EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes_of(bytes),
                           bytes.size(), scratch()) == bytes.size());
  return bytes;
}

Pkey pkey_of(const BIGNUM* secret, const std::string& open) {
  OSSL_PARAM_BLD* build = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret);
  OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, open.data(), open.size());
  OSSL_PARAM* params = OSSL_PARAM_BLD_to_param(build);
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  const bool ok = EVP_PKEY_fromdata_init(context.get()) == 1 &&
                  EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params) == 1;
  OSSL_PARAM_free(params);
  OSSL_PARAM_BLD_free(build);
  CHECK(ok);
  return Pkey(made);
}

// A point of the curve but the one at infinity; null: it is none. The curve has no subgroups.
Point point_of(std::string_view bytes) {
  if (bytes.size() != P256Key::kPublicBytes || bytes.front() != '\x04') return nullptr;
  Point point(EC_POINT_new(group()));
  if (EC_POINT_oct2point(group(), point.get(), bytes_of(bytes), bytes.size(), scratch()) == 1) {
    return point;
  }
  ERR_clear_error();
  return nullptr;
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view(name.data(), size) == "prime256v1";
}

}  // namespace

// A key that only agrees, as one for each web push does, never becomes an EVP_PKEY: OpenSSL 3.0
// takes 20 us to make one, four times of what the multiplication takes.
struct P256Key::Key {
  explicit Key(Number given) : secret(std::move(given)), open(public_of(secret.get())) {}

  EVP_PKEY* pkey() const {
    std::call_once(once, [this] { made = pkey_of(secret.get(), open); });
    return made.get();
  }

  const Number secret;
  const std::string open;

 private:
  mutable std::once_flag once;
  mutable Pkey made;
};

P256Key P256Key::generate() {
  Number secret(BN_secure_new());
  do {
    CHECK(BN_priv_rand_range(secret.get(), EC_GROUP_get0_order(group())) == 1);
  } while (BN_is_zero(secret.get()) == 1);
  BN_set_flags(secret.get(), BN_FLG_CONSTTIME);
  return P256Key(std::make_shared<const Key>(std::move(secret)));
}

std::optional<P256Key> P256Key::of_private(std::string_view bytes) {
  if (bytes.size() != kPrivateBytes) return std::nullopt;
  Number secret(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
  if (BN_is_zero(secret.get()) == 1 || BN_cmp(secret.get(), EC_GROUP_get0_order(group())) >= 0) {
    return std::nullopt;
  }
  BN_set_flags(secret.get(), BN_FLG_CONSTTIME);
  return P256Key(std::make_shared<const Key>(std::move(secret)));
}

std::optional<P256Key> P256Key::of_pem(std::string_view pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  // A key with a passphrase is none: nobody is asked.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  Pkey key(PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr));
  BIO_free(bio);
  ERR_clear_error();
  if (key == nullptr || !is_p256(key.get())) return std::nullopt;
  BIGNUM* found = nullptr;
  const bool has_secret = EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &found) == 1;
  ERR_clear_error();
  Number secret(found);
  if (!has_secret) return std::nullopt;
  BN_set_flags(secret.get(), BN_FLG_CONSTTIME);
  return P256Key(std::make_shared<const Key>(std::move(secret)));
}

std::string P256Key::private_bytes() const {
  std::string bytes(kPrivateBytes, '\0');
  CHECK(BN_bn2binpad(key_->secret.get(), bytes_of(bytes), static_cast<int>(bytes.size())) ==
        static_cast<int>(bytes.size()));
  return bytes;
}

std::string P256Key::public_bytes() const { return key_->open; }

std::string P256Key::sign(std::string_view message) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::array<unsigned char, 80> der{};
  std::size_t size = der.size();
  const bool ok =
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_->pkey()) == 1 &&
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
  const Point theirs = point_of(their_public);
  if (theirs == nullptr) return std::nullopt;
  const Point shared(EC_POINT_new(group()));
  const Number x(BN_secure_new());
  std::string secret(32, '\0');
  CHECK(EC_POINT_mul(group(), shared.get(), nullptr, theirs.get(), key_->secret.get(), scratch()) ==
        1);
  CHECK(EC_POINT_get_affine_coordinates(group(), shared.get(), x.get(), nullptr, scratch()) == 1);
  CHECK(BN_bn2binpad(x.get(), bytes_of(secret), 32) == 32);
  return secret;
}

bool is_p256_public(std::string_view bytes) { return point_of(bytes) != nullptr; }

}  // namespace ashlar::notifications
