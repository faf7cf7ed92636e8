#include "modules/notifications/sender.h"

#include <algorithm>
#include <semaphore>
#include <utility>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "modules/notifications/endpoint_origin.h"
#include "modules/notifications/kept_text.h"
#include "modules/notifications/queued_provider.h"
#include "modules/notifications/sender_sending.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;

constexpr base::Millis kTooLateToAsk{5'000};
constexpr base::Millis kLook{20};
constexpr std::size_t kMaxCodeBytes = 64;
constexpr std::size_t kMaxRefBytes = 255;
constexpr double kSpread = 0.5;

// Web push without a device of ours brings its keys along; of a bare token nothing more is known.
std::string_view type_of(const store::Sending& loaded) {
  if (loaded.delivery.channel != Channel::kPush) return {};
  if (loaded.platform) return name_of(*loaded.platform);
  return loaded.delivery.target.extra.empty() ? std::string_view() : name_of(Platform::kWebpush);
}

// Whose the message is at the other end: a mail's domain, a browser's push service.
std::string domain_of(const store::Sending& loaded) {
  const std::string& address = loaded.delivery.target.address;
  if (type_of(loaded) == name_of(Platform::kWebpush)) return origin_of(address);
  if (loaded.delivery.channel != Channel::kEmail) return {};
  const std::size_t at = address.rfind('@');
  return at == std::string::npos ? std::string() : base::ascii_lower(address.substr(at + 1));
}

bool is_put_off_by_age(Hold hold) { return hold != Hold::kPace && hold != Hold::kPlaces; }

}  // namespace

Sender::Sender(Options options, storage::Database& db, ProviderPool& pool, Renderer& renderer,
               SendRecorder& recorder, const base::Clock& clock, obs::Registry& metrics,
               obs::Log& log)
    : options_(options),
      pool_(pool),
      renderer_(renderer),
      recorder_(recorder),
      clock_(clock),
      log_(log),
      repeated_(metrics.make_counter(
          "ashlar_notifications_repeated_total",
          "Attempts made though the end of the one before is not known: it may have arrived.")),
      failovers_(metrics.make_counter("ashlar_notifications_failovers_total",
                                      "Messages given to another provider at once.")),
      random_(options_.seed),
      loader_(db) {
  for (std::size_t hold = 0; hold < put_off_.size(); ++hold) {
    const std::string_view why = name_of(static_cast<Hold>(hold));
    put_off_[hold] = &metrics.make_counter(
        "ashlar_notifications_put_off_total", "Attempts not begun, by what held them back.",
        {{"why", hold == 0 ? std::string("other") : std::string(why)}});
  }
}

Sender::~Sender() {
  stop(base::Millis{0});
  loader_.stop();
  // Whoever has a provider's word for it calls by the message's deadline.
  std::binary_semaphore never{0};
  while (running_.load() > 0) {
    [[maybe_unused]] const bool acquired = never.try_acquire_for(kLook);
  }
}

void Sender::stop(base::Millis grace) {
  stopping_.store(true);
  const base::Mono end = clock_.mono() + grace;
  std::binary_semaphore never{0};
  while (running_.load() > 0 && clock_.mono() < end) {
    [[maybe_unused]] const bool acquired = never.try_acquire_for(kLook);
  }
}

void Sender::carry(Channel channel, OwnChannel own) {
  own_[static_cast<std::size_t>(channel)] = std::move(own);
}

// What is retried says itself when: the kind's own plan must only not be later.
jobs::KindOptions Sender::kind() {
  jobs::KindOptions options;
  options.kind = kSendJob;
  options.handler = jobs::AsyncHandler(
      [this](const jobs::Attempt& attempt_, std::function<void(jobs::Outcome)> done) {
        attempt(attempt_, std::move(done));
      });
  options.concurrency = kMaxRunning;
  options.prefetch = kMaxWaiting;
  options.retry = {.delays = {base::Millis{1}}, .jitter = 0};
  return options;
}

SendFacts Sender::facts_of(const Sending& sending) const {
  SendFacts facts;
  facts.channel = sending.loaded.delivery.channel;
  facts.round = sending.round;
  facts.tries = static_cast<int>(sending.attempts.size());
  facts.maybe_sent = sending.loaded.maybe_sent;
  facts.now = clock_.now();
  facts.since = *sending.job.since;
  facts.expires_at = sending.loaded.notification.expires_at;
  return facts;
}

