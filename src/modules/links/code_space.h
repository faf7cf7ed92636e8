// CodeSpace: names links. The dense id 0, 1, 2 … becomes a short code that does not tell its
// number.
//
//   id in [0, 62^6)                6 characters of base62
//   id in [62^6, 62^6 + 62^7)      7 characters
//
// Inside each range a keyed Permutation shuffles, so that codes are unique by construction and
// cannot be guessed in order. The secret is the installation's: another one would name new links
// with codes that old ones have (the database would refuse them, one by one). Under the same secret
// URLs are hashed, so that nobody can look for URLs that share a hash. Pure and immutable: any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kit/id/permutation.h"
#include "kit/siphash.h"

namespace ashlar::links {

class CodeSpace {
 public:
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::uint64_t kSixes = 56'800'235'584;      // 62^6
  static constexpr std::uint64_t kSevens = 3'521'614'606'208;  // 62^7

  // REQUIRES: secret.size() == kSecretBytes.
  explicit CodeSpace(std::string_view secret);

  // nullopt once all 3.58 * 10^12 are given.
  [[nodiscard]] std::optional<std::string> code(std::uint64_t id) const;
  // The id whose code this is. nullopt: not 6 or 7 characters of base62.
  [[nodiscard]] std::optional<std::uint64_t> id(std::string_view code) const;

  // By which links of a domain to the same URL are found: 32 bits, as signed as databases are.
  [[nodiscard]] std::int64_t url_hash(std::int64_t domain, std::string_view url) const;

 private:
  kit::Permutation sixes_;
  kit::Permutation sevens_;
  kit::SipKey urls_;
};

}  // namespace ashlar::links
