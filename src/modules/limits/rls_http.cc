#include "modules/limits/rls_http.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "modules/limits/rls_call.h"
#include "modules/limits/rls_json.h"
#include "platform/json/parse.h"

namespace ashlar::limits {

namespace {

// A call that a worker waits for. It stays until it has been decided, also when nobody waits any
// more: begun, it holds itself.
class HttpCall final : public RlsCall, public std::enable_shared_from_this<HttpCall> {
 public:
  json::Value document;  // what the request's texts are views of

  // False: not answered in time; then nothing of the call may be read.
  bool decide_and_wait(const RlsDecide& decide) {
    self_ = shared_from_this();
    decide(*this);
    std::unique_lock lock(mutex_);
    return answered_.wait_for(lock, kPatience, [this] { return done_; });
  }

  void on_answered() override {
    const std::shared_ptr<HttpCall> self = std::move(self_);
    const std::lock_guard lock(mutex_);
    done_ = true;
    answered_.notify_one();
  }

 private:
  static constexpr base::Millis kPatience{2'000};  // states answer within some 50 ms

  std::shared_ptr<HttpCall> self_;
  std::mutex mutex_;  // guards done_
  std::condition_variable answered_;
  bool done_ = false;
};

int http_status(RlsCode code) {
  switch (code) {
    case RlsCode::kOk:
      return 200;
    case RlsCode::kOverLimit:
      return 429;
    case RlsCode::kUnknown:
      break;
  }
  return 500;
}

base::Result<http::Response> answer_json(const http::Call& call, const RlsDecide& decide) {
  const auto rls = std::make_shared<HttpCall>();
  ASHLAR_ASSIGN(rls->document, json::parse(call.body));
  ASHLAR_TRY(read_rls_json(rls->document, rls->request));
  if (!rls->decide_and_wait(decide)) {
    return base::fail(base::Code::kUnavailable, "limits_unavailable",
                      "The decision did not come in time.");
  }
  ASHLAR_TRY(rls->status);
  std::string body;
  write_rls_json(rls->response, body);
  return http::json_text(http_status(rls->response.overall_code), std::move(body));
}

base::Result<http::Response> answer_health(const std::function<bool()>& ready) {
  if (!ready()) return http::Response{500, "text/plain; charset=utf-8", {}, "not ready\n"};
  return http::Response{200, "text/plain; charset=utf-8", {}, "OK"};
}

http::Route row(http::Method method, std::string_view path, std::string_view summary,
                http::WorkerHandler handler) {
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = std::string_view("limits"),
          .tenancy = http::Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{5'000},
          .handler = http::Handler(std::move(handler)),
          .documented = false};
}

}  // namespace

http::RouteTable rls_routes(RlsDecide decide, std::function<bool()> ready) {
  http::RouteTable routes;
  routes.push_back(row(
      http::Method::kPost, "/json", "ShouldRateLimit as proto-JSON",
      [decide = std::move(decide)](const http::Call& call) { return answer_json(call, decide); }));
  routes.back().raw_body = true;
  routes.push_back(
      row(http::Method::kGet, "/healthcheck", "Whether the rules are in use",
          [ready = std::move(ready)](const http::Call&) { return answer_health(ready); }));
  routes.back().lane = http::Lane::kControl;
  return routes;
}

}  // namespace ashlar::limits
