#include "platform/security/digest.h"

#include <sodium.h>

#include <span>

#include "base/encoding.h"

namespace ashlar::security {

static_assert(kSha256Bytes == crypto_hash_sha256_BYTES);

std::string sha256(std::string_view text) {
  std::string digest(kSha256Bytes, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return digest;
}

std::string random_bytes(base::Entropy& entropy, std::size_t count) {
  std::string bytes(count, '\0');
  entropy.fill(std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
  return bytes;
}

std::string random_token(base::Entropy& entropy) {
  return base::base64url_encode(random_bytes(entropy, 32));
}

void wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace ashlar::security
