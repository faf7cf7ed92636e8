// The half of Connection that makes requests out of bytes and answers into them.
//
// `data` is what has not been consumed yet. It lies in the thread's scratch until something must
// outlive this wake-up; keep() then moves it to the front of input_ (and `in_input` says so).
#include <charconv>

#include "base/check.h"
#include "base/clock.h"
#include "platform/http/caller_terms.h"
#include "platform/http/client_address.h"
#include "platform/http/connection.h"
#include "platform/http/cors.h"
#include "platform/http/error_face.h"
#include "platform/http/inline_request.h"
#include "platform/http/response_head.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

constexpr std::size_t kMaxRequestIdBytes = 64;

// A caller's own request id is kept when it is harmless in headers and logs.
bool is_usable_request_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxRequestIdBytes) return false;
  for (const char c : id) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) return false;
  }
  return true;
}

void set_request_id(std::string& to, std::string_view callers, base::Random& random) {
  if (is_usable_request_id(callers)) {
    to.assign(callers);
    return;
  }
  static constexpr std::string_view kHex = "0123456789abcdef";
  to.resize(16);
  std::uint64_t bits = random.next();
  for (char& c : to) {
    c = kHex[bits & 15];
    bits >>= 4;
  }
}

}  // namespace

void Connection::consume(std::string_view data, bool in_input) {
  while (true) {
    const bool full = consume_until_full(data, in_input);
    if (phase_ == Phase::kClosed) return;
    if (refusals_ > 0) wait_for_turn();
    if (phase_ != Phase::kWorking) keep(data, in_input);
    if (phase_ == Phase::kHead && input_.empty()) arm(io_.shared.options.idle_timeout);
    flush();
    // What the socket took at once makes room; if it did not, its next edge leads to resume().
    const bool room = output_.empty() && (phase_ == Phase::kHead || phase_ == Phase::kBody);
    if (!full || !room) return;
    data = input_;
  }
}

// True: stopped because so much output waits, not because there is nothing to do. A client that
// pipelines without reading waits until it has read.
bool Connection::consume_until_full(std::string_view& data, bool& in_input) {
  while (!data.empty() && (phase_ == Phase::kHead || phase_ == Phase::kBody)) {
    if (close_after_output_ && phase_ == Phase::kHead) {
      data = {};  // what follows the last request of a connection is not read
      return false;
    }
    if (io_.output.size() + output_.size() > io_.shared.options.max_pending_output_bytes)
      return true;
    if (consume_one(data, in_input) != Step::kAgain) return false;
  }
  return false;
}

Connection::Step Connection::consume_one(std::string_view& data, bool& in_input) {
  return phase_ == Phase::kBody ? continue_body(data) : start_request(data, in_input);
}

Connection::Step Connection::start_request(std::string_view& data, bool& in_input) {
  const ServerShared& shared = io_.shared;
  if (in_input && parsed_bytes_ > 0 && !worth_parsing(data, parsed_bytes_, shared.options.parser)) {
    return Step::kNeedMore;
  }
  RequestHead& head = io_.head;
  ParseError error;
  switch (parse_request_head(data, shared.options.parser, head, error)) {
    case ParseState::kNeedMore:
      if (parsed_bytes_ == 0) arm(shared.options.head_timeout);
      parsed_bytes_ = data.size();
      return Step::kNeedMore;
    case ParseState::kError:
      shared.protocol_errors.add();
      head_only_ = false;
      set_request_id(request_id_, {}, io_.random);
      return refuse(error.status, error.reason, error.detail);
    case ParseState::kComplete:
      break;
  }
  parsed_bytes_ = 0;
  request_started_ = io_.loop.mono();
  head_only_ = head.method == Method::kHead;
  http_1_0_ = head.minor_version == 0;
  if (!head.keep_alive || draining_) close_after_output_ = true;
  set_request_id(request_id_, head.x_request_id, io_.random);

  match_ = shared.router.match(head.method, head.path);
  if (match_.endpoint == nullptr) return refuse_unrouted(data);
  if (std::holds_alternative<InlineHandler>(match_.endpoint->route.handler.value)) {
    if (head.has_body() && !match_.path_exists) return refuse_unrouted(data);
    if (head.has_body()) return refuse(400, "unexpected_body", "This request takes no body.");
    const Step step = run_inline(data, in_input);
    if (step != Step::kStop) return step;
  }
  return start_body(data, in_input);
}

