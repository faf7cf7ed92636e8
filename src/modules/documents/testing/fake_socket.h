// FakeSocket: a WebSocket without a network, for tests of the wires: keeps what it is given.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/http/web_socket.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {

class FakeSocket final : public http::WebSocket {
 public:
  explicit FakeSocket(runtime::EventLoop& loop) : loop_(loop) {}

  void send(http::MessageKind kind, std::string_view data) override {
    send_frame(http::frame_of(kind, data));
  }
  void send_frame(const std::shared_ptr<const std::string>& frame) override {
    if (code != 0) return;
    // Unmasked: the payload stands behind two, four or ten bytes.
    const auto length = static_cast<unsigned char>((*frame)[1]);
    messages.push_back(frame->substr(length < 126 ? 2 : length == 126 ? 4 : 10));
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