SendPlan Sender::planned(const SendResult& result, const SendFacts& facts) {
  const std::lock_guard lock(random_mutex_);
  return plan_after(result, facts, random_);
}

bool Sender::send_next(const SendingPtr& sending) {
  const store::Sending& loaded = sending->loaded;
  if (const OwnChannel& own = own_[static_cast<std::size_t>(loaded.delivery.channel)]) {
    send_own(sending, own);
    return true;
  }
  const std::string domain = domain_of(loaded);
  ProviderPool::Wanted wanted;
  wanted.tenant = loaded.delivery.tenant;
  wanted.channel = loaded.delivery.channel;
  wanted.priority = loaded.notification.priority;
  wanted.type = type_of(loaded);
  wanted.domain = domain;
  wanted.exclude = sending->asked;
  wanted.draw = static_cast<std::uint64_t>(loaded.delivery.id.value);
  if (loaded.maybe_sent) wanted.only = loaded.delivery.provider;
  wanted.only_first = loaded.maybe_sent && !wanted.only.is_set();
  // Of those who have asked somebody already, the answer stands: it does not wait.
  PlaceQueue::Resume resumed;
  const base::Mono now = clock_.mono();
  if (sending->asked.empty() && now - sending->queued_since.value_or(now) < kLongestQueued) {
    if (!sending->queued_since) sending->queued_since = now;
    resumed = [this, sending] { return resume(sending); };
  }
  const base::Result<ProviderPool::Choice> chosen = pool_.choose(wanted, std::move(resumed));
  using Kind = ProviderPool::Choice::Kind;
  if (chosen.ok() && chosen->kind == Kind::kQueued) return false;
  if (chosen.ok() && chosen->kind == Kind::kLease) {
    const ProviderId taken = chosen->lease->provider();
    const ProviderId first = sending->asked.empty() ? chosen->first : ProviderId();
    const ProviderId known = loaded.delivery.provider;
    if (taken == (known.is_set() ? known : first)) {
      send_by(sending, chosen->lease);
    } else {
      note(sending, chosen->lease);
    }
    return true;
  }
  not_sent_now(sending, chosen);
  return false;
}

// It is written down who gets it before it is sent: whoever goes on after a crash would take
// another for the one that may have it.
void Sender::note(const SendingPtr& sending, const std::shared_ptr<ProviderPool::Lease>& lease) {
  SendRecorder::Record record;
  record.delivery = sending->loaded.delivery;
  record.made = {.delivery = record.delivery.id,
                 .tenant = record.delivery.tenant,
                 .provider = lease->provider(),
                 .at = clock_.now()};
  record.outcome = jobs::Outcome::done("noted");
  record.done = [this, sending, lease](const jobs::Outcome& outcome) {
    const bool late = clock_.mono() + kTooLateToAsk >= sending->deadline;
    if (outcome.kind == jobs::Outcome::Kind::kDone && !late && !stopping_.load()) {
      sending->loaded.delivery.provider = lease->provider();
      return send_by(sending, lease);
    }
    if (!sending->asked.empty()) return this->record(sending, sending->plan, {});
    put_off(sending, kStorageAway);
  };
  recorder_.add(std::move(record));
}

// A place has become free, or the pool is being closed; or the provider gave it back unbegun, which
// was no attempt.
bool Sender::resume(const SendingPtr& sending) {
  const bool late = clock_.mono() + kTooLateToAsk >= sending->deadline;
  if (late || stopping_.load()) {
    put_off(sending, base::Seconds{1});
    return false;
  }
  return !ends_before_sending(sending) && send_next(sending);
}

