// What a unary call costs between the bytes that come and the bytes that leave: nghttp2, a method
// that reads a message and writes one, no socket. The argument: calls in one read, that is, in one
// wake-up.
#include <benchmark/benchmark.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "platform/grpc/methods.h"
#include "platform/grpc/session.h"
#include "platform/grpc/session_shared.h"
#include "platform/net/testing/fake_stream.h"
#include "platform/observability/metrics.h"
#include "platform/proto/reader.h"
#include "platform/proto/writer.h"

namespace ashlar::grpc {
namespace {

constexpr int kCalls = 2'000;
constexpr std::string_view kPath = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

// One descriptor of one entry, framed.
std::string request() {
  std::string message;
  proto::Writer writer(message);
  writer.text(1, "edge");
  {
    const auto descriptor = writer.message(2);
    const auto entry = writer.message(1);
    writer.text(1, "remote_address");
    writer.text(2, "10.0.0.1");
  }
  return std::string("\0\0\0\0", 4) + static_cast<char>(message.size()) + message;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

ssize_t read_request(nghttp2_session* /*http2*/, std::int32_t /*id*/, std::uint8_t* to,
                     std::size_t /*size*/, std::uint32_t* flags, nghttp2_data_source* source,
                     void* /*user_data*/) {
  const std::string& bytes = *static_cast<const std::string*>(source->ptr);
  std::ranges::copy(bytes, to);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(bytes.size());
}

std::string take(nghttp2_session* http2) {
  std::string out;
  const std::uint8_t* bytes = nullptr;
  for (ssize_t size = 0; (size = nghttp2_session_mem_send(http2, &bytes)) > 0;) {
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  return out;
}

// What a client sends that makes kCalls calls, `batch` in one piece; the first piece opens.
std::vector<std::string> transcript(int batch) {
  std::string body = request();
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session* http2 = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&options) == 0);
  nghttp2_option_set_peer_max_concurrent_streams(options, kCalls);
  CHECK(nghttp2_session_client_new2(&http2, callbacks, nullptr, options) == 0);
  CHECK(nghttp2_submit_settings(http2, NGHTTP2_FLAG_NONE, nullptr, 0) == 0);
  CHECK(nghttp2_session_set_local_window_size(http2, NGHTTP2_FLAG_NONE, 0, 1 << 30) == 0);
  std::vector<std::string> pieces = {take(http2)};
  // As if the server had said: SETTINGS, and a window as large as it can be.
  const std::string_view window("\0\0\0\4\0\0\0\0\0\0\0\4\10\0\0\0\0\0\100\0\0\0", 22);
  CHECK(nghttp2_session_mem_recv(http2, reinterpret_cast<const std::uint8_t*>(window.data()),
                                 window.size()) == static_cast<ssize_t>(window.size()));
  const std::vector<nghttp2_nv> fields = {
      field(":method", "POST"),        field(":scheme", "http"),
      field(":path", kPath),           field(":authority", "ratelimit"),
      field("te", "trailers"),         field("content-type", "application/grpc"),
      field("grpc-timeout", "20m"),    field("x-envoy-internal", "true"),
      field("user-agent", "grpc-c++"),
  };
  nghttp2_data_provider data{};
  data.source.ptr = &body;
  data.read_callback = read_request;
  for (int made = 0; made < kCalls; made += batch) {
    for (int i = 0; i < batch; ++i) {
      CHECK(nghttp2_submit_request(http2, nullptr, fields.data(), fields.size(), &data, nullptr) >
            0);
    }
    pieces.push_back(take(http2));
  }
  nghttp2_session_del(http2);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  return pieces;
}

void unary_call(benchmark::State& state) {
  const base::ManualClock clock;
  obs::Registry metrics;
  Methods methods;
  std::uint64_t answered = 0;
  methods.add_unary(std::string(kPath), [&](const UnaryCall& call) {
    std::size_t bytes = 0;
    proto::Reader reader(call.request());
    while (reader.next()) bytes += reader.bytes().size();
    proto::Writer writer(call.reply());
    writer.u64(1, 1);
    {
      const auto status = writer.message(2);
      writer.u64(1, 1);
      writer.u64(3, bytes);
    }
    ++answered;
    call.finish();
  });
  SessionShared shared({.max_streams = kCalls}, methods, 1, metrics);
  const std::vector<std::string> pieces = transcript(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    net::FakeStream stream(clock);
    Session session(stream, shared);
    std::size_t sent = 0;
    for (const std::string& piece : pieces) {
      stream.give(session, piece);
      sent += stream.output().size();
      stream.output().clear();
    }
    benchmark::DoNotOptimize(sent);
  }
  CHECK(answered == static_cast<std::uint64_t>(kCalls) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(answered));
}
BENCHMARK(unary_call)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace ashlar::grpc
