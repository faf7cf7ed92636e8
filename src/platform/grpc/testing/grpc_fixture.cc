#include "platform/grpc/testing/grpc_fixture.h"

#include <charconv>
#include <semaphore>
#include <utility>

#include "platform/grpc/health.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::grpc {
namespace {

class Chat final : public StreamHandler {
 public:
  Chat(MessageStream stream, std::atomic<int>& cancelled)
      : stream_(std::move(stream)), cancelled_(cancelled) {}

  void on_message(std::string_view message) override {
    if (message == "finish") return stream_.finish();
    if (message == "fail") return stream_.finish({Code::kAborted, "as you wish"});
    if (message == "flood") return flood();
    EXPECT_TRUE(stream_.send(message));
  }
  void on_half_close() override {
    EXPECT_TRUE(stream_.send("bye"));
    stream_.finish();
    EXPECT_FALSE(stream_.send("after the end"));
    stream_.finish({Code::kInternal, "twice"});
  }
  void on_cancelled() override {
    ++cancelled_;
    EXPECT_FALSE(stream_.send("to nobody"));
    stream_.finish();
  }

 private:
  void flood() {
    const std::string large(100'000, 'x');
    int sent = 0;
    while (sent < 10'000 && stream_.send(large)) ++sent;
    EXPECT_LT(sent, 10'000);
    stream_.finish({Code::kResourceExhausted, std::to_string(sent)});
  }

  const MessageStream stream_;
  std::atomic<int>& cancelled_;
};

}  // namespace

GrpcFixture::GrpcFixture() { options_.drain_timeout = base::Millis{1'500}; }

GrpcFixture::~GrpcFixture() {
  if (server_) server_->stop();
  loops_.stop();
  for (std::thread& thread : threads_) thread.join();
  kept_.clear();
}

void GrpcFixture::start() {
  add_methods();
  auto socket = http::ListenSocket::bind("127.0.0.1", 0);
  ASSERT_TRUE(socket.ok());
  server_ = std::make_unique<Server>(options_, std::move(*socket), loops_, methods_, metrics_);
  server_->start();
  loops_.start();
}

void GrpcFixture::add_methods() {
  const auto add = [this](const char* name, UnaryHandler handler) {
    methods_.add_unary(std::string("/test.T/") + name,
                       [this, handler = std::move(handler)](UnaryCall call) {
                         ++called_;
                         handler(std::move(call));
                       });
  };
  add("Echo", [](const UnaryCall& call) {
    call.reply() = call.request();
    call.finish();
    call.finish({Code::kInternal, "twice"});
  });
  add("Fail", [](const UnaryCall& call) {
    call.reply() = "not to be seen";
    call.finish({Code::kFailedPrecondition, "n\xc3\xb6: 100%"});
  });
  add("Later", [this](UnaryCall call) {
    runtime::EventLoop& loop = call.loop();
    threads_.emplace_back([&loop, kept = std::move(call)]() mutable {
      std::binary_semaphore never{0};
      static_cast<void>(never.try_acquire_for(base::Millis{20}));
      loop.post([call = std::move(kept)] {
        call.reply() = call.request();
        call.finish();
      });
    });
  });
  add("Never", [this](UnaryCall call) { kept_.push_back(std::move(call)); });
  add("Drop", [](const UnaryCall& /*call*/) {});
  add("Big", [](const UnaryCall& call) {
    std::size_t size = 0;
    const std::string_view text = call.request();
    std::from_chars(text.data(), text.data() + text.size(), size);
    call.reply().assign(size, 'b');
    call.finish();
  });
  add("Seen", [](const UnaryCall& call) {
    call.reply() = std::string(call.metadata("authorization")) + "|" +
                   std::string(call.metadata("user-agent")) + "|" + call.peer_address() + "|" +
                   (call.deadline() == base::Mono::max() ? "for ever" : "bounded");
    call.finish();
  });
  methods_.add_stream("/test.T/Chat", [this](MessageStream stream) {
    ++called_;
    return std::make_unique<Chat>(std::move(stream), cancelled_);
  });
  methods_.add_stream("/test.T/Refused", [](const MessageStream& stream) {
    stream.finish({Code::kPermissionDenied, "not you"});
    return nullptr;
  });
  add_health(methods_, {"test.T"}, [this] { return ready_.load(); });
}

std::uint64_t GrpcFixture::counted(const std::string& method, Code code) {
  return metrics_
      .make_counter("ashlar_grpc_requests_total", "Calls of gRPC methods by how they ended.",
                    {{"method", method}, {"code", std::string(name_of(code))}})
      .value();
}

std::uint64_t GrpcFixture::connection_errors() {
  return metrics_
      .make_counter("ashlar_grpc_connection_errors_total",
                    "Connections that ended because they were not HTTP/2 as we accept it, or "
                    "abused it.")
      .value();
}

}  // namespace ashlar::grpc
