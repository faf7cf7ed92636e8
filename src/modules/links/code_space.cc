#include "modules/links/code_space.h"

#include "base/check.h"
#include "base/encoding.h"

namespace ashlar::links {
namespace {

kit::SipKey key_at(std::string_view secret, std::size_t offset) {
  CHECK(secret.size() == CodeSpace::kSecretBytes);
  kit::SipKey key{};
  for (std::size_t i = 0; i < 16; ++i) {
    const auto byte = static_cast<unsigned char>(secret[offset + i]);
    key[i / 8] |= static_cast<std::uint64_t>(byte) << (8 * (i % 8));
  }
  return key;
}

}  // namespace

CodeSpace::CodeSpace(std::string_view secret)
    : sixes_(key_at(secret, 0), kSixes),
      sevens_(key_at(secret, 16), kSevens),
      urls_{kit::siphash({0x6c696e6b75726c31, 0}, secret),
            kit::siphash({0x6c696e6b75726c32, 0}, secret)} {}

std::int64_t CodeSpace::url_hash(std::int64_t domain, std::string_view url) const {
  const std::uint64_t hash =
      kit::siphash({urls_[0], urls_[1] ^ static_cast<std::uint64_t>(domain)}, url);
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(hash));
}

std::optional<std::string> CodeSpace::code(std::uint64_t id) const {
  if (id < kSixes) return base::base62_encode(sixes_.forward(id), 6);
  if (id - kSixes < kSevens) return base::base62_encode(sevens_.forward(id - kSixes), 7);
  return std::nullopt;
}

std::optional<std::uint64_t> CodeSpace::id(std::string_view code) const {
  if (code.size() != 6 && code.size() != 7) return std::nullopt;
  const std::optional<std::uint64_t> number = base::base62_decode(code);
  if (!number) return std::nullopt;
  return code.size() == 6 ? sixes_.inverse(*number) : kSixes + sevens_.inverse(*number);
}

}  // namespace ashlar::links
