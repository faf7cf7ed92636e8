// DurableFile: a file that is replaced as a whole or not at all: written beside its place, flushed
// to the disk, then renamed. Whatever happens, power cuts included, what is at `path` is the old
// content or the new. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::limits {

class DurableFile {
 public:
  // Begins PATH.new, anew where one was left behind; readable by its owner only. Errors here and
  // below: kUnavailable, reason snapshot_write; the detail names the path and the system's reason.
  static base::Result<DurableFile> create(std::string path);
  // Without commit(): the new content goes, the old stays.
  ~DurableFile();
  DurableFile(DurableFile&& other) noexcept;
  DurableFile& operator=(DurableFile&&) = delete;

  base::Status write(std::string_view bytes);
  // Returns when the new content will be there after a power cut. The last call.
  base::Status commit();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  DurableFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  [[nodiscard]] std::string temporary() const { return path_ + ".new"; }

  std::string path_;
  int fd_;  // -1: committed, or moved from
  std::uint64_t bytes_ = 0;
};

}  // namespace ashlar::limits
