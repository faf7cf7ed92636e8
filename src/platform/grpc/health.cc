#include "platform/grpc/health.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "platform/grpc/methods.h"
#include "platform/proto/reader.h"
#include "platform/proto/writer.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::grpc {
namespace {

enum class Serving : std::uint8_t { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

struct Health {
  std::vector<std::string> services;
  Ready ready;

  // nullopt: no such service.
  [[nodiscard]] std::optional<Serving> serving(std::string_view service) const {
    if (!service.empty() && std::ranges::find(services, service) == services.end()) {
      return std::nullopt;
    }
    return ready() ? Serving::kServing : Serving::kNotServing;
  }
};

// HealthCheckRequest{service = 1}. nullopt: not one.
std::optional<std::string_view> service_of(std::string_view request) {
  std::string_view service;
  proto::Reader reader(request);
  while (reader.next()) {
    if (reader.tag() == proto::tag(1, proto::kBytes)) service = reader.text();
  }
  if (!reader.ok()) return std::nullopt;
  return service;
}

// HealthCheckResponse{status = 1}.
void append_response(std::string& to, Serving serving) {
  proto::Writer(to).u64(1, static_cast<std::uint64_t>(serving));
}

const Status kBadRequest{Code::kInvalidArgument, "not a HealthCheckRequest"};

void check(const Health& health, const UnaryCall& call) {
  const auto service = service_of(call.request());
  if (!service) return call.finish(kBadRequest);
  const auto serving = health.serving(*service);
  if (!serving) return call.finish({Code::kNotFound, "no such service"});
  append_response(call.reply(), *serving);
  call.finish();
}

class Watch final : public StreamHandler {
 public:
  Watch(std::shared_ptr<const Health> health, MessageStream stream)
      : health_(std::move(health)), stream_(std::move(stream)) {}

  void on_message(std::string_view message) override {
    const auto service = service_of(message);
    if (!service || service_) return stream_.finish(kBadRequest);
    service_ = *service;
    look();
  }
  void on_half_close() override {
    if (!service_) stream_.finish(kBadRequest);
  }
  void on_cancelled() override {}
  void on_second() override {
    if (service_) look();
  }

 private:
  void look() {
    const Serving serving = health_->serving(*service_).value_or(Serving::kServiceUnknown);
    if (serving == last_) return;
    std::string message;
    append_response(message, serving);
    if (stream_.send(message)) last_ = serving;
  }

  const std::shared_ptr<const Health> health_;
  const MessageStream stream_;
  std::optional<std::string> service_;
  std::optional<Serving> last_;
};

}  // namespace

void add_health(Methods& methods, std::vector<std::string> services, Ready ready) {
  const auto health = std::make_shared<const Health>(Health{std::move(services), std::move(ready)});
  methods.add_unary("/grpc.health.v1.Health/Check",
                    [health](const UnaryCall& call) { check(*health, call); });
  methods.add_stream("/grpc.health.v1.Health/Watch", [health](MessageStream stream) {
    return std::make_unique<Watch>(health, std::move(stream));
  });
}

}  // namespace ashlar::grpc
