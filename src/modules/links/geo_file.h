// GeoFile: in which country and region an address is, as a file in MaxMind's format (.mmdb, of
// MaxMind or of anybody who writes it) says. Without a file nothing is known of any address.
//
//   ""  ──────────────> nothing is known
//   path ── readable ──> the file's content, copied whole: what happens to the file afterwards, a
//      │                 truncation too, touches no look-up
//      └─── not ──────> what was read last stays (at the start: nothing is known); `problem` says
//      why
//
// Promises
//  1. lookup() touches memory only, and takes no lock that others hold for long: an I/O thread may
//     call it.
//  2. refresh() reads the file again when it is another one, or has another size or time, than when
//     it was read last. Who looks up meanwhile gets the old answers.
//  3. A file that lies about itself may give wrong countries, but reads nothing outside of it
//     (libmaxminddb checks its offsets).
//
// Looked at are `country.iso_code` and `subdivisions[0].iso_code`, as GeoLite2-City, GeoIP2-City
// and -Country and DB-IP's files have them.
//
// Bound: a file of kMaxBytes. Any thread; refresh() on one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::http {
struct IpAddress;
}

namespace ashlar::links {

struct Geo {
  std::string country;  // ISO 3166-1 alpha-2, upper case: "DE"; never empty
  std::string region;   // ISO 3166-2 without its country: "BY" of DE-BY; "" where it is not known
  friend bool operator==(const Geo&, const Geo&) = default;
};

class GeoFile {
 public:
  static constexpr std::int64_t kMaxBytes = std::int64_t{1} << 30;

  explicit GeoFile(std::string path);  // "": none. refresh() reads it.
  ~GeoFile();
  GeoFile(const GeoFile&) = delete;
  GeoFile& operator=(const GeoFile&) = delete;

  // nullopt: no such address, or it is in no country that the file knows.
  [[nodiscard]] std::optional<Geo> lookup(std::string_view address) const;
  [[nodiscard]] std::optional<Geo> lookup(const http::IpAddress& address) const;

  // True: it was read anew. kInvalid geo_file_unreadable, geo_file_malformed, geo_file_too_large;
  // the same one is told once, until the file changes.
  base::Result<bool> refresh();

  [[nodiscard]] bool is_configured() const { return !path_.empty(); }
  // Of its data; 0: none was read. For the metric of its age.
  [[nodiscard]] std::int64_t built_at_s() const;

 private:
  class Content;
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t bytes = -1;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  [[nodiscard]] std::shared_ptr<const Content> content() const;

  const std::string path_;
  Stamp seen_;            // refresh()'s
  bool missing_ = false;  // refresh()'s
  mutable std::mutex mutex_;
  std::shared_ptr<const Content> content_;  // guarded by mutex_; null: none was read
};

}  // namespace ashlar::links
