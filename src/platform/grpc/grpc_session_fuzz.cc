// Any bytes into a session, in pieces, with time that passes: it never fails a CHECK, its output is
// frames, and it ends. The first byte says how: bit 0: a preface stands before the rest.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "platform/grpc/health.h"
#include "platform/grpc/session.h"
#include "platform/grpc/session_shared.h"
#include "platform/net/testing/fake_stream.h"
#include "platform/observability/metrics.h"

namespace {

using ashlar::grpc::MessageStream;
using ashlar::grpc::Methods;
using ashlar::grpc::Session;
using ashlar::grpc::SessionShared;
using ashlar::grpc::StreamHandler;
using ashlar::grpc::UnaryCall;

constexpr std::string_view kOpening{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33};

class Chat final : public StreamHandler {
 public:
  explicit Chat(MessageStream stream) : stream_(std::move(stream)) {}
  void on_message(std::string_view message) override {
    if (message.empty()) return stream_.finish();
    static_cast<void>(stream_.send(message));
  }
  void on_half_close() override { stream_.finish(); }
  void on_cancelled() override { CHECK(!stream_.open()); }

 private:
  const MessageStream stream_;
};

// Small bounds, so that the fuzzer meets them.
struct World {
  World() {
    methods.add_unary("/a.A/E", [](const UnaryCall& call) {
      call.reply() = call.request();
      call.finish();
    });
    methods.add_unary("/a.A/K", [this](UnaryCall call) {
      if (kept.size() < 8) kept.push_back(std::move(call));
    });
    methods.add_stream(
        "/a.A/C", [](MessageStream stream) { return std::make_unique<Chat>(std::move(stream)); });
    ashlar::grpc::add_health(methods, {"a"}, [] { return true; });
    shared = std::make_unique<SessionShared>(
        ashlar::grpc::ServerOptions{.max_message_bytes = 100,
                                    .max_buffered_bytes = 300,
                                    .max_pending_bytes = 200,
                                    .max_header_bytes = 400,
                                    .max_streams = 4,
                                    .max_resets = 3,
                                    .max_pings = 3,
                                    .max_settings = 4,
                                    .receive_timeout = ashlar::base::Millis{0},
                                    .write_timeout = ashlar::base::Millis{0}},
        methods, 1, metrics);
  }

  ashlar::base::ManualClock clock;
  ashlar::obs::Registry metrics;
  Methods methods;
  std::unique_ptr<SessionShared> shared;
  std::vector<UnaryCall> kept;
};

// What a session sends is whole frames or the beginning of one more.
void check_frames(std::string_view output) {
  while (output.size() >= 9) {
    const std::size_t size = static_cast<std::size_t>(static_cast<std::uint8_t>(output[0])) << 16 |
                             static_cast<std::size_t>(static_cast<std::uint8_t>(output[1])) << 8 |
                             static_cast<std::uint8_t>(output[2]);
    CHECK(size <= 16'384 && output.size() >= 9 + size);
    output.remove_prefix(9 + size);
  }
  CHECK(output.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static World& world = *new World;
  const std::uint8_t how = data[0];
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  ashlar::net::FakeStream stream(world.clock);
  auto session = std::make_unique<Session>(stream, *world.shared);
  if ((how & 1) != 0) stream.give(*session, kOpening);
  const std::size_t piece = 1 + (how >> 4) * 16;
  while (!input.empty() && !stream.aborted()) {
    stream.give(*session, input.substr(0, piece));
    input.remove_prefix(std::min(input.size(), piece));
    CHECK(stream.kept().empty());
    check_frames(stream.take_output());
  }
  if ((how & 2) != 0) session->on_drain();
  if ((how & 4) != 0) world.kept.clear();
  // Times pass all at once: whatever has one is over.
  stream.wake(*session, ashlar::base::Mono::max());
  check_frames(stream.take_output());
  if ((how & 8) != 0) {
    session->on_end();
    CHECK(!session->busy());
    session->fill_output(stream.output());
    check_frames(stream.take_output());
  }
  for (const UnaryCall& call : world.kept) call.finish();
  session.reset();
  for (const UnaryCall& call : world.kept) CHECK(!call.open());
  world.kept.clear();
  return 0;
}
