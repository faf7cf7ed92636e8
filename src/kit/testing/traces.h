// The cache traces that lie beside the repository (../shared/data/traces, not a part of it), as
// lists of keys. For tests and benchmarks, which are run from the repository's root; unpacked by
// the programs xz and gzip.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace ashlar::kit {

inline constexpr const char* kTraces[] = {"w106.trace.xz", "multi2.trace.gz", "web07.trace.xz"};

// Empty if the file or its unpacker is not there.
inline std::vector<std::uint64_t> read_trace(const std::string& name) {
  const bool is_text = name.ends_with(".gz");  // a key a line; "*" lines are not keys
  const std::string command =
      (is_text ? "gzip" : "xz") + std::string(" -dc ../shared/data/traces/") + name + " 2>&-";
  std::string bytes;
  if (std::FILE* pipe = ::popen(command.c_str(), "r")) {
    char piece[65536];
    for (std::size_t n; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) bytes.append(piece, n);
    if (::pclose(pipe) != 0) return {};
  }
  std::vector<std::uint64_t> keys;
  if (!is_text) {  // big-endian int32
    for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
      std::uint64_t key = 0;
      for (std::size_t n = 0; n < 4; ++n) key = key << 8 | static_cast<unsigned char>(bytes[i + n]);
      keys.push_back(key);
    }
    return keys;
  }
  for (std::size_t from = 0; from < bytes.size();) {
    std::size_t end = bytes.find('\n', from);
    if (end == std::string::npos) end = bytes.size();
    const std::string line = bytes.substr(from, end - from);
    if (!line.empty() && line[0] >= '0' && line[0] <= '9') {
      keys.push_back(std::strtoull(line.c_str(), nullptr, 10));
    }
    from = end + 1;
  }
  return keys;
}

}  // namespace ashlar::kit
