#include "platform/zone/zone_directory.h"

#include <sys/stat.h>

#include <fstream>
#include <utility>

#include "platform/zone/time_zone.h"

namespace ashlar::zone {
namespace {

// As IANA's names are, so that none leads out of the folder: parts of letters, digits, _ + -,
// joined by '/'. Upper case begins a part: what lies beside the zones (posix/, right/, tzdata.zi)
// is in lower case.
bool is_name(std::string_view name) {
  if (name.empty() || name.size() > ZoneDirectory::kMaxNameBytes) return false;
  char before = '/';
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    if (before == '/' && !upper) return false;
    if (!upper && !lower && !digit && c != '_' && c != '+' && c != '-' && c != '/') return false;
    before = c;
  }
  return before != '/';
}

base::Error unknown() {
  return base::fail(base::Code::kInvalid, "zone_unknown",
                    "there is no such time zone; names are IANA's, such as Europe/Berlin or UTC");
}

// Changes where the file does: the time in nanoseconds, and its size.
std::int64_t stamp_of(const struct stat& file) {
  return (file.st_mtim.tv_sec * 1'000'000'000 + file.st_mtim.tv_nsec) ^
         (static_cast<std::int64_t>(file.st_size) << 1);
}

}  // namespace

ZoneDirectory::ZoneDirectory(std::string folder)
    : folder_(std::move(folder)), utc_(std::make_shared<const TimeZone>(TimeZone::utc())) {}

ZoneDirectory::~ZoneDirectory() = default;

base::Result<std::shared_ptr<const TimeZone>> ZoneDirectory::find(std::string_view name) {
  if (name == "UTC") return utc_;
  if (!is_name(name)) return unknown();
  const std::string path = folder_ + "/" + std::string(name);
  struct stat file{};
  if (stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) {
    struct stat folder{};
    if (stat(folder_.c_str(), &folder) == 0) return unknown();
    return base::fail(base::Code::kInternal, "zone_data_missing",
                      "no time zones in " + folder_ + "; Debian's package is tzdata");
  }
  const std::int64_t stamp = stamp_of(file);
  {
    const std::lock_guard lock(mutex_);
    const auto known = read_.find(name);
    if (known != read_.end() && known->second.stamp == stamp) return known->second.zone;
  }
  std::ifstream in(path, std::ios::binary);
  std::string bytes(TimeZone::kMaxFileBytes + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  ASHLAR_ASSIGN(TimeZone read, TimeZone::from_tzif(std::string(name), bytes));
  auto zone = std::make_shared<const TimeZone>(std::move(read));
  const std::lock_guard lock(mutex_);
  read_[std::string(name)] = {stamp, zone};
  return zone;
}

}  // namespace ashlar::zone
