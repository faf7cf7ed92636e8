// FakeStream: a Stream without a socket, for tests and fuzzers of sessions. It notes what a session
// asks for; the caller plays the connection.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "platform/net/stream.h"

namespace ashlar::net {

class FakeStream final : public Stream {
 public:
  explicit FakeStream(const base::Clock& clock) : loop_(clock, base::Millis{10}) {}

  // Gives `input` to the session, and what it left before; then takes its output.
  void give(StreamSession& session, std::string_view input) {
    kept_ += input;
    kept_.erase(0, session.on_input(kept_, output_));
    session.fill_output(output_);
  }
  // Wakes it, if it has asked for a time up to now.
  void wake(StreamSession& session, base::Mono now) {
    if (wake_at_ > now) return;
    wake_at_ = base::Mono::max();
    session.on_wake(output_);
    session.fill_output(output_);
  }
  std::string take_output() { return std::exchange(output_, {}); }
  [[nodiscard]] const std::string& kept() const { return kept_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool aborted() const { return aborted_; }
  [[nodiscard]] bool flush_wanted() const { return flush_wanted_; }

  runtime::EventLoop& loop() override { return loop_; }
  [[nodiscard]] std::size_t loop_index() const override { return 0; }
  [[nodiscard]] const std::string& peer_address() const override { return peer_; }
  std::string& output() override { return output_; }
  void flush() override { flush_wanted_ = true; }
  void finish() override { finished_ = true; }
  void abort() override { aborted_ = true; }
  void wake_at(base::Mono at) override { wake_at_ = at; }

 private:
  runtime::EventLoop loop_;  // never run
  const std::string peer_ = "127.0.0.1";
  std::string kept_;
  std::string output_;
  base::Mono wake_at_ = base::Mono::max();
  bool finished_ = false;
  bool aborted_ = false;
  bool flush_wanted_ = false;
};

}  // namespace ashlar::net
