#include "platform/redis/redis_script.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"

namespace ashlar::redis {

RedisScript::RedisScript(std::string_view body) : body_(body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CHECK(EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  constexpr std::string_view kHex = "0123456789abcdef";
  for (unsigned i = 0; i < size; ++i) {
    sha_.push_back(kHex[digest[i] >> 4]);
    sha_.push_back(kHex[digest[i] & 15]);
  }
}

}  // namespace ashlar::redis