void Sender::not_sent_now(const SendingPtr& sending,
                          const base::Result<ProviderPool::Choice>& chosen) {
  using Kind = ProviderPool::Choice::Kind;
  // Others have been asked: their answer stands.
  if (!sending->asked.empty()) return record(sending, sending->plan, {});
  if (!chosen.ok()) return put_off(sending, kStorageAway);
  switch (chosen->kind) {
    case Kind::kNone:
      return no_provider(sending);
    case Kind::kUnfit:
      return end(sending, State::kFailed, "no_provider",
                 "No provider of the tenant's can reach this device.", true);
    case Kind::kSpent:
      return end(sending, State::kUnknown, "provider_gone",
                 "The provider that may have sent it is there no more.");
    default:
      break;
  }
  put_off_[static_cast<std::size_t>(chosen->hold)]->add();
  if (clock_.now() < last_moment(facts_of(*sending))) {
    const bool by_age = is_put_off_by_age(chosen->hold);
    const nanoseconds age = by_age ? (clock_.now() - *sending->job.since) / 4 : nanoseconds{0};
    const nanoseconds wait = std::max(chosen->wait, std::min<nanoseconds>(age, kLongestPutOff));
    return by_age ? put_off(sending, wait) : put_off_until_its_turn(sending, wait);
  }
  end(sending, State::kFailed, "attempts_used",
      "No provider could be asked in time: " + std::string(name_of(chosen->hold)) + ".", true);
}

static Outgoing outgoing_of(const store::Sending& loaded, const RenderedMessage& message,
                            base::Mono deadline) {
  const Notification& n = loaded.notification;
  Outgoing out;
  out.id = loaded.delivery.message_id();
  out.target = loaded.delivery.target;
  out.target.name = loaded.name;
  out.content = message.content;
  out.urgent = n.priority == Priority::kUrgent;
  out.created_at = n.created_at;
  out.expires_at = n.expires_at;
  out.collapse_key = n.collapse_key;
  // What is critical goes whatever its reader prefers: it must not offer to end.
  if (!loaded.critical) out.unsubscribe_url = message.unsubscribe_url;
  out.category = n.category;
  out.traceparent = n.traceparent;
  out.deadline = deadline;
  return out;
}

void Sender::send_by(const SendingPtr& sending, const std::shared_ptr<ProviderPool::Lease>& lease) {
  if (!sending->asked.empty()) failovers_.add();
  sending->provider = lease->provider();
  sending->provider_name = lease->name();
  sending->began_at = clock_.now();
  sending->began = clock_.mono();
  leases_.begun(sending->delivery);
  if (sending->after_unknown && !std::exchange(sending->is_repeat_counted, true)) repeated_.add();
  base::failpoint(base::Failpoint::kAfterAttempt);
  lease->send(outgoing_of(sending->loaded, sending->message, sending->deadline),
              [this, sending](SendResult result) { answered(sending, std::move(result)); });
}

void Sender::send_own(const SendingPtr& sending, const OwnChannel& own) {
  sending->provider_name = name_of(sending->loaded.delivery.channel);
  sending->began_at = clock_.now();
  sending->began = clock_.mono();
  leases_.begun(sending->delivery);
  if (sending->after_unknown) repeated_.add();
  own(sending->loaded.notification, sending->loaded.delivery,
      outgoing_of(sending->loaded, sending->message, sending->deadline),
      [this, sending](SendResult result) { answered(sending, std::move(result)); });
}

void Sender::answered(const SendingPtr& sending, SendResult result) {
  base::failpoint(base::Failpoint::kAfterAnswer);
  if (is_given_back(result)) {
    resume(sending);
    return;
  }
  const base::Mono mono = clock_.mono();
  AttemptRecord attempt;
  attempt.delivery = sending->loaded.delivery.id;
  attempt.at = sending->began_at;
  attempt.took = std::chrono::floor<base::Micros>(mono - sending->began);
  attempt.provider = sending->provider_name;
  attempt.verdict = result.verdict;
  attempt.status = result.status;
  attempt.code = kept_text(result.code, kMaxCodeBytes);
  attempt.detail = kept_text(result.detail, Outgoing::kMaxDetailBytes);
  attempt.after_unknown = sending->after_unknown && sending->attempts.empty();
  std::string detail = attempt.detail;
  sending->attempts.push_back(std::move(attempt));
  sending->provider_ref = kept_text(result.provider_ref, kMaxRefBytes);
  sending->gone_since = result.gone_since;
  sending->plan = planned(result, facts_of(*sending));
  const bool elsewhere = sending->plan.next == SendPlan::Next::kElsewhere &&
                         sending->provider.is_set() && mono + kTooLateToAsk < sending->deadline;
  if (!elsewhere || stopping_.load()) return record(sending, sending->plan, std::move(detail));
  sending->asked.push_back(sending->provider);
  send_next(sending);
}