// Head is complete and wants a worker: wait for the body, if any, then hand over.
Connection::Step Connection::start_body(std::string_view& data, bool& in_input) {
  const ServerOptions& options = io_.shared.options;
  const RequestHead& head = io_.head;
  const std::size_t limit = std::min(match_.endpoint->route.max_body_bytes, options.max_body_bytes);
  const std::uint64_t length = head.content_length.value_or(0);
  if (length > limit) {
    return refuse(413, "body_too_large", "The body is larger than this route takes.",
                  match_.endpoint->route.face);
  }
  const bool whole = !head.chunked && data.size() >= head.head_bytes + length;
  const Importance importance = importance_of(match_.endpoint->route.importance, head.priority);
  if (whole && !io_.shared.handler.admits(*match_.endpoint, importance)) {
    // In an overload most of what comes is refused: nothing of it is copied or parsed again.
    answer_overloaded(head.origin);
    return after_request(data, in_input, head.head_bytes + static_cast<std::size_t>(length));
  }
  if (!whole && head.expect_continue && data.size() == head.head_bytes) {
    out() += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  head_bytes_ = head.head_bytes;
  request_bytes_ = head.chunked ? 0 : head.head_bytes + static_cast<std::size_t>(length);
  note_client(head);
  keep(data, in_input);
  phase_ = Phase::kBody;
  body_.clear();
  body_fed_ = head_bytes_;
  chunked_.reset();
  if (head.chunked) chunked_.emplace(limit);
  arm(options.body_timeout);
  return Step::kAgain;
}

// `data` is all of input_: the request under way stands at its front.
Connection::Step Connection::continue_body(std::string_view& data) {
  if (chunked_) {
    std::size_t used = 0;
    const ParseState state = chunked_->decode(data.substr(body_fed_), body_, used);
    body_fed_ += used;
    if (state == ParseState::kError) {
      io_.shared.protocol_errors.add();
      const ParseError& error = chunked_->error();
      return refuse(error.status, error.reason, error.detail, match_.endpoint->route.face);
    }
    if (state == ParseState::kNeedMore) return Step::kNeedMore;
    request_bytes_ = body_fed_;
  }
  if (data.size() < request_bytes_) return Step::kNeedMore;
  const Step step = dispatch(
      chunked_ ? std::string_view(body_)
               : std::string_view(input_).substr(head_bytes_, request_bytes_ - head_bytes_));
  data = input_;
  return step;
}

Connection::Step Connection::run_inline(std::string_view& data, bool& in_input) {
  std::string& target = out();
  const std::size_t begin = target.size();
  const InlineRequest::Peer peer{io_.shared.trusted_proxies, peer_address_, tls_ != nullptr};
  InlineRequest request(io_.head, match_.params[0], io_.index, io_.loop.now(), io_.loop.mono(),
                        io_.loop.date_header(), request_id_, peer, target);
  const auto& handler = std::get<InlineHandler>(match_.endpoint->route.handler.value);
  if (handler.fast(request) == InlineOutcome::kNeedsWorker) {
    CHECK(target.size() == begin);
    return Step::kStop;
  }
  if (request.is_declined()) return refuse_unrouted(data);
  if (request.response()) {
    answer(*request.response());
    count(*match_.endpoint, request.response()->status);
    return after_request(data, in_input, io_.head.head_bytes);
  }
  if (close_after_output_ || http_1_0_) {
    const std::size_t line_end = target.find("\r\n", begin);
    CHECK(line_end != std::string::npos);
    target.insert(line_end + 2,
                  close_after_output_ ? "Connection: close\r\n" : "Connection: keep-alive\r\n");
  }
  count(*match_.endpoint, request.status());
  return after_request(data, in_input, io_.head.head_bytes);
}

// A request of so many bytes has its answer and was never kept.
Connection::Step Connection::after_request(std::string_view& data, bool in_input,
                                           std::size_t bytes) {
  data.remove_prefix(bytes);
  if (data.empty() && in_input) input_.clear();
  return Step::kAgain;
}

Connection::Step Connection::dispatch(std::string_view body) {
  auto exchange = std::make_unique<Exchange>();
  ParseError error;
  // Again, since the views must point into input_, which stays put from here on.
  CHECK(parse_request_head(input_, io_.shared.options.parser, exchange->head, error) ==
        ParseState::kComplete);
  const std::string_view origin = exchange->head.origin;
  const base::Result<std::optional<base::Millis>> timeout =
      timeout_of(exchange->head.ashlar_timeout_ms);
  if (!timeout.ok())
    return refuse_call(origin, face_of_route().of_error(timeout.error(), request_id_));
  const Route& route = match_.endpoint->route;
  exchange->importance = importance_of(route.importance, exchange->head.priority);
  if (!io_.shared.handler.admits(*match_.endpoint, exchange->importance)) {
    return refuse_overloaded(origin);
  }
  exchange->match = io_.shared.router.match(exchange->head.method, exchange->head.path);
  exchange->body = body;
  exchange->request_id = request_id_;
  exchange->client_address = client_address_;
  exchange->secure = secure_;
  exchange->started = io_.loop.mono();
  // The caller has been waiting since before the head came, the route's own time begins now.
  exchange->deadline = exchange->started + route.deadline.value;
  if (*timeout) exchange->deadline = std::min(exchange->deadline, request_started_ + **timeout);
  request_started_ = exchange->started;
  if (exchange->deadline <= exchange->started) {
    return refuse_call(origin, face_of_route().of_refusal(
                                   504, "deadline_exceeded",
                                   "No time was left when the request had come.", request_id_));
  }
  exchange->sink = shared_from_this();
  phase_ = Phase::kWorking;
  if (io_.shared.handler.submit(exchange)) return Step::kStop;
  return refuse_overloaded(origin);
}

// What is answered before anybody is authenticated is no tenant's.
void Connection::answer_readable(std::string_view origin, Response response) {
  io_.shared.cors.add_headers(origin, {}, response.headers);
  answer(response);
}

void Connection::answer_overloaded(std::string_view origin) {
  HeaderList more;
  if (!origin.empty()) io_.shared.cors.add_headers(origin, {}, more);
  const RefusalText& text = io_.refusal_text(match_.endpoint->route.face);
  text.append(out(),
              {.date_header = io_.loop.date_header(),
               .request_id = request_id_,
               .close = close_after_output_,
               .keep_alive_1_0 = http_1_0_ && !close_after_output_},
              more, head_only_, io_.random);
  ++refusals_;
  match_.endpoint->answers[5]->add();
}

// The connection is fine, only the work is too much: it stays open for the retry.
Connection::Step Connection::refuse_overloaded(std::string_view origin) {
  answer_overloaded(origin);
  phase_ = Phase::kWorking;
  finish_request();
  return Step::kAgain;
}

Connection::Step Connection::refuse_call(std::string_view origin, Response response) {
  const int status = response.status;
  answer_readable(origin, std::move(response));
  count(*match_.endpoint, status);
  phase_ = Phase::kWorking;
  finish_request();
  return Step::kAgain;
}

Connection::Step Connection::refuse_unrouted(std::string_view& data) {
  const RequestHead& head = io_.head;
  if (head.has_body()) close_after_output_ = linger_ = true;  // the body is not read
  if (!match_.path_exists) {
    answer_readable(head.origin,
                    io_.shared.errors.of_refusal(404, "not_found",
                                                 "There is nothing at this address.", request_id_));
    count(io_.shared.router.unmatched(), 404);
  } else {
    const std::string allowed = io_.shared.router.allowed(head.path);
    const bool options = head.method == Method::kOptions;
    Response response = options ? io_.shared.cors.preflight(head, allowed)
                                : io_.shared.errors.of_refusal(
                                      405, "method_not_allowed",
                                      "This address answers to: " + allowed + ".", request_id_);
    const int status = response.status;
    response.header("Allow", allowed);
    options ? answer(response) : answer_readable(head.origin, std::move(response));
    count(io_.shared.router.unmatched(), status);
  }
  data.remove_prefix(head.head_bytes);
  return Step::kAgain;
}

const ErrorFace& Connection::face_of_route() const {
  const ErrorFace* const own = match_.endpoint->route.face;
  return own != nullptr ? *own : io_.shared.errors;
}

// For what makes the rest of the connection unreadable: answers, then closes.
Connection::Step Connection::refuse(int status, std::string_view reason, std::string_view detail,
                                    const ErrorFace* face) {
  close_after_output_ = linger_ = true;
  if (request_id_.empty()) set_request_id(request_id_, {}, io_.random);
  if (phase_ == Phase::kHead) request_started_ = io_.loop.mono();
  const ErrorFace& errors = face != nullptr ? *face : io_.shared.errors;
  answer(errors.of_refusal(status, reason, detail, request_id_));
  count(io_.shared.router.unmatched(), status);
  input_.clear();
  phase_ = Phase::kHead;
  return Step::kAgain;
}

void Connection::keep(std::string_view& data, bool& in_input) {
  if (in_input) {
    input_.erase(0, input_.size() - data.size());
  } else {
    input_.assign(data);
  }
  in_input = true;
  data = input_;
  if (input_.empty() && input_.capacity() > kKeptInputBytes) input_.shrink_to_fit();
}

void Connection::note_client(const RequestHead& head) {
  const ClientInfo client =
      io_.shared.trusted_proxies.client_of(peer_address_, tls_ != nullptr, head);
  client_address_ = client.address;
  secure_ = client.secure;
}

void Connection::answer(const Response& response) {
  std::string& target = out();
  const base::Status written = append_head(target, response);
  if (!written.ok()) {
    // A handler made a header that cannot be sent. What is wrong is ours, and nothing of it leaves.
    const Response instead = io_.shared.errors.of_error(written.error(), request_id_);
    CHECK(append_head(target, instead).ok());
    if (!head_only_) target += instead.body;
    return;
  }
  if (!head_only_) target += response.body;
}

base::Status Connection::append_head(std::string& target, const Response& response) const {
  return append_response_head(target,
                              {.status = response.status,
                               .date_header = io_.loop.date_header(),
                               .request_id = request_id_,
                               .content_type = response.content_type,
                               .content_length = response.body.size(),
                               .close = close_after_output_,
                               .keep_alive_1_0 = http_1_0_ && !close_after_output_},
                              response.headers);
}

void Connection::count(const Endpoint& endpoint, int status) const {
  endpoint.answers[static_cast<std::size_t>(status / 100)]->add();
  const auto took = io_.shared.clock.mono() - request_started_;
  endpoint.duration_s->observe(std::chrono::duration<double>(took).count());
}

// The request at the front of input_ has its answer.
void Connection::finish_request() {
  CHECK(phase_ == Phase::kWorking);
  phase_ = Phase::kHead;
  input_.erase(0, request_bytes_);
  if (input_.empty() && input_.capacity() > kKeptInputBytes) input_.shrink_to_fit();
  body_.clear();
  if (body_.capacity() > kKeptInputBytes) body_.shrink_to_fit();
  parsed_bytes_ = 0;
  if (draining_) close_after_output_ = true;
  arm(io_.shared.options.idle_timeout);
}

}  // namespace ashlar::http
