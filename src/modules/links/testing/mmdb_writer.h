// mmdb_writer: small files in MaxMind's format 2.0, for tests of what reads them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::links::testing {

struct GeoNetwork {
  std::string block;  // "203.0.113.0/24", "2001:db8::/32"; none inside another
  std::string country;
  std::string region{};  // "": has none
};

// The file's bytes. CHECKs that each block is one.
std::string mmdb_of(const std::vector<GeoNetwork>& networks, std::uint32_t built_at_s = 1);

}  // namespace ashlar::links::testing
