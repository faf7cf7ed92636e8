#include "platform/grpc/session_frames.h"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "platform/grpc/session.h"

namespace ashlar::grpc {
namespace {

Session& session_of(void* user_data) { return *static_cast<Session*>(user_data); }

// Null: the call has been forgotten, or never was.
CallState* call_of(nghttp2_session* http2, std::int32_t stream_id) {
  return static_cast<CallState*>(nghttp2_session_get_stream_user_data(http2, stream_id));
}

std::string_view view_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool is_request(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

int on_begin_headers(nghttp2_session* http2, const nghttp2_frame* frame, void* user_data) {
  if (!is_request(*frame)) return 0;
  CallState& call = session_of(user_data).begin_call(frame->hd.stream_id);
  return nghttp2_session_set_stream_user_data(http2, frame->hd.stream_id, &call);
}

int on_header(nghttp2_session* http2, const nghttp2_frame* frame, const std::uint8_t* name,
              std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
              std::uint8_t /*flags*/, void* user_data) {
  if (!is_request(*frame)) return 0;  // trailers: gRPC's clients have none
  CallState* call = call_of(http2, frame->hd.stream_id);
  if (call == nullptr) return 0;
  const bool fits =
      session_of(user_data).on_header(*call, view_of(name, name_size), view_of(value, value_size));
  return fits ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int on_frame_recv(nghttp2_session* http2, const nghttp2_frame* frame, void* user_data) {
  Session& session = session_of(user_data);
  const bool end_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  CallState* call = frame->hd.stream_id == 0 ? nullptr : call_of(http2, frame->hd.stream_id);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (call == nullptr) break;
      if (is_request(*frame)) session.on_headers_end(*call);
      if (end_stream) session.on_input_end(*call);
      break;
    case NGHTTP2_DATA:
      if (call != nullptr && end_stream) session.on_input_end(*call);
      break;
    case NGHTTP2_RST_STREAM:
      if (call != nullptr) session.on_reset(*call);
      break;
    case NGHTTP2_PING:
      session.on_ping((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0);
      break;
    case NGHTTP2_SETTINGS:
      session.on_settings();
      break;
    default:
      break;
  }
  return 0;
}

int on_data_chunk(nghttp2_session* http2, std::uint8_t /*flags*/, std::int32_t stream_id,
                  const std::uint8_t* data, std::size_t size, void* user_data) {
  CallState* call = call_of(http2, stream_id);
  if (call != nullptr) session_of(user_data).on_data(*call, view_of(data, size));
  return 0;
}

int on_stream_close(nghttp2_session* http2, std::int32_t stream_id, std::uint32_t /*error*/,
                    void* user_data) {
  CallState* call = call_of(http2, stream_id);
  if (call != nullptr) session_of(user_data).on_stream_close(*call);
  return 0;
}

int on_frame_send(nghttp2_session* http2, const nghttp2_frame* frame, void* user_data) {
  if (frame->hd.type == NGHTTP2_GOAWAY) {
    session_of(user_data).on_goaway_sent(frame->goaway.error_code);
  } else if (frame->hd.type == NGHTTP2_HEADERS &&
             (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    const CallState* call = call_of(http2, frame->hd.stream_id);
    if (call != nullptr) session_of(user_data).on_answer_sent(*call);
  }
  return 0;
}

}  // namespace

nghttp2_session_callbacks* make_callbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
  return callbacks;
}

}  // namespace ashlar::grpc
