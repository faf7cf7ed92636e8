#include "platform/http/dispatcher.h"

#include <atomic>

#include "base/clock.h"
#include "base/text.h"
#include "platform/http/accept.h"
#include "platform/http/admission.h"
#include "platform/http/call.h"
#include "platform/http/cors.h"
#include "platform/http/event_stream.h"
#include "platform/http/gzip.h"
#include "platform/http/late_answer.h"
#include "platform/http/pending_stream.h"
#include "platform/http/query.h"
#include "platform/http/request_limiter.h"
#include "platform/http/request_observer.h"
#include "platform/http/web_socket_connection.h"
#include "platform/http/web_socket_handshake.h"
#include "platform/observability/log.h"
#include "platform/observability/trace.h"
#include "platform/runtime/worker_pool.h"
#include "platform/security/answer_once.h"
#include "platform/security/authenticator.h"
#include "platform/storage/database.h"

namespace ashlar::http {
namespace {

using base::Code;
using base::fail;

// "application/json", with parameters or without. No Content-Type at all counts as JSON too: there
// is nothing else that it could be. Another one is refused: a form of some web page may have sent
// it.
bool is_json(std::string_view content_type) {
  const std::string_view type = base::trim_spaces(content_type.substr(0, content_type.find(';')));
  return type.empty() || base::ascii_iequals(type, "application/json");
}

bool is_json_lines(std::string_view content_type) {
  const std::string_view type = base::trim_spaces(content_type.substr(0, content_type.find(';')));
  for (const std::string_view known :
       {"application/x-ndjson", "application/ndjson", "application/jsonl"}) {
    if (base::ascii_iequals(type, known)) return true;
  }
  return false;
}

base::Status check_tenancy(const Route& route, const Call& call) {
  using Kind = security::Principal::Kind;
  if (route.tenancy == Tenancy::kPlatform && call.principal.kind != Kind::kAdmin) {
    return fail(Code::kForbidden, "admin_required",
                "Only the console's administrator may do this.");
  }
  if (route.tenancy == Tenancy::kTenant && !call.principal.tenant.is_set()) {
    return fail(Code::kInvalid, "tenant_required",
                "Name the tenant to act for in the header Ashlar-Tenant.");
  }
  if (!call.principal.has_scope(route.scope)) {
    return fail(Code::kForbidden, "missing_scope",
                "This key lacks the scope " + std::string(route.scope.value) + ".");
  }
  return base::ok_status();
}

base::Status take_params(const Exchange& exchange, Call& call) {
  for (std::size_t i = 0; i < exchange.match.param_count; ++i) {
    std::optional<std::string> decoded = base::percent_decode(exchange.match.params[i]);
    if (!decoded || !base::is_utf8(*decoded)) {
      return fail(Code::kInvalid, "bad_path", "The path holds what is not percent-encoded UTF-8.");
    }
    call.path_params.push_back(std::move(*decoded));
  }
  return base::ok_status();
}

bool is_allowed_parameter(const Route& route, std::string_view name) {
  if (route.paged && (name == "limit" || name == "cursor")) return true;
  for (const QueryParam& known : route.query) {
    if (known.name == name) return true;
  }
  return false;
}

base::Status take_query(const Route& route, const RequestHead& head, Call& call) {
  if (route.raw_query) return base::ok_status();
  ASHLAR_ASSIGN(call.query, parse_query(head.query));
  base::Error error{
      Code::kInvalid, "invalid_request", "The query is not what this route takes.", {}};
  for (const auto& [name, value] : call.query) {
    if (is_allowed_parameter(route, name)) continue;
    error.fields.push_back({"?" + name, "unknown_parameter", "There is no such parameter here."});
  }
  if (!error.fields.empty()) return error;
  return base::ok_status();
}

base::Status check_body(const Route& route, const Exchange& exchange) {
  if (route.raw_body) return base::ok_status();
  if (route.request == nullptr) {
    if (exchange.body.empty()) return base::ok_status();
    return fail(Code::kInvalid, "unexpected_body", "This request takes no body.");
  }
  if (route.body_optional && exchange.body.empty()) return base::ok_status();
  const bool lines = route.takes_lines && is_json_lines(exchange.head.content_type);
  if (!lines && !is_json(exchange.head.content_type)) {
    return fail(Code::kInvalid, "unsupported_media_type",
                route.takes_lines ? "Send application/x-ndjson or application/json."
                                  : "Send application/json.");
  }
  if (!exchange.head.content_encoding.empty() &&
      !base::ascii_iequals(exchange.head.content_encoding, "identity")) {
    return fail(Code::kInvalid, "unsupported_media_type",
                "Send the body without Content-Encoding.");
  }
  return base::ok_status();
}

Response over_quota(const ErrorFace& errors, const Quota& quota, std::string_view request_id) {
  std::vector<std::string_view> violated;
  for (const QuotaState& state : quota.states) {
    if (state.violated) violated.push_back(state.name);
  }
  if (violated.empty()) {
    return errors.of_refusal(503, "quota_unavailable",
                             "A quota could not be asked that nobody may pass uncounted.",
                             request_id);
  }
  return errors.of_quota(violated, quota.retry_after, request_id);
}

bool is_redirect(int status) { return status >= 300 && status < 400; }

// What was refused before any work was done takes no time, however much there is to do.
bool says_of_load(int status) { return status < 400 || status >= 500; }

}  // namespace

// An exchange on its way, its place among those that are under way, and how far answering has come.
struct Dispatcher::Job {
  // Who sends what finish() makes of the result.
  enum class Sends : std::uint8_t { kAnswer, kStream, kLateAnswer };

