// Head: where a book ends: what an auditor keeps elsewhere, so that a tail cut off shows.
//
// The chain of hashes (chain.h) proves that nothing before a head was changed; it cannot prove that
// nothing after it was removed. So heads are signed (Ed25519, RFC 8032), by a key of the
// installation: whoever has a head and the public key can hold any later state of the book against
// it, without a secret. `ashlar verify --head FILE` does.
//
//   signed = "ashlar ledger head 1\n" tenant "\n" seq "\n" transfers "\n" at "\n" hex(hash) "\n"
//   (numbers decimal, `at` in microseconds since 1970)
//
// As a file or in an answer (GET /v1/ledger/head), with the names above and
//   "public_key", "signature"  base64url without padding; "algorithm": "ed25519"
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::ledger {

struct Head {
  base::TenantId tenant;
  std::int64_t seq = 0;        // of the last batch; 0: nothing was ever booked
  std::int64_t transfers = 0;  // in the book, all in all
  base::Time at{};             // of the last batch
  std::string hash;            // 32 bytes: the chain's, after that batch
  friend bool operator==(const Head&, const Head&) = default;
};

std::string signed_text(const Head& head);

// Whether who holds the other half of `public_key` (32 bytes) has signed it.
bool is_signed(const Head& head, std::string_view signature, std::string_view public_key);

class HeadSigner {
 public:
  static constexpr std::size_t kSeedBytes = 32;
  static constexpr std::size_t kPublicKeyBytes = 32;
  static constexpr std::size_t kSignatureBytes = 64;

  // `seed`: kSeedBytes that nobody can guess; the installation's (security/settings.h).
  explicit HeadSigner(std::string_view seed);
  ~HeadSigner();  // wipes the secret half
  HeadSigner(const HeadSigner&) = delete;
  HeadSigner& operator=(const HeadSigner&) = delete;

  [[nodiscard]] std::string sign(const Head& head) const;
  [[nodiscard]] bool has_signed(const Head& head, std::string_view signature) const {
    return is_signed(head, signature, public_key_);
  }
  [[nodiscard]] const std::string& public_key() const { return public_key_; }

 private:
  std::string secret_key_;
  std::string public_key_;
};

// A head with its signature, as it is kept elsewhere.
struct SignedHead {
  Head head;
  std::string signature;
  std::string public_key;
};
// One JSON object.
std::string to_json(const SignedHead& head);
// Error: kInvalid head_malformed. The signature is not looked at.
base::Result<SignedHead> parse_head(std::string_view json);

}  // namespace ashlar::ledger
