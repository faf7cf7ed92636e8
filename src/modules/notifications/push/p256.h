// P256Key: a key pair on NIST's curve P-256, as push services use it: ES256 signatures (RFC 7518,
// 3.4: r and s, 32 bytes each, not DER) and ECDH with a browser's key (RFC 8291).
//
// Keys as bytes: private 32, big endian; public 65, uncompressed (0x04, x, y). A key is a value
// that cannot change; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::notifications {

class P256Key {
 public:
  static constexpr std::size_t kPrivateBytes = 32;
  static constexpr std::size_t kPublicBytes = 65;
  static constexpr std::size_t kSignatureBytes = 64;

  static P256Key generate();
  static std::optional<P256Key> of_private(std::string_view bytes);
  // PKCS#8 or SEC 1. nullopt: none, or of another curve.
  static std::optional<P256Key> of_pem(std::string_view pem);

  [[nodiscard]] std::string private_bytes() const;
  [[nodiscard]] std::string public_bytes() const;
  [[nodiscard]] std::string sign(std::string_view message) const;  // with SHA-256
  // The shared secret, 32 bytes. nullopt: `their_public` is no point of the curve.
  [[nodiscard]] std::optional<std::string> agree(std::string_view their_public) const;

 private:
  struct Key;  // OpenSSL's
  explicit P256Key(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

bool is_p256_public(std::string_view bytes);

}  // namespace ashlar::notifications
