// DocumentToken: what a visitor of one document shows at its door; made for him by a program that
// holds an API key, so that no key has to be in a browser.
//
//   text = "dt_" base64url( version(2) body tag(32) )      numbers as varints, texts with lengths
//   tag  = HMAC-SHA-256 of version and body, under a secret of the installation
//
// Nobody has to keep it: what it says is in it. It ends by its time, by its number standing in the
// list of revocations (documents_store.h), or with its document: what was made before a document of
// that name was deleted does not open the next one.
// Invariants: 1. read(make(x)) is x. 2. Any other text is nullopt. 3. No text is longer than
// kMaxBytes. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/documents/peer.h"

namespace ashlar::documents {

struct DocumentToken {
  std::int64_t number = 0;  // > 0, random
  base::TenantId tenant;
  std::string document;  // its name
  Access access = Access::kRead;
  std::string user;  // 1 to kMaxUserBytes
  std::string name;  // to kMaxUserBytes
  std::string info;  // "" or a JSON object, to kMaxInfoBytes
  base::Time expires{};
  base::Time made{};

  friend bool operator==(const DocumentToken&, const DocumentToken&) = default;
};

inline constexpr std::string_view kTokenPrefix = "dt_";
inline constexpr std::size_t kMaxUserBytes = 200;
inline constexpr std::size_t kMaxInfoBytes = 1'000;
inline constexpr base::Seconds kLongestToken{7 * 24 * 3600};

class DocumentTokens {
 public:
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::size_t kMaxBytes = 3'000;

  // REQUIRES: kSecretBytes bytes; the same for all instances.
  explicit DocumentTokens(std::string secret);

  [[nodiscard]] std::string make(const DocumentToken& token) const;
  // Whether its time is over is the caller's to ask.
  [[nodiscard]] std::optional<DocumentToken> read(std::string_view text) const;

 private:
  [[nodiscard]] std::string tag(std::string_view body) const;

  const std::string secret_;
};

}  // namespace ashlar::documents
