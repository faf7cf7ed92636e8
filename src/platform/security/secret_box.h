// SecretBox: secrets that must be read back (signing keys, credentials of others), sealed with a
// key of the installation, so that a row that gets out opens nothing without it.
//
// What is sealed is bound to its place (`context`: "webhooks:7:42"): a sealed text that was copied
// to another row does not open there. XChaCha20-Poly1305 with a random nonce; 40 bytes longer than
// the text. The key lies in the table of settings of the same database: this guards exports, logs
// and reading of one table, not against who has the whole database.
//
// Immutable once made; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/entropy.h"

namespace ashlar::security {

class SecretBox {
 public:
  static constexpr std::size_t kKeyBytes = 32;

  // REQUIRES: key.size() == kKeyBytes. `entropy` outlives it.
  SecretBox(std::string key, base::Entropy& entropy);
  ~SecretBox();
  SecretBox(const SecretBox&) = delete;
  SecretBox& operator=(const SecretBox&) = delete;

  [[nodiscard]] std::string seal(std::string_view secret, std::string_view context) const;
  // nullopt: changed, sealed with another key, or for another place.
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed,
                                                std::string_view context) const;

 private:
  std::string key_;
  base::Entropy& entropy_;
};

}  // namespace ashlar::security
