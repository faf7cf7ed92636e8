#include "modules/webhooks/sender.h"

#include <algorithm>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/webhooks/delivery_body.h"
#include "modules/webhooks/delivery_job.h"
#include "modules/webhooks/signing_keys.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/standard_webhooks.h"
#include "platform/outbound/target.h"
#include "platform/storage/database.h"

namespace ashlar::webhooks {
namespace {

constexpr base::Seconds kStorageAway{5};
constexpr base::Seconds kLongestPostponed{3'600};
constexpr base::Millis kRecordingTakes{2'000};
constexpr base::Millis kLook{20};

// Retries, breakers and order are ours, one for each endpoint: to the client all endpoints are one
// dependency, which it must not judge as a whole.
outbound::Policy policy() {
  outbound::Policy policy;
  policy.timeout = policy.attempt_timeout = Sender::kAttemptTimeout;
  policy.retry.max_attempts = 1;
  policy.breaker.min_calls = 1'000'000'000;
  policy.max_running = Sender::kMaxRunning;
  policy.max_waiting = Sender::kMaxRunning;
  policy.max_answer_bytes = Sender::kMaxKeptAnswer;
  return policy;
}

EndpointHealth::Seen seen_in(const AttemptVerdict& verdict, bool not_sent) {
  if (not_sent) return EndpointHealth::Seen::kNothing;
  const bool trouble = !verdict.status || *verdict.status >= 500 || *verdict.status == 429;
  return trouble ? EndpointHealth::Seen::kTrouble : EndpointHealth::Seen::kAnswer;
}

jobs::Outcome outcome_of(const AttemptVerdict& verdict) {
  switch (verdict.state) {
    case DeliveryState::kDelivered:
      return jobs::Outcome::done();
    case DeliveryState::kFailed:
      return jobs::Outcome::dead(verdict.error);
    case DeliveryState::kPending:
      break;
  }
  return jobs::Outcome::failed(verdict.error, verdict.next_at);
}

}  // namespace

struct Sender::Sending {
  LoadedDelivery loaded;
  std::function<void(jobs::Outcome)> done;
  kit::CircuitBreaker::Ticket ticket{};
  base::Time began_at{};
  base::Mono began{};
};

Sender::Sender(Options options, storage::Database& db, const security::SecretBox& box,
               EndpointHealth& health, AttemptRecorder& recorder, const base::Clock& clock,
               obs::Registry& metrics, obs::Log& log)
    : options_(std::move(options)),
      db_(db),
      box_(box),
      health_(health),
      recorder_(recorder),
      clock_(clock),
      log_(log),
      postponed_(metrics.make_counter(
          "ashlar_webhooks_postponed_total",
          "Attempts put off because the endpoint was down or asked to be left alone.")),
      random_(options_.seed),
      client_({.name = "webhooks", .allow_private = options_.allow_private, .seed = options_.seed},
              clock, metrics),
      dependency_(client_.add_dependency("webhooks", policy())) {}

Sender::~Sender() { stop(base::Millis{0}); }

void Sender::stop(base::Millis grace) {
  stopping_.store(true);
  const base::Mono end = clock_.mono() + grace;
  std::binary_semaphore never{0};
  while (running_.load() > 0 && clock_.mono() < end) {
    [[maybe_unused]] const bool acquired = never.try_acquire_for(kLook);
  }
  client_.stop();
}

base::Result<std::optional<LoadedDelivery>> Sender::load(DeliveryId id) {
  return db_.read(storage::Context::platform(storage::PlatformUse::kJobs),
                  [&](storage::Transaction& tx) { return store::load_delivery(tx, id); });
}

void Sender::attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done) {
  // A second later: the runner still leases, and would lease this one again at once.
  if (stopping_.load()) return done(jobs::Outcome::snoozed(clock_.now() + base::Seconds{1}));
  const std::optional<DeliveryId> id = delivery_of(attempt.job.payload);
  if (!id) return done(jobs::Outcome::dead("not a delivery"));
  base::Result<std::optional<LoadedDelivery>> loaded = load(*id);
  if (!loaded.ok()) return done(jobs::Outcome::snoozed(clock_.now() + kStorageAway));
  // Deleted meanwhile, or ended by an attempt whose job did not hear of it.
  if (!*loaded || (*loaded)->delivery.state != DeliveryState::kPending) {
    return done(jobs::Outcome::cancelled());
  }
  // An attempt was recorded, and the process died before its job heard of it.
  const std::optional<base::Time> next_at = (*loaded)->delivery.next_at;
  if (next_at && *next_at > clock_.now()) return done(jobs::Outcome::snoozed(*next_at));
  const auto sending = std::make_shared<Sending>();
  sending->loaded = **std::move(loaded);
  sending->done = std::move(done);
  const bool test = sending->loaded.delivery.test;
  if (sending->loaded.endpoint.state != EndpointState::kEnabled && !test) return drop(sending);
  const EndpointHealth::Admission admission =
      health_.admit(sending->loaded.endpoint.id, clock_.mono());
  if (!admission.ticket) {
    postponed_.add();
    return sending->done(
        jobs::Outcome::snoozed(postponed(admission.wait, sending->loaded.delivery.created_at)));
  }
  sending->ticket = *admission.ticket;
  send(sending, attempt.deadline - kRecordingTakes);
}

void Sender::drop(const SendingPtr& sending) {
  AttemptRecorder::Record record;
  record.made.delivery = sending->loaded.delivery.id;
  record.endpoint = std::move(sending->loaded.endpoint);
  record.dropped = true;
  record.outcome = jobs::Outcome::cancelled();
  record.done = std::move(sending->done);
  recorder_.add(std::move(record));
}

base::Time Sender::postponed(std::chrono::nanoseconds wait, base::Time since) {
  const base::Time now = clock_.now();
  const base::Micros by_age =
      std::clamp<base::Micros>((now - since) / 4, base::Micros{0}, kLongestPostponed);
  const base::Micros least = std::max(std::chrono::ceil<base::Micros>(wait), by_age);
  const std::lock_guard lock(random_mutex_);
  return now + least +
         base::Micros{static_cast<std::int64_t>(random_.unit() *
                                                static_cast<double>(least.count()) * kJitter)};
}

void Sender::send(const SendingPtr& sending, base::Mono deadline) {
  const Endpoint& endpoint = sending->loaded.endpoint;
  const Message& message = sending->loaded.message;
  const auto keys = SigningKeys::open(box_, endpoint.sealed_keys, endpoint.tenant, endpoint.id);
  // The rule may have become stricter since the URL was given.
  const auto target = outbound::check_target(endpoint.url, {options_.allow_private});
  sending->began_at = clock_.now();
  sending->began = clock_.mono();
  running_.fetch_add(1);
  if (!keys || !target.ok()) {
    if (!keys) log_.error("webhook keys cannot be opened", {{"webhook", endpoint.id.value}});
    return ended(sending,
                 base::fail(base::Code::kForbidden, keys ? "address_forbidden" : "keys_damaged",
                            "The endpoint's keys cannot be read; rotate them"));
  }
  DeliveryBody body = body_of(message, endpoint.format, endpoint.tenant, options_.source);
  outbound::Request request;
  request.method = "POST";
  request.url = endpoint.url;
  request.headers = outbound::signed_headers(keys->at(sending->began_at), message.event_id,
                                             sending->began_at, body.text);
  request.headers.emplace_back("Content-Type", body.content_type);
  request.headers.emplace_back("User-Agent", "Ashlar-Webhooks/1");
  request.body = std::move(body.text);
  request.traceparent = message.traceparent;
  request.deadline = deadline;
  client_.submit(
      dependency_, std::move(request),
      [this, sending](const base::Result<outbound::Answer>& result) { ended(sending, result); });
}

void Sender::ended(const SendingPtr& sending, const base::Result<outbound::Answer>& result) {
  const base::Mono mono = clock_.mono();
  const bool not_sent = was_not_sent(result);
  const Delivery& delivery = sending->loaded.delivery;
  AttemptFacts facts;
  facts.number = static_cast<int>(delivery.attempts - delivery.series_start) + 1;
  facts.last = delivery.test;
  facts.now = clock_.now();
  facts.keep_answer = !options_.allow_private;
  std::unique_lock lock(random_mutex_);
  AttemptVerdict verdict = judge(result, facts, random_);
  lock.unlock();
  const auto throttle = verdict.throttle_until.value_or(facts.now) - facts.now;
  health_.record(sending->loaded.endpoint.id, sending->ticket, seen_in(verdict, not_sent),
                 mono - sending->began, throttle, mono);
  if (not_sent) {
    sending->done(jobs::Outcome::snoozed(facts.now + base::Seconds{1}));
    running_.fetch_sub(1);
    return;
  }
  AttemptRecorder::Record record;
  record.outcome = outcome_of(verdict);
  record.made = {.delivery = delivery.id,
                 .at = sending->began_at,
                 .took = std::chrono::floor<base::Micros>(mono - sending->began),
                 .state = verdict.state,
                 .status = verdict.status,
                 .error = std::move(verdict.error),
                 .answer = std::move(verdict.answer),
                 .next_at = verdict.next_at};
  record.endpoint = std::move(sending->loaded.endpoint);
  record.test = delivery.test;
  record.gone = verdict.gone;
  record.done = std::move(sending->done);
  base::failpoint(base::Failpoint::kOutboxPublished);
  recorder_.add(std::move(record));
  running_.fetch_sub(1);
}

}  // namespace ashlar::webhooks
