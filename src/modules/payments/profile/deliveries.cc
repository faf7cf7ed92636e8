#include "modules/payments/profile/deliveries.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/failpoint.h"
#include "modules/payments/profile/profile_error.h"
#include "modules/payments/profile/profile_event.h"
#include "modules/payments/profile/webhook_endpoint.h"
#include "modules/payments/providers/timed_signature.h"
#include "modules/payments/reads.h"
#include "platform/events/event.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/observability/log.h"
#include "platform/security/secret_box.h"
#include "platform/storage/database.h"

namespace ashlar::payments::profile {
namespace {

constexpr const char* kKind = "payments.profile_event";
constexpr int kMostAttempts = 16;
constexpr std::size_t kMostAnswer = 64 * 1024;
constexpr base::Millis kJobTimeout{60'000};

// Three days altogether.
std::vector<base::Millis> pauses() {
  constexpr std::array<int, 15> kSeconds{1,     5,     30,    120,   600,   1800,  3600, 7200,
                                         14400, 21600, 28800, 36000, 43200, 43200, 43200};
  std::vector<base::Millis> all;
  for (const int seconds : kSeconds) all.emplace_back(base::Seconds{seconds});
  return all;
}

// Retries are the job's, and all endpoints are one dependency, which must not be judged as a whole.
outbound::Policy policy() {
  outbound::Policy policy;
  policy.timeout = policy.attempt_timeout = Deliveries::kAttemptTimeout;
  policy.retry.max_attempts = 1;
  policy.breaker.min_calls = 1'000'000'000;
  policy.max_running = Deliveries::kMaxRunning;
  policy.max_waiting = Deliveries::kMaxRunning;
  policy.max_answer_bytes = kMostAnswer;
  return policy;
}

// "we_… evt_…"
std::string payload_of(std::string_view endpoint, std::string_view event) {
  return std::string(endpoint) + " " + std::string(event);
}

jobs::NewJob job_of(const WebhookEndpoint& endpoint, const ProfileEvent& event) {
  jobs::NewJob job;
  job.kind = kKind;
  job.queue = endpoint.id;
  job.payload = payload_of(endpoint.id, event.id);
  job.unique_key = job.payload;
  job.max_attempts = kMostAttempts;
  job.timeout = kJobTimeout;
  return job;
}

jobs::Outcome outcome_of(const base::Result<outbound::Answer>& result) {
  if (!result.ok()) return jobs::Outcome::failed(result.error().detail);
  if (result->status >= 200 && result->status < 300) return jobs::Outcome::done();
  return jobs::Outcome::failed("The answer was " + std::to_string(result->status) + ".");
}

}  // namespace

struct Deliveries::Sending {
  std::string url, body, secret;
};

Deliveries::Deliveries(Options options, storage::Database& db, jobs::Jobs& jobs,
                       const security::SecretBox& box, const base::Clock& clock,
                       obs::Registry& metrics, obs::Log& log)
    : options_(options),
      db_(db),
      jobs_(jobs),
      box_(box),
      clock_(clock),
      log_(log),
      client_(
          {.name = "profile-hooks", .allow_private = options.allow_private, .seed = options.seed},
          clock, metrics),
      dependency_(client_.add_dependency("payments_profile_webhooks", policy())) {}

Deliveries::~Deliveries() { stop(); }

void Deliveries::stop() {
  stopping_.store(true);
  client_.stop();
}

events::ConsumerOptions Deliveries::consumer() {
  events::ConsumerOptions options;
  options.name = "payments-profile";
  options.types = {"payment.*",  "charge.*", "refund.*", "dispute.*",
                   "customer.*", "method.*", "payout.*"};
  options.consume = [this](storage::Transaction& tx, const events::Event& event) {
    return fan_out(tx, event);
  };
  return options;
}

jobs::KindOptions Deliveries::kind() {
  jobs::KindOptions options;
  options.kind = kKind;
  options.handler =
      jobs::AsyncHandler([this](const jobs::Attempt& one, std::function<void(jobs::Outcome)> done) {
        attempt(one, std::move(done));
      });
  options.concurrency = static_cast<int>(kMaxRunning);
  options.retry = {.delays = pauses(), .jitter = 0.1};
  return options;
}

// Which events of ours one of the core's is follows from its payment as it was then, and a consumer
// reads no tenant's rows: so a job is made for each endpoint that may want it, and finds out.
base::Status Deliveries::fan_out(storage::Transaction& tx, const events::Event& event) {
  if (!event.tenant.is_set()) return base::ok_status();
  ASHLAR_ASSIGN(const auto endpoints, store::endpoints_of(tx, event.tenant));
  if (endpoints.empty()) return base::ok_status();
  const auto data = json::parse(event.data);
  const json::Value* id = data.ok() ? data->find("event") : nullptr;
  if (id == nullptr || id->if_string() == nullptr) {
    return base::fail(base::Code::kInternal, "event_without_id", event.type);
  }
  std::vector<jobs::NewJob> work;
  for (const WebhookEndpoint& endpoint : endpoints) {
    for (const ProfileEvent& one : candidates_of(event.type, *id->if_string())) {
      if (endpoint.wants(one.type)) work.push_back(job_of(endpoint, one));
    }
  }
  if (work.empty()) return base::ok_status();
  ASHLAR_TRY(jobs_.enqueue_many(tx, event.tenant, work));
  return base::ok_status();
}

// Nothing: there is nothing to be told (any more).
base::Result<std::unique_ptr<Deliveries::Sending>> Deliveries::load(const jobs::LeasedJob& job) {
  const std::size_t space = job.payload.find(' ');
  if (space == std::string::npos || !job.tenant.is_set()) return std::unique_ptr<Sending>();
  const std::string endpoint_id = job.payload.substr(0, space);
  const std::string event_id = job.payload.substr(space + 1);
  return db_.read(storage::Context::tenant(job.tenant),
                  [&](storage::Transaction& tx) -> base::Result<std::unique_ptr<Sending>> {
                    ASHLAR_ASSIGN(const auto endpoint, store::find_endpoint(tx, endpoint_id));
                    if (!endpoint || endpoint->disabled) return std::unique_ptr<Sending>();
                    auto sending = std::make_unique<Sending>();
                    sending->url = endpoint->url;
                    std::optional<std::string> secret = open_secret(box_, *endpoint, job.tenant);
                    if (!secret) {
                      return base::fail(base::Code::kInternal, "secret_damaged", endpoint->id);
                    }
                    sending->secret = *std::move(secret);
                    Reads reads(tx);
                    ASHLAR_ASSIGN(const Told told, reads.event(core_event_id(event_id)));
                    for (const ProfileEvent& event : events_of(told)) {
                      if (event.id != event_id || !endpoint->wants(event.type)) continue;
                      json::Writer out(sending->body);
                      ASHLAR_TRY(write_event(out, event, told, reads, endpoint->live, 1));
                      return sending;
                    }
                    return std::unique_ptr<Sending>();
                  });
}

void Deliveries::attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done) {
  if (stopping_.load()) return done(jobs::Outcome::snoozed(clock_.now() + base::Seconds{1}));
  base::Result<std::unique_ptr<Sending>> loaded = load(attempt.job);
  if (!loaded.ok()) {
    log_.warn("webhook event not rendered", {{"job", attempt.job.payload},
                                             {"reason", loaded.error().reason},
                                             {"detail", loaded.error().detail}});
    return done(jobs::Outcome::failed(loaded.error().detail));
  }
  const std::unique_ptr<Sending> sending = std::move(*loaded);
  if (sending == nullptr) return done(jobs::Outcome::cancelled());
  outbound::Request request;
  request.method = "POST";
  request.url = sending->url;
  request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                     {"User-Agent", "Ashlar-Payments/1"},
                     {"Stripe-Signature",
                      timed_signature(std::array{sending->secret}, clock_.now(), sending->body)}};
  request.body = std::move(sending->body);
  request.traceparent = attempt.job.traceparent;
  request.deadline = attempt.deadline;
  client_.submit(
      dependency_, std::move(request),
      [this, done = std::move(done)](const base::Result<outbound::Answer>& result) {
        base::failpoint(base::Failpoint::kOutboxPublished);
        const bool ended = !result.ok() && stopping_.load();
        done(ended ? jobs::Outcome::snoozed(clock_.now() + base::Seconds{1}) : outcome_of(result));
      });
}

}  // namespace ashlar::payments::profile
