#include "platform/outbound/standard_webhooks.h"

#include <sodium.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "base/entropy.h"
#include "platform/security/hmac.h"

namespace ashlar::outbound {
namespace {

constexpr std::string_view kHmacPrefix = "whsec_";
constexpr std::string_view kPrivatePrefix = "whsk_";
constexpr std::string_view kPublicPrefix = "whpk_";
constexpr std::size_t kNewHmacBytes = 32;

using PublicKey = std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>;
using PrivateKey = std::array<unsigned char, crypto_sign_SECRETKEYBYTES>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

SigningKey key_of_seed(const unsigned char* seed) {
  PublicKey public_half{};
  PrivateKey whole{};
  crypto_sign_seed_keypair(public_half.data(), whole.data(), seed);
  SigningKey key{SignatureKind::kEd25519,
                 std::string(reinterpret_cast<const char*>(whole.data()), whole.size())};
  sodium_memzero(whole.data(), whole.size());
  return key;
}

std::string hmac(const SigningKey& key, std::string_view message) {
  return "v1," + base64(security::hmac_sha256(key.bytes, {message}));
}

std::string ed25519(const SigningKey& key, std::string_view message) {
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(),
                       bytes_of(key.bytes));
  return "v1a," + base64({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

}  // namespace

SigningKey SigningKey::make_hmac(base::Entropy& entropy) {
  SigningKey key{SignatureKind::kHmac, std::string(kNewHmacBytes, '\0')};
  entropy.fill(std::as_writable_bytes(std::span(key.bytes.data(), key.bytes.size())));
  return key;
}

SigningKey SigningKey::make_ed25519(base::Entropy& entropy) {
  std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
  entropy.fill(std::as_writable_bytes(std::span(seed)));
  SigningKey key = key_of_seed(seed.data());
  sodium_memzero(seed.data(), seed.size());
  return key;
}

std::optional<SigningKey> SigningKey::parse(std::string_view text) {
  if (text.starts_with(kHmacPrefix)) {
    std::optional<std::string> bytes = from_base64(text.substr(kHmacPrefix.size()));
    if (!bytes || bytes->size() < kMinHmacBytes || bytes->size() > kMaxHmacBytes) return {};
    return SigningKey{SignatureKind::kHmac, std::move(*bytes)};
  }
  if (!text.starts_with(kPrivatePrefix)) return std::nullopt;
  const std::optional<std::string> bytes = from_base64(text.substr(kPrivatePrefix.size()));
  if (!bytes || bytes->size() != crypto_sign_SECRETKEYBYTES) return std::nullopt;
  // Signing with a public half of another seed would give the seed away.
  SigningKey key = key_of_seed(bytes_of(*bytes));
  if (key.bytes != *bytes) return std::nullopt;
  return key;
}

std::string SigningKey::to_text() const {
  const bool symmetric = kind == SignatureKind::kHmac;
  return std::string(symmetric ? kHmacPrefix : kPrivatePrefix) + base64(bytes);
}

std::string SigningKey::public_text() const {
  if (kind == SignatureKind::kHmac) return {};
  CHECK(bytes.size() == crypto_sign_SECRETKEYBYTES);
  return std::string(kPublicPrefix) + base64(std::string_view(bytes).substr(crypto_sign_SEEDBYTES));
}

std::string sign(std::span<const SigningKey> keys, std::string_view id, base::Time at,
                 std::string_view body) {
  CHECK(id.find('.') == std::string_view::npos);
  std::string message(id);
  message += '.';
  message += std::to_string(base::to_unix_seconds(at));
  message += '.';
  message += body;
  std::string all;
  for (const SigningKey& key : keys) {
    if (!all.empty()) all += ' ';
    if (key.kind == SignatureKind::kHmac) {
      all += hmac(key, message);
    } else {
      CHECK(key.bytes.size() == crypto_sign_SECRETKEYBYTES);
      all += ed25519(key, message);
    }
  }
  return all;
}

HeaderList signed_headers(std::span<const SigningKey> keys, std::string_view id, base::Time at,
                          std::string_view body) {
  return {{"webhook-id", std::string(id)},
          {"webhook-timestamp", std::to_string(base::to_unix_seconds(at))},
          {"webhook-signature", sign(keys, id, at, body)}};
}

}  // namespace ashlar::outbound