  std::unique_ptr<Exchange> exchange;
  std::optional<Admission::Permit> permit;  // none: the lane has no admission
  Call call;
  base::Time began;
  std::optional<obs::TraceContext> parent;
  Quota quota;
  Sends sends = Sends::kAnswer;
};

// Keeps the exchange, and with it what the connection has read, until it is answered.
class Dispatcher::Late final : public LateAnswer {
 public:
  Late(Dispatcher& dispatcher, std::shared_ptr<Job> job)
      : dispatcher_(dispatcher), job_(std::move(job)) {}
  ~Late() override {
    if (!done_.load()) {
      complete(fail(Code::kInternal, "unanswered", "A handler dropped its request."));
    }
  }
  Late(const Late&) = delete;
  Late& operator=(const Late&) = delete;

  void complete(base::Result<Response> result) override {
    if (!done_.exchange(true)) dispatcher_.finish(*job_, std::move(result));
  }
  [[nodiscard]] bool is_wanted() const override { return !job_->exchange->sink->client_gone(); }

 private:
  Dispatcher& dispatcher_;
  const std::shared_ptr<Job> job_;
  std::atomic<bool> done_{false};
};

// The same, for a handshake.
class Dispatcher::Upgrade final : public PendingWebSocket {
 public:
  Upgrade(Dispatcher& dispatcher, std::shared_ptr<Job> job)
      : dispatcher_(dispatcher), job_(std::move(job)) {}
  ~Upgrade() override {
    if (!done_.load()) refuse(fail(Code::kInternal, "unanswered", "A handler dropped its socket."));
  }
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  void accept(runtime::EventLoop& loop, std::shared_ptr<WebSocketReader> reader,
              WebSocketOptions options) override {
    if (done_.exchange(true)) return;
    WebSocketUpgrade upgrade{.loop = loop,
                             .reader = std::move(reader),
                             .options = std::move(options),
                             .accept_key = accept_key_of(job_->exchange->head),
                             .headers = {}};
    dispatcher_.tell_quota(job_->quota, upgrade.headers);
    dispatcher_.finish(*job_, Response{101, {}, {}, {}});
    job_->exchange->sink->upgrade(std::move(upgrade));
  }
  void refuse(base::Error error) override {
    if (!done_.exchange(true)) dispatcher_.finish(*job_, std::move(error));
  }

