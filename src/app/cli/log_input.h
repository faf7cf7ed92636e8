// LogInput: files one after the other, or standard input, read in large blocks.
//
// State:  next --open()--> reading --read() 0--> next … --> done
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::app {

class LogInput {
 public:
  static constexpr std::size_t kBlockBytes = 256 * 1024;

  // `files`: paths, "-" for standard input; none: standard input.
  explicit LogInput(std::vector<std::string> files);
  ~LogInput();
  LogInput(const LogInput&) = delete;
  LogInput& operator=(const LogInput&) = delete;

  // Opens what is to be read next. nullopt: there is nothing more. The descriptor to wait on.
  base::Result<std::optional<int>> descriptor();

  struct Block {
    std::string_view
        bytes;  // until the next read(); empty: the file has ended, or nothing is there yet
    bool file_ended = false;
  };
  // Waits, unless the descriptor does not block. REQUIRES: descriptor() gave one.
  base::Result<Block> read();

 private:
  base::Error error_of(const char* what, int code) const;
  void close();

  std::vector<std::string> files_;
  std::size_t next_ = 0;
  int fd_ = -1;
  std::vector<char> block_;
};

}  // namespace ashlar::app
