#include "platform/storage/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace ashlar::storage {
namespace {

base::Error unavailable(const std::string& path, int error) {
  return base::fail(base::Code::kUnavailable, "storage_unavailable",
                    path + ": " + std::strerror(error));
}

}  // namespace

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

base::Status make_data_directory(const std::string& directory) {
  const std::filesystem::path path(directory);
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) == 0) return base::ok_status();
  const int reason = errno;
  if (reason == EEXIST && std::filesystem::is_directory(path, error)) return base::ok_status();
  return unavailable(directory, reason == EEXIST ? ENOTDIR : reason);
}

base::Result<DirectoryLock> lock_directory(const std::string& directory) {
  ASHLAR_TRY(make_data_directory(directory));
  const std::string path = directory + "/ashlar.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return unavailable(path, errno);
  DirectoryLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return unavailable(path, errno);
  return base::fail(base::Code::kConflict, "storage_directory_in_use",
                    "another ashlar serves " + directory + " already");
}

}  // namespace ashlar::storage
