// StandardWebhooks: how a request of ours proves that it is ours and unchanged, after the Standard
// Webhooks specification (standardwebhooks.com), so that receivers verify it with its libraries.
//
//   webhook-id: 01890a5d-…            the same for every attempt: receivers know repeats by it
//   webhook-timestamp: 1789516800     of this attempt, Unix seconds
//   webhook-signature: v1,K5oZ… v1a,hn…   one of each key; a receiver takes any that it knows
//
// Signed are the bytes  id "." timestamp "." body.
//   symmetric   "whsec_" + base64 of 24 to 64 random bytes    v1,  + base64 HMAC-SHA256
//   asymmetric  "whsk_"  + base64 of 64 bytes (seed, public key), ours alone
//               "whpk_"  + base64 of 32 bytes, the receiver's      v1a, + base64 Ed25519
//
// Pure but for make_*, which draw from Entropy. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/outbound/policy.h"

namespace ashlar::base {
class Entropy;
}

namespace ashlar::outbound {

enum class SignatureKind : std::uint8_t { kHmac, kEd25519 };

// A key that requests are signed with. Secret: never logged, never shown but once.
struct SigningKey {
  static constexpr std::size_t kMinHmacBytes = 24;
  static constexpr std::size_t kMaxHmacBytes = 64;

  SignatureKind kind = SignatureKind::kHmac;
  std::string bytes;  // HMAC: the key; Ed25519: seed and public key, 64 bytes

  static SigningKey make_hmac(base::Entropy& entropy);  // 32 bytes
  static SigningKey make_ed25519(base::Entropy& entropy);
  // "whsec_…" or "whsk_…". nullopt: neither, or not of the length that it must have; of whsk_ also
  // where the public half does not belong to the seed.
  static std::optional<SigningKey> parse(std::string_view text);

  [[nodiscard]] std::string to_text() const;
  // "whpk_…"; empty for HMAC.
  [[nodiscard]] std::string public_text() const;
};

// What one request's webhook-signature says: the signature of each key, in order, with a space
// between. REQUIRES: `id` has no '.'; no key is of a wrong length.
std::string sign(std::span<const SigningKey> keys, std::string_view id, base::Time at,
                 std::string_view body);

// The three headers of an attempt.
HeaderList signed_headers(std::span<const SigningKey> keys, std::string_view id, base::Time at,
                          std::string_view body);

}  // namespace ashlar::outbound
