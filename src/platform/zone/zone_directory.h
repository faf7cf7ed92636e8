// ZoneDirectory: time zones by IANA's names ("Europe/Berlin"), from a folder of TZif files, which
// on Debian is the package tzdata's.
//
// A zone is read once and shared; a file that has changed since (an upgrade of tzdata) is read
// again at the next find(). What was handed out stays as it was. "UTC" needs no file.
//
// Errors: kInvalid zone_unknown (no such name, or no name at all); kInternal zone_data_missing (no
// folder: the detail says which package), zone_file_invalid. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::zone {

class TimeZone;

class ZoneDirectory {
 public:
  static constexpr std::size_t kMaxNameBytes = 64;

  explicit ZoneDirectory(std::string folder = "/usr/share/zoneinfo");
  ~ZoneDirectory();
  ZoneDirectory(const ZoneDirectory&) = delete;
  ZoneDirectory& operator=(const ZoneDirectory&) = delete;

  base::Result<std::shared_ptr<const TimeZone>> find(std::string_view name);

 private:
  struct Read {
    std::int64_t stamp = 0;  // of the file: its time and size
    std::shared_ptr<const TimeZone> zone;
  };
  std::string folder_;
  std::shared_ptr<const TimeZone> utc_;
  std::mutex mutex_;
  std::map<std::string, Read, std::less<>> read_;  // as many as there are files, at most
};

}  // namespace ashlar::zone
