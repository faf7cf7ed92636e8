#include "modules/tasks/push.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "platform/json/writer.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::tasks {
namespace {

using jobs::Outcome;
using Went = PushGate::Went;

// One attempt a call: attempts are the engine's to count. Breaker, bulkhead and rate are the
// gate's, by host; here they are out of the way.
outbound::Policy policy() {
  outbound::Policy policy;
  policy.timeout = kMaxPushTimeout;
  policy.attempt_timeout = kMaxPushTimeout;
  policy.retry.max_attempts = 1;
  policy.breaker.min_calls = 1'000'000'000;
  policy.max_running = Push::kConcurrency;
  policy.max_waiting = Push::kConcurrency;
  policy.max_answer_bytes = 1024 * 1024;
  return policy;
}

obs::Counter& held_back(obs::Registry& metrics, const char* why) {
  return metrics.make_counter("ashlar_tasks_push_held_back_total",
                              "Push tasks that were not sent yet, to go easy on their host.",
                              {{"why", why}});
}

// The first `most` bytes, not cut inside a character; what is no UTF-8 the JSON writer mends.
std::string_view front(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::string result_text(const outbound::Answer& answer, bool keep_body) {
  std::string body(keep_body ? front(answer.body, Push::kMaxResultText) : "");
  std::ranges::replace(body, '\0', ' ');  // what JSON can say, but not our own reader takes
  for (std::size_t most = Push::kMaxResultText;; most /= 2) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("status").integer(answer.status);
    writer.key("body").string(front(body, most)).end_object();
    if (out.size() <= kMaxResultBytes || most == 0) return out;  // escapes may lengthen it
  }
}

std::string error_text(const outbound::Answer& answer, bool keep_body) {
  std::string text = "HTTP " + std::to_string(answer.status);
  if (answer.body.empty() || !keep_body) return text;
  text += ": ";
  for (const char c : front(answer.body, Push::kMaxResultText)) {
    text += c == '\0' || c == '\r' ? ' ' : c;
  }
  return base::is_utf8(text) ? text : "HTTP " + std::to_string(answer.status);
}

Went went_of(const base::Result<outbound::Answer>& result) {
  if (!result.ok()) {
    const std::string_view reason = result.error().reason;
    const bool of_host = reason == "dependency_unreachable" || reason == "dependency_timeout";
    return of_host ? Went::kBadly : Went::kNowhere;
  }
  return result->status >= 500 || result->status == 429 ? Went::kBadly : Went::kWell;
}

bool was_not_sent(std::string_view reason) {
  return reason == "bulkhead_full" || reason == "circuit_open" || reason == "too_many_calls" ||
         reason == "client_stopping";
}

Outcome outcome_of_error(const base::Error& error, base::Time now) {
  if (was_not_sent(error.reason)) return Outcome::snoozed(now + PushGate::kFullPause);
  return Outcome::failed(std::string(error.reason) + ": " + error.detail);
}

std::optional<base::Time> retry_at(const outbound::Answer& answer, base::Time now) {
  const std::optional<base::Seconds> pause = outbound::retry_after_of(answer, now);
  return pause ? std::optional(now + *pause) : std::nullopt;
}

}  // namespace

Outcome outcome_of(const outbound::Answer& answer, const PushTarget& target, base::Time now,
                   bool keep_body) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return Outcome::done(result_text(answer, keep_body));
  if (std::ranges::find(target.give_up_on, status) != target.give_up_on.end()) {
    return Outcome::dead(error_text(answer, keep_body));
  }
  const bool says_when = status == 429 || status == 503;
  return Outcome::failed(error_text(answer, keep_body),
                         says_when ? retry_at(answer, now) : std::nullopt);
}

Push::Push(Options options, outbound::OutboundClient& client, PushSettings& settings,
           const base::Clock& clock, obs::Registry& metrics)
    : options_(std::move(options)),
      client_(client),
      dependency_(client.add_dependency("tasks.push", policy())),
      settings_(settings),
      clock_(clock),
      gate_(options_.seed),
      busy_(held_back(metrics, "busy")),
      paced_(held_back(metrics, "rate")),
      broken_(held_back(metrics, "breaker")) {}

jobs::KindOptions Push::kind() {
  jobs::KindOptions options;
  options.kind = kPushKind;
  options.handler =
      jobs::AsyncHandler([this](const jobs::Attempt& attempt, std::function<void(Outcome)> done) {
        send(attempt, std::move(done));
      });
  options.concurrency = kConcurrency;
  options.prefetch = kConcurrency / 2;
  options.max_bytes = kMaxBytes;
  return options;
}

