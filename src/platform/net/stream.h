// Stream and StreamSession: a TCP connection, and the protocol that is spoken on it.
//
// The connection (Stream; stream_connection.h, or a test's own) reads and writes, keeps times and
// bounds. The session (StreamSession; RESP, gRPC) makes answers of bytes. The session belongs to
// its stream and is destroyed before it. All of both is for the loop's thread only.
//
//   on_input ──> on_input … ──> on_end | on_drain ──> [busy() is false, the output is sent] ──> ~
//                             any ──> ~StreamSession: the peer is gone, abort(), a timeout
//
// Output. Whatever a session has to say it appends to the string that on_input(), fill_output() and
// on_wake() are given, or outside of them to Stream::output(), followed by Stream::flush(). All
// that one wake-up of the loop produces leaves in one write.
//
// Answers that come later (from another loop's or thread's work) find the session's stream by a
// handle of the session's own making: a shared object with a pointer that ~StreamSession sets to
// null. Other threads post to loop() first.
//
// Invariants
//  1. Neither is called from two threads, nor on_input() from within on_input().
//  2. Bytes that on_input() does not take are given again, at the same place of the sequence, with
//     what came after them: when more has come, and after flush(). They are never more than
//     StreamOptions::max_input_bytes: a session that wants more than that of one message refuses.
//  3. While more than StreamOptions::max_pending_output_bytes wait to be sent, nothing is read.
//  4. finish(), abort() and flush() never destroy the session within the call.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::net {

class Stream {
 public:
  [[nodiscard]] virtual runtime::EventLoop& loop() = 0;
  [[nodiscard]] virtual std::size_t loop_index() const = 0;
  [[nodiscard]] virtual const std::string& peer_address() const = 0;  // "127.0.0.1", no port

  // Outside of on_input(), fill_output(), on_wake(): append here, then flush(). Valid until the
  // next call of anything.
  [[nodiscard]] virtual std::string& output() = 0;
  // Soon, once for any number of calls: fill_output(), a write, on_input() where bytes wait. Within
  // on_input() there is no need for it.
  virtual void flush() = 0;
  // Nothing more is read or given; closes when the output is sent. For protocol errors and QUIT.
  virtual void finish() = 0;
  // Closes as soon as the loop is back: what is not sent is lost.
  virtual void abort() = 0;
  // Calls on_wake() once, at or up to LoopGroup::kTick after `at`. The last call counts.
  virtual void wake_at(base::Mono at) = 0;

 protected:
  ~Stream() = default;
};

class StreamSession {
 public:
  virtual ~StreamSession() = default;

  // Takes bytes off the front of `input`, returns how many (invariant 2).
  virtual std::size_t on_input(std::string_view input, std::string& output) = 0;
  // Appends what is ready to be sent and has not been appended yet. Called after on_input(),
  // on_wake(), on_drain(), flush(), and when all output is sent; not while more than
  // max_pending_output_bytes wait. For protocols with a flow control of their own.
  virtual void fill_output(std::string& output) { static_cast<void>(output); }
  virtual void on_wake(std::string& output) { static_cast<void>(output); }

  // Answers are owed. A session that is not busy is closed after idle_timeout without input, on
  // draining, and at the end of the peer's stream.
  [[nodiscard]] virtual bool busy() const = 0;
  // The server stops, or the session was idle for too long: say good-bye, begin nothing new.
  virtual void on_drain() {}
  // The peer has closed its side; it may still be reading. Cancel what is not wanted any more.
  virtual void on_end() {}
};

}  // namespace ashlar::net
