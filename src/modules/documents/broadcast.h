// Broadcast: bytes on their way to many, with one ready frame for each wire, so that a thousand
// receivers cost one encoding.
//
// bytes() from any thread; frame() on the loop of its document alone, what it returns may go
// anywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ashlar::documents {

enum class Wire : std::uint8_t { kYWebSocket, kHocuspocus };

class Broadcast {
 public:
  using Frame = std::shared_ptr<const std::string>;

  explicit Broadcast(std::string bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

  // What `make` (string_view -> Frame) gave the first of this wire who asked.
  template <class Make>
  const Frame& frame(Wire wire, Make&& make) const {
    Frame& slot = frames_[static_cast<std::size_t>(wire)];
    if (!slot) slot = make(std::string_view(bytes_));
    return slot;
  }

 private:
  const std::string bytes_;
  mutable std::array<Frame, 2> frames_;
};

}  // namespace ashlar::documents
