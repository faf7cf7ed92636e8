#include "modules/limits/rls_grpc.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "modules/limits/rls_call.h"
#include "modules/limits/rls_proto.h"
#include "modules/limits/rls_service.h"
#include "platform/grpc/call.h"
#include "platform/grpc/methods.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::limits {

namespace {

// ratelimit answers UNKNOWN, with these words, whatever the error.
grpc::Status status_of(const base::Error& error) {
  return {error.reason == std::string_view("bad_protobuf") ? grpc::Code::kInternal
                                                           : grpc::Code::kUnknown,
          error.detail};
}

class GrpcCall;

// Calls that have been answered, to be used again with the memory that their vectors have. Of one
// loop, and only its thread's.
struct SpareCalls {
  static constexpr std::size_t kMost = 256;
  std::vector<std::unique_ptr<GrpcCall>> calls;
};

// From the call to its answer it owns itself.
class GrpcCall final : public RlsCall {
 public:
  explicit GrpcCall(SpareCalls& spare) : spare_(spare) {}

  void begin(grpc::UnaryCall call, const RlsService& service, LimitState& state) {
    call_ = std::move(call);
    bytes_ = call_.request();  // the client may be gone before the answer is there
    const base::Time now = call_.loop().now();
    this->status = read_rls_request(bytes_, request);
    if (this->status.ok()) {
      service.should_rate_limit(*this, state, now);
    } else {
      on_answered();
    }
  }

  void on_answered() override {
    if (status.ok()) {
      write_rls_response(response, call_.reply());
      call_.finish();
    } else {
      call_.finish(status_of(status.error()));
    }
    call_ = {};
    clear();
    std::unique_ptr<GrpcCall> self(this);
    if (spare_.calls.size() < SpareCalls::kMost) spare_.calls.push_back(std::move(self));
  }

 private:
  SpareCalls& spare_;
  grpc::UnaryCall call_;
  std::string bytes_;
};

std::unique_ptr<GrpcCall> take_call(SpareCalls& spare) {
  if (spare.calls.empty()) return std::make_unique<GrpcCall>(spare);
  auto out = std::move(spare.calls.back());
  spare.calls.pop_back();
  return out;
}

}  // namespace

void add_rls_grpc(grpc::Methods& methods, const RlsService& service, std::size_t loops,
                  std::function<LimitState&(std::size_t loop)> state_of_loop) {
  auto spare = std::make_shared<std::vector<SpareCalls>>(loops);
  methods.add_unary(std::string("/") + kRlsGrpcService + "/ShouldRateLimit",
                    [&service, spare, state_of = std::move(state_of_loop)](grpc::UnaryCall call) {
                      const std::size_t loop = call.loop_index();
                      GrpcCall* running = take_call((*spare)[loop]).release();
                      running->begin(std::move(call), service, state_of(loop));
                    });
}

}  // namespace ashlar::limits
