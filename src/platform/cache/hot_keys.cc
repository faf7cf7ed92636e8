#include "platform/cache/hot_keys.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/varint.h"
#include "kit/siphash.h"

namespace ashlar::cache {
namespace {

constexpr std::string_view kMagic = "ashlar hot keys 1\n";
constexpr std::size_t kSumBytes = 8;
// Against damage, not against people: who can write into the folder can do worse.
constexpr kit::SipKey kSumKey{0x6861736c, 0x6b657973};
constexpr std::uintmax_t kMaxFileBytes = kMaxHotKeys * (kMaxHotKeyBytes + 2) + 64;

std::string sum_of(std::string_view bytes) {
  const std::uint64_t sum = kit::siphash(kSumKey, bytes);
  std::string out;
  for (std::size_t i = 0; i < kSumBytes; ++i) out += static_cast<char>(sum >> (8 * i));
  return out;
}

}  // namespace

std::string encode_hot_keys(const std::vector<std::string>& keys) {
  std::string out(kMagic);
  std::size_t written = 0;
  for (const std::string& key : keys) {
    if (key.size() > kMaxHotKeyBytes) continue;
    if (++written > kMaxHotKeys) break;
    base::append_varint(out, key.size());
    out += key;
  }
  return out + sum_of(out);
}

std::vector<std::string> decode_hot_keys(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kSumBytes) return {};
  const std::string_view body = bytes.substr(0, bytes.size() - kSumBytes);
  if (bytes.substr(body.size()) != sum_of(body)) return {};
  std::vector<std::string> keys;
  std::string_view rest = body.substr(kMagic.size());
  while (!rest.empty()) {
    std::uint64_t size = 0;
    if (!base::read_varint(rest, size) || size > rest.size() || size > kMaxHotKeyBytes ||
        keys.size() == kMaxHotKeys) {
      return {};
    }
    keys.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return keys;
}

base::Status save_hot_keys(const std::string& path, const std::vector<std::string>& keys) {
  const std::string draft = path + ".new";
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  const std::string bytes = encode_hot_keys(keys);
  std::error_code error;
  using std::filesystem::perms;  // of its owner alone, as all that is beside it
  std::filesystem::permissions(draft, perms::owner_read | perms::owner_write, error);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file.good() && !error) std::filesystem::rename(draft, path, error);
  if (file.good() && !error) return base::ok_status();
  return base::fail(base::Code::kUnavailable, "cache_file", "cannot write " + path);
}

std::vector<std::string> take_hot_keys(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return {};
  std::string bytes;
  if (size <= kMaxFileBytes) {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::filesystem::remove(path, error);
  return decode_hot_keys(bytes);
}

}  // namespace ashlar::cache
