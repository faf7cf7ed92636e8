#include "platform/security/api_key.h"

#include <zlib.h>

#include <algorithm>

#include "base/encoding.h"
#include "platform/security/digest.h"

namespace ashlar::security {
namespace {

std::string checksum(std::string_view text) {
  const uLong crc = crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(text.data()),
                          static_cast<uInt>(text.size()));
  return base::base62_encode(crc, kApiKeyChecksumChars);
}

bool is_base62(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

ApiKeyText make_api_key(base::Entropy& entropy) {
  ApiKeyText key;
  key.public_id = entropy.base62(kApiKeyPublicIdChars);
  key.text = api_key_display(key.public_id) + entropy.base62(kApiKeySecretChars);
  key.text += checksum(key.text);
  return key;
}

std::optional<std::string_view> api_key_public_id(std::string_view text) {
  if (text.size() != kApiKeyChars || !text.starts_with(kApiKeyPrefix)) return std::nullopt;
  const std::string_view digits = text.substr(kApiKeyPrefix.size());
  if (!std::ranges::all_of(digits, is_base62)) return std::nullopt;
  const std::size_t summed = kApiKeyChars - kApiKeyChecksumChars;
  if (text.substr(summed) != checksum(text.substr(0, summed))) return std::nullopt;
  return digits.substr(0, kApiKeyPublicIdChars);
}

std::string api_key_hash(std::string_view text) { return sha256(text); }

std::string api_key_display(std::string_view public_id) {
  return std::string(kApiKeyPrefix) + std::string(public_id);
}

}  // namespace ashlar::security
