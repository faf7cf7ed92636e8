#include "platform/outbound/http2_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "platform/outbound/http2_connection.h"

namespace ashlar::outbound {
namespace {

constexpr std::size_t kMaxFieldBytes = 16 * 1024;  // of an answer

std::string_view view_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// Null: none of ours, or closed.
Http2Call* call_of(nghttp2_session* session, std::int32_t stream) {
  if (stream == 0) return nullptr;
  return static_cast<Http2Call*>(nghttp2_session_get_stream_user_data(session, stream));
}

}  // namespace

struct Http2Callbacks {
  static Http2Connection& connection_of(void* user_data) {
    return *static_cast<Http2Connection*>(user_data);
  }

  // A 1xx answer, or nothing so far: the fields that come are the answer's, not trailers.
  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                              void* /*user_data*/) {
    Http2Call* call = call_of(session, frame->hd.stream_id);
    if (call == nullptr || call->head_complete) return 0;
    call->result.answer.status = 0;
    call->result.answer.headers.clear();
    call->field_bytes = 0;
    return 0;
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t /*flags*/, void* /*user_data*/) {
    Http2Call* call = call_of(session, frame->hd.stream_id);
    if (call == nullptr || call->head_complete) return 0;
    const std::string_view field = view_of(name, name_size);
    const std::string_view text = view_of(value, value_size);
    if (field == ":status") {
      std::from_chars(text.data(), text.data() + text.size(), call->result.answer.status);
      return 0;
    }
    call->field_bytes += name_size + value_size;
    if (call->field_bytes > kMaxFieldBytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    call->result.answer.headers.emplace_back(field, text);
    return 0;
  }

  static int on_frame_recv(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
    Http2Connection& connection = connection_of(user_data);
    if (frame->hd.type == NGHTTP2_HEADERS) {
      Http2Call* call = call_of(session, frame->hd.stream_id);
      if (call != nullptr && call->result.answer.status >= 200) call->head_complete = true;
    } else if (frame->hd.type == NGHTTP2_SETTINGS) {
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) connection.on_settings();
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
      connection.leave();
    }
    return 0;
  }

  static int on_data_chunk(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t stream,
                           const std::uint8_t* data, std::size_t size, void* user_data) {
    Http2Call* call = call_of(session, stream);
    if (call == nullptr || !call->done) return 0;
    Http2Connection& connection = connection_of(user_data);
    std::string& body = call->result.answer.body;
    const std::size_t most = connection.options_.max_answer_bytes;
    body.append(view_of(data, std::min(size, most - body.size())));
    // Enough to know what it says; the rest may have no end.
    if (body.size() == most) connection.cancel(*call, Http2End::kAnswered, "the answer is cut");
    return 0;
  }

  static int on_stream_close(nghttp2_session* /*session*/, std::int32_t stream, std::uint32_t error,
                             void* user_data) {
    connection_of(user_data).on_stream_closed(stream, error);
    return 0;
  }

  static int before_frame_send(nghttp2_session* session, const nghttp2_frame* frame,
                               void* user_data) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Http2Call* call = call_of(session, frame->hd.stream_id);
    if (call != nullptr) call->first_byte = connection_of(user_data).made_bytes_;
    return 0;
  }
};

nghttp2_session* make_http2_session(Http2Connection& connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  using C = Http2Callbacks;
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, C::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, C::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, C::on_frame_recv);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, C::on_data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, C::on_stream_close);
  nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, C::before_frame_send);
  nghttp2_option* options = nullptr;
  CHECK(nghttp2_option_new(&options) == 0);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_session* session = nullptr;
  CHECK(nghttp2_session_client_new2(&session, callbacks, &connection, options) == 0);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

}  // namespace ashlar::outbound
