// Broadcast: bytes on their way to many, with one ready frame for each wire, so that a thousand
// receivers cost one encoding. BroadcastRun: several of them, in order, that go out together: for
// each wire one buffer with a frame for each.
//
// bytes() from any thread; frame() and frames() on the loop of their document alone, what they
// return may go anywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

enum class BroadcastKind : std::uint8_t { kUpdate, kAwareness };

class BroadcastRun {
 public:
  using Frame = Broadcast::Frame;
  struct Part {
    BroadcastKind kind = BroadcastKind::kUpdate;
    std::shared_ptr<const Broadcast> what;
  };

  // REQUIRES: there is one at least.
  explicit BroadcastRun(std::vector<Part> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

  // The frames of all parts, one behind the other. `make`: Part -> Frame.
  template <class Make>
  const Frame& frames(Wire wire, Make&& make) const {
    Frame& slot = frames_[static_cast<std::size_t>(wire)];
    if (slot) return slot;
    if (parts_.size() == 1) return slot = make(parts_[0]);
    std::string all;
    for (const Part& part : parts_) all += *make(part);
    slot = std::make_shared<const std::string>(std::move(all));
    return slot;
  }

 private:
  const std::vector<Part> parts_;
  mutable std::array<Frame, 2> frames_;
};

}  // namespace ashlar::documents
