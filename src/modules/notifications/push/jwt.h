// Jwt: signed tokens (RFC 7519) as push services ask for them: ES256 (APNs, VAPID) and RS256
// (Google's service accounts). Only made here, never read.
//
// Pure but for the randomness within a signature. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::notifications {

class P256Key;

// `header` and `claims` are JSON objects.
// "base64url(header).base64url(claims).base64url(signature)"
std::string es256_jwt(const P256Key& key, std::string_view header, std::string_view claims);

class RsaKey {
 public:
  static constexpr int kMinBits = 2048;

  // PKCS#8 or PKCS#1. nullopt: none, or shorter than kMinBits.
  static std::optional<RsaKey> of_pem(std::string_view pem);
  [[nodiscard]] std::string sign(std::string_view message) const;  // PKCS#1 v1.5 with SHA-256

 private:
  struct Key;  // OpenSSL's
  explicit RsaKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

std::string rs256_jwt(const RsaKey& key, std::string_view header, std::string_view claims);

}  // namespace ashlar::notifications
