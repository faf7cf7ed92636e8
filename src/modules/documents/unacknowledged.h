// Unacknowledged: how many bytes a connection has pushed that are not durable yet, and whether it
// has to wait before more is read of it: from kMost on, until half of that is left.
#pragma once

#include <cstddef>

namespace ashlar::documents {

class Unacknowledged {
 public:
  static constexpr std::size_t kMost = 1 << 20;

  void add(std::size_t bytes) { bytes_ += bytes; }
  void remove(std::size_t bytes) { bytes_ -= bytes; }
  [[nodiscard]] bool wait(bool waiting) const { return bytes_ >= (waiting ? kMost / 2 : kMost); }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace ashlar::documents
