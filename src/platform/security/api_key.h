// The text of an API key: made, recognised and hashed. Pure.
//
//   ashlar_sk_ <public id, 12> <secret, 32> <checksum, 6>        all of [0-9A-Za-z], 60 characters
//
// Secret scanners find it exactly by
//   \bashlar_sk_[0-9A-Za-z]{50}\b
// and drop what only looks like it by the checksum: CRC-32 (zlib's) of the 54 characters before it,
// as six base62 digits. The checksum proves nothing; it spares a look-up for a typo or a cut-off
// key.
//
// The public id names the key in the database and in lists ("ashlar_sk_4fQzA81kLm0P"). The secret
// is 190 bits, so one round of SHA-256 over the whole text is enough to store.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/entropy.h"

namespace ashlar::security {

inline constexpr std::string_view kApiKeyPrefix = "ashlar_sk_";
inline constexpr std::size_t kApiKeyPublicIdChars = 12;
inline constexpr std::size_t kApiKeySecretChars = 32;
inline constexpr std::size_t kApiKeyChecksumChars = 6;
inline constexpr std::size_t kApiKeyChars =
    kApiKeyPrefix.size() + kApiKeyPublicIdChars + kApiKeySecretChars + kApiKeyChecksumChars;

struct ApiKeyText {
  std::string text;  // the whole key: shown once, never stored or logged
  std::string public_id;
};
ApiKeyText make_api_key(base::Entropy& entropy);

// The public id, as a view into `text`; nullopt where this is no key: prefix, length, alphabet or
// checksum is wrong.
std::optional<std::string_view> api_key_public_id(std::string_view text);

// What is stored. 32 bytes.
std::string api_key_hash(std::string_view text);

// "ashlar_sk_4fQzA81kLm0P": enough to recognise a key, nothing to use it with.
std::string api_key_display(std::string_view public_id);

}  // namespace ashlar::security