void Sender::no_provider(const SendingPtr& sending) {
  if (!options_.catches) {
    return end(sending, State::kFailed, "no_provider",
               "The tenant has no provider for this channel.", true);
  }
  SendRecorder::Record record;
  leases_.forget(sending->delivery);
  record.caught = store::Caught{.delivery = sending->loaded.delivery.id,
                                .channel = sending->loaded.delivery.channel,
                                .address = sending->loaded.delivery.target.address,
                                .content = sending->message.content,
                                .at = clock_.now()};
  AttemptRecord attempt;
  attempt.delivery = sending->loaded.delivery.id;
  attempt.at = clock_.now();
  attempt.provider = "catcher";
  attempt.verdict = Verdict::kAccepted;
  attempt.after_unknown = sending->after_unknown;
  record.attempts.push_back(std::move(attempt));
  record.delivery = sending->loaded.delivery;
  record.category = sending->loaded.notification.category;
  record.traceparent = sending->loaded.notification.traceparent;
  record.made = {.delivery = record.delivery.id,
                 .tenant = record.delivery.tenant,
                 .round = sending->round,
                 .state = State::kSent,
                 .at = clock_.now()};
  record.done = std::move(sending->done);
  recorder_.add(std::move(record));
}

// Nobody has a turn: many must not come back together.
void Sender::put_off(const SendingPtr& sending, nanoseconds wait) {
  std::unique_lock lock(random_mutex_);
  const double spread = 1 + kSpread * random_.unit();
  lock.unlock();
  const auto stretched = static_cast<std::int64_t>(static_cast<double>(wait.count()) * spread);
  put_off_until_its_turn(sending, nanoseconds{stretched});
}

void Sender::put_off_until_its_turn(const SendingPtr& sending, nanoseconds wait) {
  sending->done(jobs::Outcome::snoozed(clock_.now() + std::chrono::ceil<base::Micros>(wait)));
}

// Nothing is tried any more. What may have been handed over before has not failed for all we know.
void Sender::end(const SendingPtr& sending, State state, std::string_view reason,
                 std::string detail, bool dead) {
  SendPlan plan;
  plan.state = sending->loaded.maybe_sent ? State::kUnknown : state;
  plan.reason = reason;
  plan.dead = dead && !sending->loaded.maybe_sent;
  record(sending, plan, std::move(detail));
}

void Sender::record(const SendingPtr& sending, const SendPlan& plan, std::string detail) {
  leases_.forget(sending->delivery);
  const bool later = plan.next != SendPlan::Next::kEnd && plan.state == State::kQueued;
  SendRecorder::Record record;
  record.delivery = std::move(sending->loaded.delivery);
  record.category = sending->loaded.notification.category;
  record.traceparent = sending->loaded.notification.traceparent;
  if (detail.empty() && !sending->attempts.empty()) detail = sending->attempts.back().detail;
  record.made = {.delivery = record.delivery.id,
                 .tenant = record.delivery.tenant,
                 .round = sending->attempts.empty() ? 0 : sending->round,
                 .state = plan.state,
                 .reason = std::string(plan.reason),
                 .detail = std::move(detail),
                 .dead = plan.dead,
                 .provider = sending->provider,
                 .provider_ref = std::move(sending->provider_ref),
                 .next_at = plan.next_at,
                 .at = clock_.now()};
  record.attempts = std::move(sending->attempts);
  record.effect = plan.effect;
  record.gone_since = sending->gone_since;
  record.done = std::move(sending->done);
  if (later && sending->job.is_in_order() && sending->round >= kLaneRounds) {
    SendJob job = sending->job;
    job.rounds = sending->round;
    record.next_job = later_job_of(record.delivery, sending->loaded.notification.priority,
                                   record.traceparent, job, *plan.next_at);
  } else if (later) {
    record.outcome = jobs::Outcome::failed(record.made.detail, plan.next_at);
  } else {
    record.outcome = jobs::Outcome::done(std::string(name_of(plan.state)));
  }
  recorder_.add(std::move(record));
}

}  // namespace ashlar::notifications
