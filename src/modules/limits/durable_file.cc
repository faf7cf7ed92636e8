#include "modules/limits/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace ashlar::limits {
namespace {

base::Error failed(const char* what, const std::string& path) {
  return base::fail(base::Code::kUnavailable, "snapshot_write",
                    std::string(what) + " " + path + ": " + std::generic_category().message(errno));
}

// A rename is on the disk when its folder is.
base::Status flush_folder(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("cannot open", folder.string());
  const int flushed = ::fsync(fd);
  base::Status status = flushed == 0 ? base::ok_status() : failed("cannot flush", folder.string());
  ::close(fd);
  return status;
}

}  // namespace

base::Result<DurableFile> DurableFile::create(std::string path) {
  const std::string temporary = path + ".new";
  const int fd =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot create", temporary);
  return DurableFile(std::move(path), fd);
}

DurableFile::DurableFile(DurableFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), bytes_(other.bytes_) {}

DurableFile::~DurableFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary().c_str());
}

base::Status DurableFile::write(std::string_view bytes) {
  CHECK(fd_ >= 0);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("cannot write", temporary());
    bytes.remove_prefix(static_cast<std::size_t>(written));
    bytes_ += static_cast<std::uint64_t>(written);
  }
  return base::ok_status();
}

base::Status DurableFile::commit() {
  CHECK(fd_ >= 0);
  if (::fdatasync(fd_) != 0) return failed("cannot flush", temporary());
  if (std::rename(temporary().c_str(), path_.c_str()) != 0) {
    return failed("cannot rename", temporary());
  }
  ::close(std::exchange(fd_, -1));
  return flush_folder(path_);
}

}  // namespace ashlar::limits