 private:
  Dispatcher& dispatcher_;
  const std::shared_ptr<Job> job_;
  std::atomic<bool> done_{false};
};

Dispatcher::Dispatcher(const Needs& needs) : needs_(needs) {}

bool Dispatcher::admits(const Endpoint& endpoint, Importance importance) {
  const auto lane = static_cast<std::size_t>(endpoint.route.lane);
  Admission* const admission = needs_.admissions[lane];
  if (admission == nullptr) return needs_.lanes[lane]->has_room();
  if (admission->has_room(importance)) return true;
  admission->count_refusal(importance);
  return false;
}

bool Dispatcher::submit(std::unique_ptr<Exchange>& exchange) {
  const auto lane = static_cast<std::size_t>(exchange->match.endpoint->route.lane);
  const bool batch = exchange->importance == Importance::kBatch;
  const base::Mono deadline = exchange->deadline;
  // std::function wants a copyable function: shared, though only one of the two calls happens.
  const auto job = std::make_shared<Job>();
  if (Admission* const admission = needs_.admissions[lane]) {
    job->permit = admission->enter(exchange->importance);
    if (!job->permit) {
      admission->count_refusal(exchange->importance);
      return false;
    }
  }
  job->exchange = std::move(exchange);
  if (needs_.lanes[lane]->submit({.run = [this, job] { run(job); },
                                  .expired = [this, job] { answer_expired(*job); },
                                  .deadline = deadline,
                                  .batch = batch})) {
    return true;
  }
  exchange = std::move(job->exchange);
  return false;
}

// Nothing of it has been done, so it may safely be sent again: 503, not 504.
void Dispatcher::answer_expired(Job& job) {
  const Exchange& exchange = *job.exchange;
  Response response =
      face_of(exchange.match.endpoint->route)
          .of_refusal(503, "overloaded", "The request waited too long for a worker.",
                      exchange.request_id);
  needs_.cors.add_headers(exchange.head.origin, {}, response.headers);
  exchange.sink->complete(std::move(response));
  if (job.permit) job.permit->finished(false);
}

void Dispatcher::run(const std::shared_ptr<Job>& job) {
  Exchange& exchange = *job->exchange;
  job->began = needs_.clock.now();
  Call& call = job->call;
  call.route = &exchange.match.endpoint->route;
  call.head = &exchange.head;
  call.body = exchange.body;
  call.request_id = exchange.request_id;
  call.deadline = exchange.deadline;
  call.client_address = exchange.client_address;
  call.secure = exchange.secure;
  job->parent = obs::parse_traceparent(exchange.head.traceparent);
  call.trace = needs_.tracer.child_of(job->parent);

  base::Result<Response> result = answer(job);
  if (job->sends != Job::Sends::kLateAnswer) finish(*job, std::move(result));
}

// Log, span, observer, and the answer where it is not a stream that was begun.
void Dispatcher::finish(Job& job, base::Result<Response> result) {
  Exchange& exchange = *job.exchange;
  const Call& call = job.call;
  const Route& route = *call.route;
  Response response =
      result.ok() ? std::move(*result) : face_of(route).of_error(result.error(), call.request_id);
  if (!result.ok() && result.error().code == Code::kInternal) {
    needs_.log.error("request failed", {{"request_id", call.request_id},
                                        {"reason", result.error().reason},
                                        {"detail", result.error().detail}});
  }
  const bool streams = job.sends == Job::Sends::kStream;
  const int status = streams ? 200 : response.status;
  report(exchange, call, status);
  needs_.observer.on_request(route, call.principal);
  const auto took = needs_.clock.mono() - exchange.started;
  needs_.tracer.record(call.trace, job.parent, route.path, job.began,
                       std::chrono::duration_cast<base::Micros>(took), status >= 500,
                       {{"http.request.method", exchange.head.method_text},
                        {"http.route", route.path.value},
                        {"http.response.status_code", status},
                        {"ashlar.tenant", call.principal.tenant_name},
                        {"ashlar.request_id", call.request_id}});
  if (streams || status == 101) return;
  if (job.permit && says_of_load(status)) job.permit->finished(status < 500);
  if (!is_redirect(status)) tell_quota(job.quota, response.headers);
  needs_.cors.add_headers(exchange.head.origin, call.principal.tenant_name, response.headers);
  gzip_if_worth(exchange.head.accept_encoding, response);
  exchange.sink->complete(std::move(response));
}

base::Result<Response> Dispatcher::answer(const std::shared_ptr<Job>& job) {
  const Exchange& exchange = *job->exchange;
  Call& call = job->call;
  ASHLAR_TRY(identify(exchange, call));
  if (needs_.limiter != nullptr && charged_cost(*call.route) > 0) {
    job->quota = needs_.limiter->charge({call.principal, call.client_address, *call.route});
    if (!job->quota.allowed) return over_quota(face_of(*call.route), job->quota, call.request_id);
  }
  ASHLAR_TRY(admit(exchange, call));
  const Handler& handler = call.route->handler;
  if (const auto* inline_handler = std::get_if<InlineHandler>(&handler)) {
    return inline_handler->fallback(call);
  }
  if (const auto* worker = std::get_if<WorkerHandler>(&handler)) return (*worker)(call);
  if (std::holds_alternative<TransactionHandler>(handler)) return run_transaction(call);
  if (std::holds_alternative<LateHandler>(handler)) return answer_late(job);
  if (std::holds_alternative<WebSocketHandler>(handler)) return answer_upgrade(job);
  return begin_stream(*job);
}

base::Result<Response> Dispatcher::answer_late(const std::shared_ptr<Job>& job) {
  job->sends = Job::Sends::kLateAnswer;
  // What follows the handler is waiting: that needs no place.
  std::optional<Admission::Permit> permit = std::exchange(job->permit, std::nullopt);
  const auto late = std::make_shared<Late>(*this, job);
  base::Status status = std::get<LateHandler>(job->call.route->handler.value)(job->call, late);
  if (!status.ok()) late->complete(std::move(status).error());
  if (permit) permit->finished(true);
  return no_content();
}

base::Result<Response> Dispatcher::answer_upgrade(const std::shared_ptr<Job>& job) {
  if (const auto fault = check_handshake(job->exchange->head)) {
    Response response =
        face_of(*job->call.route)
            .of_refusal(fault->status, fault->reason, fault->detail, job->call.request_id);
    if (fault->status == 426) {
      response.header("Upgrade", "websocket").header("Sec-WebSocket-Version", "13");
    }
    return response;
  }
  job->sends = Job::Sends::kLateAnswer;
  std::optional<Admission::Permit> permit = std::exchange(job->permit, std::nullopt);
  const auto pending = std::make_shared<Upgrade>(*this, job);
  base::Status status =
      std::get<WebSocketHandler>(job->call.route->handler.value)(job->call, pending);
  if (!status.ok()) pending->refuse(std::move(status).error());
  if (permit) permit->finished(true);
  return no_content();
}

base::Result<Response> Dispatcher::begin_stream(Job& job) {
  Call& call = job.call;
  if (call.head->method == Method::kHead) return Response{200, "text/event-stream", {}, {}};
  // The stream begins only when the handler has accepted: until then an error is an ordinary
  // answer.
  auto pending = std::make_shared<PendingStream>(job.exchange->sink);
  ASHLAR_TRY(std::get<StreamHandler>(call.route->handler.value)(call, pending));
  job.sends = Job::Sends::kStream;
  HeaderList headers;
  tell_quota(job.quota, headers);
  needs_.cors.add_headers(call.head->origin, call.principal.tenant_name, headers);
  pending->begin(std::move(headers));
  return no_content();
}

const ErrorFace& Dispatcher::face_of(const Route& route) const {
  return route.face != nullptr ? *route.face : needs_.errors;
}

void Dispatcher::tell_quota(const Quota& quota, HeaderList& headers) const {
  add_rate_limit_fields(needs_.rate_limit_fields, quota.states, headers);
}

base::Status Dispatcher::identify(const Exchange& exchange, Call& call) {
  if (call.route->tenancy == Tenancy::kPublic) return base::ok_status();
  security::Authenticator& authenticator = needs_.authenticator;
  ASHLAR_ASSIGN(call.principal,
                call.route->key_field == KeyField::kApiKey
                    ? authenticator.authenticate_api_key_field(exchange.head, call.deadline)
                    : authenticator.authenticate(exchange.head, call.deadline));
  return base::ok_status();
}

base::Status Dispatcher::admit(const Exchange& exchange, Call& call) {
  const Route& route = *call.route;
  if (route.tenancy != Tenancy::kPublic) ASHLAR_TRY(check_tenancy(route, call));
  ASHLAR_TRY(take_params(exchange, call));
  if (!std::holds_alternative<InlineHandler>(route.handler.value)) {
    ASHLAR_TRY(take_query(route, exchange.head, call));
  }
  return check_body(route, exchange);
}

base::Result<Response> Dispatcher::run_transaction(Call& call) {
  const Route& route = *call.route;
  const auto& handler = std::get<TransactionHandler>(route.handler.value);
  std::optional<std::string> key;
  if (route.idempotency != Idempotency::kNatural) {
    ASHLAR_ASSIGN(key, security::idempotency_key_of(call));
  }
  if (!key && route.idempotency == Idempotency::kRequired) {
    return fail(Code::kInvalid, "idempotency_key_required",
                "This request moves money: send an Idempotency-Key.");
  }
  return needs_.db.write(call.tenant_context(), [&](storage::Transaction& tx) {
    return security::answer_once(tx, call, key, needs_.clock.now(),
                                 [&] { return handler(call, tx); });
  });
}

void Dispatcher::report(const Exchange& exchange, const Call& call, int status) {
  const obs::Level level = status >= 500 ? obs::Level::kWarn : obs::Level::kInfo;
  if (!needs_.log.enabled(level)) return;
  const auto took =
      std::chrono::duration<double, std::milli>(needs_.clock.mono() - exchange.started);
  const std::string trace = obs::format_traceparent(call.trace);
  needs_.log.write(level, "request",
                   {{"request_id", call.request_id},
                    {"method", exchange.head.method_text},
                    {"route", call.route->path.value},
                    {"status", status},
                    {"duration_ms", took.count()},
                    {"tenant", call.principal.tenant_name},
                    {"trace_id", std::string_view(trace).substr(3, 32)}});
}

}  // namespace ashlar::http
