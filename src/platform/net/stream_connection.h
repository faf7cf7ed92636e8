// StreamConnection: one TCP connection of a StreamServer, and the Stream that its session sees.
// Everything is for the loop's thread.
//
//   kOpen      ──finish(): the output is sent────────────────────────> kLingering
//   kOpen      ──leave_if_done: input has ended or draining, the session
//                is not busy, the output is sent─────────────────────> kClosed
//   kOpen      ──read or write error, abort(), write_timeout─────────> kClosed
//   kLingering ──discard: end of stream, enough read, two seconds────> kClosed   (RFC 9112, 9.6)
//
// One turn: read ──> session.on_input() … ──> session.fill_output() ──> one write.
//
// Invariants
//  1. Registration is edge-triggered (event_loop.h): input_ready_ is set from an edge until a read
//     found the socket empty; blocked_ from a full socket until the next writable edge.
//  2. Session's functions are called between begin_turn() and end of the turn only (in_turn_), and
//     close() never is within them: finish(), abort() and flush() only leave notes then.
//  3. output_ is empty, or blocked_ is set, or a flush is on its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "platform/net/stream.h"
#include "platform/net/stream_loop.h"

namespace ashlar::net {

class StreamConnection final : public runtime::Watcher,
                               public Stream,
                               public std::enable_shared_from_this<StreamConnection> {
 public:
  StreamConnection(StreamLoop& owner, int fd, std::string peer_address);
  ~StreamConnection() override;
  StreamConnection(const StreamConnection&) = delete;
  StreamConnection& operator=(const StreamConnection&) = delete;

  // For StreamLoop.
  void start();
  void on_ready(Ready ready) override;
  void on_flush();
  void on_due(base::Mono now);
  void on_sweep(base::Mono now);
  void drain();
  void close();

  // Stream
  runtime::EventLoop& loop() override { return owner_.loop; }
  [[nodiscard]] std::size_t loop_index() const override { return owner_.index; }
  [[nodiscard]] const std::string& peer_address() const override { return peer_address_; }
  std::string& output() override { return in_turn_ ? out() : output_; }
  void flush() override;
  void finish() override;
  void abort() override;
  void wake_at(base::Mono at) override;

  std::size_t index_in_loop = 0;  // StreamLoop's own note

 private:
  enum class State : std::uint8_t { kOpen, kLingering, kClosed };
  enum class Read : std::uint8_t { kBytes, kEmpty, kEnd, kError };

  void turn();
  [[nodiscard]] bool may_read();
  Read read_once();
  void give(std::string_view bytes);
  void give_kept();
  std::size_t take(std::string_view bytes);
  void refuse_overlong();
  void queue();
  void send();
  bool write_out();
  void leave_if_done();
  void linger();
  void discard();
  std::string& out() { return output_.empty() ? owner_.output : output_; }

  StreamLoop& owner_;
  const int fd_;
  const std::string peer_address_;
  std::unique_ptr<StreamSession> session_;  // null: kClosed

  State state_ = State::kOpen;
  bool input_ready_ = false;
  bool hangup_ = false;  // the end of the stream is near: its edge has come
  bool blocked_ = false;
  bool ended_ = false;  // the peer's side of the stream has been read to its end
  bool draining_ = false;
  bool finishing_ = false;
  bool aborted_ = false;
  bool in_turn_ = false;
  bool flush_queued_ = false;
  bool kept_again_ = false;  // the session may take now what it left in input_
  bool progress_ = false;    // bytes were written since the last sweep

  base::Mono wake_at_ = base::Mono::max();
  base::Mono last_input_{};
  base::Mono blocked_since_{};
  std::size_t linger_left_ = 0;
  std::string input_;   // read, and not taken by the session
  std::string output_;  // what the socket did not take, or what came outside of a turn
};

}  // namespace ashlar::net
