#include "modules/links/geo_file.h"

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "platform/http/ip_address.h"

namespace ashlar::links {
namespace {

constexpr std::size_t kMaxRegionBytes = 3;  // ISO 3166-2

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

base::Error unreadable(const std::string& path) {
  return base::fail(base::Code::kInvalid, "geo_file_unreadable",
                    path + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

bool is_upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string text_at(MMDB_entry_s& entry, const char* const* path, std::size_t max_bytes) {
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
      data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size > max_bytes) {
    return {};
  }
  std::string text(data.utf8_string, data.data_size);
  return std::ranges::all_of(text, is_upper_or_digit) ? text : std::string();
}

}  // namespace

// The library maps the file that it opens: this one is in memory and nobody else's.
class GeoFile::Content {
 public:
  static base::Result<std::shared_ptr<const Content>> copy_of(int file, std::int64_t bytes,
                                                              const std::string& path) {
    const Descriptor memory(::memfd_create("geo", MFD_CLOEXEC));
    if (memory.get() < 0) return unreadable(path);
    for (std::int64_t left = bytes; left > 0;) {
      const ssize_t moved = ::sendfile(memory.get(), file, nullptr, static_cast<std::size_t>(left));
      if (moved < 0 && errno == EINTR) continue;
      if (moved < 0) return unreadable(path);
      if (moved == 0) {  // it was cut meanwhile
        return base::fail(base::Code::kInvalid, "geo_file_malformed", path + ": it is incomplete");
      }
      left -= moved;
    }
    auto content = std::make_shared<Content>();
    const std::string name = "/proc/self/fd/" + std::to_string(memory.get());
    const int status = MMDB_open(name.c_str(), MMDB_MODE_MMAP, &content->db_);
    if (status != MMDB_SUCCESS) {
      return base::fail(base::Code::kInvalid, "geo_file_malformed",
                        path + ": " + MMDB_strerror(status));
    }
    content->open_ = true;
    return std::shared_ptr<const Content>(std::move(content));
  }

  Content() = default;
  ~Content() {
    if (open_) MMDB_close(&db_);
  }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  [[nodiscard]] std::optional<Geo> find(const http::IpAddress& address) const {
    sockaddr_storage storage{};
    // An IPv4 address is asked for as one: not every file has aliases for the mapped ones.
    if (address.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(storage);  // NOLINT(*-reinterpret-cast)
      v4.sin_family = AF_INET;
      std::memcpy(&v4.sin_addr, address.bytes.data() + 12, sizeof(v4.sin_addr));
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);  // NOLINT(*-reinterpret-cast)
      v6.sin6_family = AF_INET6;
      std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof(v6.sin6_addr));
    }
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(
        &db_, reinterpret_cast<const sockaddr*>(&storage), &error);  // NOLINT(*-reinterpret-cast)
    if (error != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
    static constexpr const char* kCountry[] = {"country", "iso_code", nullptr};
    static constexpr const char* kRegion[] = {"subdivisions", "0", "iso_code", nullptr};
    Geo geo{.country = text_at(found.entry, kCountry, 2), .region = {}};
    if (geo.country.size() != 2) return std::nullopt;
    geo.region = text_at(found.entry, kRegion, kMaxRegionBytes);
    return geo;
  }

  [[nodiscard]] std::int64_t built_at_s() const {
    return static_cast<std::int64_t>(db_.metadata.build_epoch);
  }

 private:
  MMDB_s db_{};
  bool open_ = false;
};

GeoFile::GeoFile(std::string path) : path_(std::move(path)) {}

GeoFile::~GeoFile() = default;

std::shared_ptr<const GeoFile::Content> GeoFile::content() const {
  const std::lock_guard lock(mutex_);
  return content_;
}

std::optional<Geo> GeoFile::lookup(std::string_view address) const {
  if (!is_configured()) return std::nullopt;
  const std::optional<http::IpAddress> parsed = http::parse_ip(address);
  return parsed ? lookup(*parsed) : std::nullopt;
}

std::optional<Geo> GeoFile::lookup(const http::IpAddress& address) const {
  if (!is_configured()) return std::nullopt;
  const std::shared_ptr<const Content> content = this->content();
  return content == nullptr ? std::nullopt : content->find(address);
}

std::int64_t GeoFile::built_at_s() const {
  const std::shared_ptr<const Content> content = this->content();
  return content == nullptr ? 0 : content->built_at_s();
}

base::Result<bool> GeoFile::refresh() {
  if (!is_configured()) return false;
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    if (std::exchange(missing_, true)) return false;
    seen_ = Stamp();
    return unreadable(path_);
  }
  missing_ = false;
  const Stamp stamp{.device = status.st_dev,
                    .inode = status.st_ino,
                    .bytes = status.st_size,
                    .changed_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
  if (stamp == seen_) return false;
  seen_ = stamp;
  if (!S_ISREG(status.st_mode)) {
    return base::fail(base::Code::kInvalid, "geo_file_unreadable", path_ + " is no file");
  }
  if (stamp.bytes > kMaxBytes) {
    return base::fail(base::Code::kInvalid, "geo_file_too_large", path_ + " exceeds 1 GiB");
  }
  ASHLAR_ASSIGN(std::shared_ptr<const Content> read,
                Content::copy_of(file.get(), stamp.bytes, path_));
  const std::lock_guard lock(mutex_);
  content_.swap(read);  // the old one goes when the lock has been given back, or later
  return true;
}

}  // namespace ashlar::links
