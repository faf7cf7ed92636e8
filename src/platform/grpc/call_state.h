// CallState: a call as its session keeps it; handles (call.h) share it. For the loop's thread.
//
//   kReceiving ──the request is whole, or a stream begins──> kCalled
//   kReceiving, kCalled ──Session::answer──> kAnswered
//   any ──Session::forget: the stream has closed, the connection ends──> kGone
//
// Invariants
//  1. session is null exactly in kGone. Then the last handle deletes it; before, it is the
//  session's,
//     which takes it back into its loop's pool where no handle is left.
//  2. A finish() counts in kCalled only. In kReceiving there are no handles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/grpc/methods.h"
#include "platform/grpc/status.h"

namespace ashlar::grpc {

class Session;

class CallState {
 public:
  enum class Phase : std::uint8_t { kReceiving, kCalled, kAnswered, kGone };

  void add_handle() { ++handles_; }
  void drop_handle();
  [[nodiscard]] std::uint32_t handles() const { return handles_; }

  // For the next call; keeps small buffers.
  void clear();

  Session* session = nullptr;
  runtime::EventLoop* loop = nullptr;
  std::size_t loop_index = 0;
  const Method* method = nullptr;  // null: unknown
  std::size_t index = 0;           // in the session's list
  std::int32_t stream_id = 0;
  Phase phase = Phase::kReceiving;

  // Of the head.
  bool post = false;
  bool grpc_content = false;
  bool bad_timeout = false;
  bool bad_encoding = false;
  bool input_ended = false;  // the client has sent its END_STREAM
  std::size_t head_bytes = 0;
  std::vector<std::pair<std::string, std::string>> metadata;

  base::Mono deadline = base::Mono::max();
  base::Mono expire = base::Mono::max();  // of the phase

  std::string input;  // framed messages, not yet delivered; of unary calls: all of it

  std::string output;            // of unary calls: the message; of streams: framed messages
  std::array<char, 5> prefix{};  // of unary calls, sent before output
  std::size_t prefix_sent = 0;
  std::size_t sent = 0;   // of output
  bool begun = false;     // the response's head is with nghttp2
  bool deferred = false;  // nghttp2 waits for resume_data
  Status status;          // kAnswered

  std::unique_ptr<StreamHandler> handler;

 private:
  std::uint32_t handles_ = 0;
};

}  // namespace ashlar::grpc
