// Any bytes as a snapshot: an error or entries, never a crash. The first byte chooses: as they are
// (which the checksums refuse), or as records under a right header and right checksums, so that
// what reads records is reached. And the second: entries made of the bytes come back as they were.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "kit/cache/cache.h"
#include "kit/cache/cache_snapshot.h"
#include "kit/siphash.h"

namespace {

namespace kit = ashlar::kit;
namespace base = ashlar::base;

struct Codec {
  static constexpr std::uint32_t kSchema = 1;
  void write_key(const std::string& key, std::string& out) const { out += key; }
  void write_value(const std::string& value, std::string& out) const { out += value; }
  std::optional<std::string> read_key(std::string_view bytes) const { return std::string(bytes); }
  std::optional<std::string> read_value(std::string_view bytes) const { return std::string(bytes); }
};
using Texts = kit::Cache<std::string, std::string>;

constexpr base::Mono kNow{};
constexpr base::Time kWall = base::from_micros(1'800'000'000'000'000);

kit::SnapshotSource from(std::string_view bytes) {
  return [bytes](std::span<char> room) mutable -> base::Result<std::size_t> {
    const std::size_t count = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), count, room.data());
    bytes.remove_prefix(count);
    return count;
  };
}

bool loads(std::string_view bytes) {
  Texts cache({.capacity = 1000, .stripes = 2});
  const auto counts = kit::load_cache(cache, from(bytes), kNow, kWall, Codec{});
  CHECK(cache.stats().weight <= 1000);
  CHECK(!counts.ok() || cache.stats().inserts == counts->entries);
  return counts.ok();
}

void append(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// A block that says that it has so many records, with a checksum that agrees.
void append_block(std::string& out, std::uint64_t key, std::uint64_t number, std::uint32_t count,
                  std::string_view records) {
  append(out, records.size(), 4);
  append(out, count, 4);
  append(out, kit::siphash({key, number << 32 | count}, records), 8);
  out += records;
}

void load_forged(std::string_view input) {
  Texts empty({.capacity = 1});
  std::string bytes;
  const auto sink = [&bytes](std::string_view piece) {
    bytes += piece;
    return base::ok_status();
  };
  CHECK(kit::save_cache(empty, sink, kNow, kWall, Codec{}).ok());
  std::uint64_t key = 0;
  std::memcpy(&key, bytes.data() + 24, 8);
  bytes.resize(32);
  const std::uint32_t count = static_cast<unsigned char>(input[0]) % 8;
  append_block(bytes, key, 0, count, input.substr(1));
  append_block(bytes, key, 1, 0, "");
  loads(bytes);
}

void round_trip(std::string_view input) {
  Texts cache({.capacity = 1000, .stripes = 1});
  for (std::size_t i = 0; i + 4 <= input.size() && i < 400; i += 4) {
    const std::size_t length = static_cast<unsigned char>(input[i]) % 32;
    cache.put(input.substr(i, length), std::string(input.substr(i + 1, length)), kNow,
              std::chrono::nanoseconds(static_cast<unsigned char>(input[i + 2]) * 1'000'000),
              static_cast<unsigned char>(input[i + 3]));
  }
  std::string bytes;
  const auto sink = [&bytes](std::string_view piece) {
    bytes += piece;
    return base::ok_status();
  };
  CHECK(kit::save_cache(cache, sink, kNow, kWall, Codec{}).ok());
  Texts copy({.capacity = 1000, .stripes = 1});
  const auto counts = kit::load_cache(copy, from(bytes), kNow, kWall, Codec{});
  CHECK(counts.ok() && counts->left_out == 0);
  cache.for_each(kNow, [&](const std::string& key, const std::string& value, base::Mono deadline,
                           std::uint32_t) {
    CHECK(copy.peek(key, kNow, [&](const std::string& v, base::Mono d) {
      CHECK(v == value && d == deadline);
    }));
  });
  const std::size_t at = static_cast<unsigned char>(input[0]) * bytes.size() / 256;
  bytes[at] = static_cast<char>(bytes[at] ^ (1 + static_cast<unsigned char>(input[1]) % 255));
  CHECK(!loads(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      loads(input);
      break;
    case 1:
      load_forged(input);
      break;
    default:
      round_trip(input);
  }
  return 0;
}
