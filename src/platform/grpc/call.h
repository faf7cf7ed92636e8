// Call: one call that a client has made, in the hands of the method that answers it.
//
// UnaryCall is one message in, one out. MessageStream is any number of each (server-streaming and
// client-streaming methods are its special cases). Both are handles, like a shared_ptr: cheap to
// copy and move, and safe to keep when the client, its connection or its server has gone: then
// finish() and send() do nothing. They may be dropped anywhere on the loop.
//
//   unary:   handler(call) ──finish()──> answered              within the handler, or later
//                          ──deadline──> DEADLINE_EXCEEDED     finish() then does nothing
//                          ──client gone, RST_STREAM──> gone   the same
//                          ──last handle dropped──> INTERNAL   so every call is answered once
//
// Threads: all of a call is for its loop's thread: other threads post to loop(), moving the handle
// back with the post. (A handle that another thread destroys is a race: move it.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "platform/grpc/status.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::grpc {

class CallState;

// What both kinds have in common. Not to be used by itself.
class CallHandle {
 public:
  CallHandle() = default;
  explicit CallHandle(CallState* state) noexcept;  // takes part in its counting; null: no call
  CallHandle(const CallHandle& other) noexcept : CallHandle(other.state_) {}
  CallHandle(CallHandle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  CallHandle& operator=(CallHandle other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~CallHandle();

  explicit operator bool() const { return state_ != nullptr; }

  // REQUIRES for all that follow: a call.
  // Whether somebody waits for the answer still.
  [[nodiscard]] bool open() const;
  // When the client gives up (grpc-timeout), or Mono::max(). The server answers for you then.
  [[nodiscard]] base::Mono deadline() const;
  // A header of the call, of those that ServerOptions::metadata names; else empty. Lower-case
  // names.
  [[nodiscard]] std::string_view metadata(std::string_view name) const;
  [[nodiscard]] const std::string& peer_address() const;
  [[nodiscard]] std::size_t loop_index() const;
  [[nodiscard]] runtime::EventLoop& loop() const;

 protected:
  CallState* state_ = nullptr;
};

class UnaryCall : public CallHandle {
 public:
  using CallHandle::CallHandle;

  // The request's bytes: until finish(), or until the call is not open any more.
  [[nodiscard]] std::string_view request() const;
  // The answer's message: append to it, then finish(). What stands there counts only with kOk.
  [[nodiscard]] std::string& reply() const;
  void finish(const Status& status = {}) const;
};

class MessageStream : public CallHandle {
 public:
  using CallHandle::CallHandle;

  // Sends one message. False: the stream is not open, or more than
  // ServerOptions::max_pending_bytes wait for a slow client: nothing was sent; it is up to the
  // caller to drop, to try again later, or to finish(kResourceExhausted).
  [[nodiscard]] bool send(std::string_view message) const;
  void finish(const Status& status = {}) const;
};

// One streaming call's own object, made when the call begins, destroyed after it has ended. Calls
// on it come on the loop's thread, in this order:
//   on_message* ──> on_half_close? ──> on_cancelled?
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void on_message(std::string_view message) = 0;  // valid within the call
  virtual void on_half_close() = 0;                       // the client sends no more
  // The client has cancelled, gone, or run into the deadline: nothing can be sent any more. Not
  // called after the handler's own finish().
  virtual void on_cancelled() = 0;
  // Once a second while the call is open, for what is looked after in turn.
  virtual void on_second() {}
};

}  // namespace ashlar::grpc
