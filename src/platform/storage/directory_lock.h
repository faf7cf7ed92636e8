// DirectoryLock: only one `serve` runs on a data directory.
//
// An advisory lock on the file ashlar.lock, held by the process and given back by the kernel when
// it dies, however it dies. Command-line tools do not take it: they may work beside the server.
#pragma once

#include <string>

#include "base/result.h"

namespace ashlar::storage {

class DirectoryLock {
 public:
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock();

 private:
  friend base::Result<DirectoryLock> lock_directory(const std::string& directory);
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

// Makes the directory (0700) when it is missing. Errors: kConflict storage_directory_in_use,
// kUnavailable storage_unavailable; the detail is a line for the person at the terminal.
base::Result<DirectoryLock> lock_directory(const std::string& directory);

// Makes the directory and its parents; the last one 0700. Used by every way to open a data
// directory.
base::Status make_data_directory(const std::string& directory);

}  // namespace ashlar::storage
