// Reservation: what was taken ahead, as a token that any instance can read and nobody can make.
//
//   text    = base64url( body tag(32) )
//   tag     = HMAC-SHA-256(secret, "ashlar reservation 1" body)
//   body    = tenant, id, life, expiry, and for each rule its Limit::id, its key, what was taken
//   and
//             until when it can be given back
//
// Keys are readable by who holds the token: it goes to the caller that named them.
// Invariants: 1. decode(encode(x)) is x. 2. Any other text, or another tenant's, is
// reservation_invalid. 3. No text is longer than kMaxBytes. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::limits {

struct Reservation {
  struct Take {
    std::uint64_t limit_id = 0;
    std::string key;
    std::uint64_t cost = 0;
    // The count forgets this take at that time or later: to give it back then would give back
    // somebody else's.
    base::Time counts_until;

    friend bool operator==(const Take&, const Take&) = default;
  };

  base::TenantId tenant;
  std::string id;         // kIdChars of [0-9A-Za-z], by chance
  base::Millis lasts{0};  // from when it was made to when it expires
  base::Time expires_at;
  std::vector<Take> takes;

  friend bool operator==(const Reservation&, const Reservation&) = default;
};

class ReservationCodec {
 public:
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::size_t kIdChars = 22;
  static constexpr std::size_t kMaxBytes = 32 * 1024;
  static constexpr base::Millis kMaxLife{60 * 60 * 1000};

  // REQUIRES: kSecretBytes bytes; the same for all instances.
  explicit ReservationCodec(const std::string& secret);

  // kInvalid reservation_too_large: so many long keys do not fit.
  [[nodiscard]] base::Result<std::string> encode(const Reservation& reservation) const;
  // kInvalid reservation_invalid. Expiry is the caller's to judge.
  [[nodiscard]] base::Result<Reservation> decode(base::TenantId tenant,
                                                 std::string_view text) const;

 private:
  [[nodiscard]] std::string tag(std::string_view body) const;

  std::string inner_pad_;
  std::string outer_pad_;
};

}  // namespace ashlar::limits
