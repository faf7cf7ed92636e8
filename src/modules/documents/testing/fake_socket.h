// FakeSocket: a WebSocket without a network, for tests of the wires: keeps what it is given.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "modules/documents/broadcast.h"
#include "platform/http/web_socket.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {

inline std::shared_ptr<const BroadcastRun> run_of(const std::vector<std::string>& updates,
                                                  const std::string& awareness) {
  std::vector<BroadcastRun::Part> parts;
  for (const std::string& update : updates) {
    parts.push_back({BroadcastKind::kUpdate, std::make_shared<const Broadcast>(update)});
  }
  parts.push_back({BroadcastKind::kAwareness, std::make_shared<const Broadcast>(awareness)});
  return std::make_shared<const BroadcastRun>(std::move(parts));
}

class FakeSocket final : public http::WebSocket {
 public:
  explicit FakeSocket(runtime::EventLoop& loop) : loop_(loop) {}

  void send(http::MessageKind kind, std::string_view data) override {
    send_frame(http::frame_of(kind, data));
  }
  void send_frames(const std::shared_ptr<const std::string>& frames, std::size_t count) override {
    if (code != 0) return;
    std::string_view rest = *frames;
    for (; count > 0; --count) {
      // Unmasked: the payload stands behind two, four or ten bytes.
      const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
      std::size_t length = byte(1);
      std::size_t head = 2;
      if (length >= 126) {
        head = length == 126 ? 4 : 10;
        length = 0;
        for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
      }
      messages.emplace_back(rest.substr(head, length));
      rest.remove_prefix(head + length);
    }
    CHECK(rest.empty());
  }
  void send_frames_now(const std::shared_ptr<const std::string>& frames,
                       std::size_t count) override {
    send_frames(frames, count);
  }
  void close(std::uint16_t with, std::string_view reason) override {
    if (code != 0) return;
    code = with;
    why.assign(reason);
  }
  void hold(bool hold_it) override { held = hold_it; }
  [[nodiscard]] bool is_open() const override { return code == 0; }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] runtime::EventLoop& loop() const override { return loop_; }

  std::vector<std::string> take() { return std::exchange(messages, {}); }

  std::vector<std::string> messages;
  int code = 0;  // that it was closed with
  std::string why;
  bool held = false;

 private:
  runtime::EventLoop& loop_;
};

}  // namespace ashlar::documents