base::Result<outbound::Request> Push::request_of(const jobs::Attempt& attempt,
                                                 const TaskMeta& meta) {
  const jobs::LeasedJob& job = attempt.job;
  const PushTarget& target = *meta.target;
  ASHLAR_ASSIGN(const SigningKeys signing, settings_.signing(job.tenant));
  const base::Time now = clock_.now();
  const auto left = std::chrono::floor<base::Millis>(attempt.deadline - clock_.mono());
  outbound::Request request;
  request.method = target.method;
  request.url = target.url;
  request.body = job.payload;
  request.traceparent = job.traceparent;
  request.deadline = attempt.deadline;
  request.headers =
      outbound::signed_headers(signing.keys, "task_" + job.ref.id.to_string(), now, request.body);
  const auto add = [&](const char* name, std::string value) {
    request.headers.emplace_back(name, std::move(value));
  };
  add("User-Agent", options_.user_agent);
  add("Ashlar-Task-Id", job.ref.id.to_string());
  add("Ashlar-Queue", job.queue);
  const Count count = count_of(job);
  add("Ashlar-Attempt", std::to_string(count.attempt));
  add("Ashlar-Max-Attempts", std::to_string(count.max_attempts));
  add("Ashlar-Deadline", base::format_rfc3339(std::chrono::floor<base::Millis>(now + left)));
  if (meta.occurrence) add("Ashlar-Schedule", meta.occurrence->schedule);
  const auto given = [&](std::string_view name) {
    return std::ranges::any_of(target.headers, [&](const auto& header) {
      return base::ascii_iequals(header.first, name);
    });
  };
  if (!given("Content-Type")) add("Content-Type", "application/json");
  for (const auto& [name, value] : target.headers) request.headers.emplace_back(name, value);
  return request;
}

Outcome Push::refused(const PushGate::Refusal& refusal) {
  switch (refusal.why) {
    case PushGate::Why::kBusy:
      busy_.add();
      break;
    case PushGate::Why::kRate:
      paced_.add();
      break;
    case PushGate::Why::kBreaker:
      broken_.add();
      break;
  }
  return Outcome::snoozed(clock_.now() + refusal.pause);
}

bool Push::begin() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  ++under_way_;
  return true;
}

void Push::ended() {
  const std::lock_guard lock(mutex_);
  if (--under_way_ == 0) idle_.notify_all();
}

void Push::stop() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    idle_.wait_for(lock, kGrace, [this] { return under_way_ == 0; });
  }
  client_.stop();
}

void Push::send(const jobs::Attempt& attempt, std::function<void(Outcome)> done) {
  const jobs::LeasedJob& job = attempt.job;
  TaskMeta meta = TaskMeta::parse(job.meta);
  if (!meta.target) return done(Outcome::dead("the task has no target"));
  // What an operator allowed yesterday he may forbid today.
  const auto target = outbound::check_target(meta.target->url, options_.targets);
  if (!target.ok()) return done(Outcome::dead(target.error().detail));
  const auto limits = settings_.limits(job.tenant, job.queue);
  auto request = request_of(attempt, meta);
  if (!limits.ok() || !request.ok()) {
    // Storage is away; nothing was sent.
    return done(Outcome::snoozed(clock_.now() + PushGate::kFullPause));
  }
  const std::string host = target->host + ":" + std::to_string(target->port);
  auto entered = gate_.enter(job.tenant, host, *limits, clock_.mono());
  if (const auto* refusal = std::get_if<PushGate::Refusal>(&entered)) {
    return done(refused(*refusal));
  }
  if (!begin()) {
    gate_.leave(std::get<PushGate::Pass>(entered), Went::kNowhere, clock_.mono());
    return done(Outcome::snoozed(clock_.now() + PushGate::kFullPause));
  }
  client_.submit(
      dependency_, std::move(*request),
      [this, pass = std::get<PushGate::Pass>(std::move(entered)), target = std::move(*meta.target),
       done = std::move(done)](base::Result<outbound::Answer> result) {
        gate_.leave(pass, went_of(result), clock_.mono());
        const base::Time now = clock_.now();
        done(result.ok() ? outcome_of(*result, target, now, !options_.targets.allow_private)
                         : outcome_of_error(result.error(), now));
        ended();
      });
}

}  // namespace ashlar::tasks
