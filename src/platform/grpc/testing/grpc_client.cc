#include "platform/grpc/testing/grpc_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "base/check.h"

namespace ashlar::grpc {
namespace {

constexpr std::size_t kPrefixBytes = 5;
constexpr int kStepMs = 10;

nghttp2_nv field(const std::string& name, const std::string& value) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

std::string framed(std::string_view message, char compressed) {
  std::string out(1, compressed);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(message.size() >> shift);
  }
  return out.append(message);
}

// nghttp2's functions.
struct GrpcClientFrames {
  static GrpcClient& client_of(void* user_data) { return *static_cast<GrpcClient*>(user_data); }

  static int on_header(nghttp2_session* /*http2*/, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t /*flags*/, void* user_data) {
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    GrpcClient::Answer& answer = client_of(user_data).streams_[frame->hd.stream_id].answer;
    if (key == ":status") answer.http_status = text;
    if (key == "content-type") answer.content_type = text;
    if (key == "grpc-status") answer.grpc_status = text;
    if (key == "grpc-message") answer.grpc_message = text;
    return 0;
  }

  static int on_data(nghttp2_session* /*http2*/, std::uint8_t /*flags*/, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* user_data) {
    GrpcClient::Stream& stream = client_of(user_data).streams_[id];
    stream.input.append(reinterpret_cast<const char*>(data), size);
    while (stream.input.size() >= kPrefixBytes) {
      std::size_t length = 0;
      for (std::size_t i = 1; i < kPrefixBytes; ++i) {
        length = length << 8 | static_cast<std::uint8_t>(stream.input[i]);
      }
      if (stream.input.size() < kPrefixBytes + length) break;
      stream.answer.messages.push_back(stream.input.substr(kPrefixBytes, length));
      stream.input.erase(0, kPrefixBytes + length);
    }
    return 0;
  }

  static int on_frame(nghttp2_session* /*http2*/, const nghttp2_frame* frame, void* user_data) {
    GrpcClient& client = client_of(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      ++client.goaways_;
      client.goaway_error_ = frame->goaway.error_code;
    }
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      ++client.pings_answered_;
    }
    return 0;
  }

  static int on_close(nghttp2_session* /*http2*/, std::int32_t id, std::uint32_t error,
                      void* user_data) {
    GrpcClient::Answer& answer = client_of(user_data).streams_[id].answer;
    answer.ended = true;
    answer.reset = error;
    return 0;
  }

  static ssize_t read(nghttp2_session* /*http2*/, std::int32_t id, std::uint8_t* to,
                      std::size_t size, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                      void* user_data) {
    GrpcClient::Stream& stream = client_of(user_data).streams_[id];
    const std::size_t part = std::min(size, stream.output.size());
    if (part == 0 && !stream.output_ended) return NGHTTP2_ERR_DEFERRED;
    std::copy_n(stream.output.data(), part, to);
    stream.output.erase(0, part);
    if (stream.output.empty() && stream.output_ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
  }
};

GrpcClient::GrpcClient(std::uint16_t port, std::uint32_t window_bytes) : socket_(port) {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, GrpcClientFrames::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, GrpcClientFrames::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, GrpcClientFrames::on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, GrpcClientFrames::on_close);
  CHECK(nghttp2_session_client_new(&http2_, callbacks, this) == 0);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes};
  CHECK(nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, &window, 1) == 0);
}

GrpcClient::~GrpcClient() { nghttp2_session_del(http2_); }

std::int32_t GrpcClient::begin(std::string_view path, const Headers& headers, bool end) {
  Headers all = {{":method", "POST"},
                 {":scheme", "http"},
                 {":path", std::string(path)},
                 {":authority", "localhost"},
                 {"content-type", "application/grpc"},
                 {"te", "trailers"}};
  for (const auto& [name, value] : headers) {
    const auto same = std::ranges::find(all, name, &Headers::value_type::first);
    if (same == all.end()) {
      all.emplace_back(name, value);
    } else if (value.empty()) {
      all.erase(same);
    } else {
      same->second = value;
    }
  }
  std::vector<nghttp2_nv> fields;
  for (const auto& [name, value] : all) fields.push_back(field(name, value));
  nghttp2_data_provider body{};
  body.read_callback = GrpcClientFrames::read;
  const std::int32_t id = nghttp2_submit_request(http2_, nullptr, fields.data(), fields.size(),
                                                 end ? nullptr : &body, nullptr);
  CHECK(id > 0);
  streams_[id] = {};
  return id;
}

void GrpcClient::send(std::int32_t id, std::string_view bytes, bool end) {
  Stream& stream = streams_[id];
  stream.output += bytes;
  stream.output_ended = end;
  static_cast<void>(nghttp2_session_resume_data(http2_, id));
}

void GrpcClient::reset(std::int32_t id) {
  CHECK(nghttp2_submit_rst_stream(http2_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL) == 0);
}

void GrpcClient::ping() { CHECK(nghttp2_submit_ping(http2_, NGHTTP2_FLAG_NONE, nullptr) == 0); }

void GrpcClient::settings() {
  CHECK(nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, nullptr, 0) == 0);
}

void GrpcClient::flush() {
  while (true) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(http2_, &bytes);
    CHECK(size >= 0);
    if (size == 0) return;
    socket_.send({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  }
}

bool GrpcClient::wait(const std::function<bool()>& holds, int timeout_ms) {
  for (int left_ms = timeout_ms; left_ms > 0;) {
    flush();
    if (holds()) return true;
    if (socket_.closed()) return false;
    const std::string bytes = socket_.receive_some(kStepMs);
    if (bytes.empty()) left_ms -= kStepMs;
    // What is no HTTP/2 ends the test by its own checks.
    static_cast<void>(nghttp2_session_mem_recv(
        http2_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  }
  return holds();
}

const GrpcClient::Answer& GrpcClient::wait_for(std::int32_t id) {
  wait([&] { return streams_[id].answer.ended; });
  return streams_[id].answer;
}

GrpcClient::Answer GrpcClient::call(std::string_view path, std::string_view message,
                                    const Headers& headers) {
  const std::int32_t id = begin(path, headers);
  send(id, framed(message), true);
  return wait_for(id);
}

std::uint32_t GrpcClient::max_streams() const {
  return nghttp2_session_get_remote_settings(http2_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

}  // namespace ashlar::grpc
