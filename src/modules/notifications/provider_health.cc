#include "modules/notifications/provider_health.h"

#include <algorithm>

#include "modules/notifications/queued_provider.h"

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;
using Outcome = kit::CircuitBreaker::Outcome;

constexpr kit::CircuitBreakerOptions kService{.window_calls = 40,
                                              .min_calls = 8,
                                              .failure_rate = 0.7,
                                              .open_time = ProviderHealth::kOpenTime,
                                              .probes = 2,
                                              .probe_time = std::chrono::seconds(30)};
// One failure in a million is one too many: a credential is not wrong now and then.
constexpr kit::CircuitBreakerOptions kCredential{.window = std::chrono::seconds(1),
                                                 .min_calls = 1,
                                                 .failure_rate = 1e-6,
                                                 .open_time = ProviderHealth::kCredentialTime,
                                                 .probes = 1,
                                                 .probe_time = std::chrono::seconds(60)};
constexpr nanoseconds kShortestWait = std::chrono::milliseconds(100);
constexpr nanoseconds kLongestQuiet = std::chrono::hours(1);
constexpr nanoseconds kThrottled = std::chrono::seconds(1);
constexpr nanoseconds kCrowded = std::chrono::seconds(1);
constexpr std::size_t kShown = 100;

// SMTP's 4yz is often of one mailbox: only what the server says of itself is the server's fault.
bool is_of_one_mailbox(const SendResult& result) {
  if (result.status < 400 || result.status >= 500 || result.status == 421) return false;
  return result.code.starts_with("4.1.") || result.code.starts_with("4.2.") ||
         result.code.starts_with("4.5.") || result.code.starts_with("4.6.") ||
         result.code.starts_with("4.7.");
}

Outcome service_outcome(const SendResult& result) {
  // A push endpoint that a user named says nothing of the others.
  if (result.scope == ThrottleScope::kAddress) return Outcome::kIgnored;
  switch (result.verdict) {
    case Verdict::kRetry:
      return is_of_one_mailbox(result) ? Outcome::kSuccess : Outcome::kFailure;
    case Verdict::kAmbiguous:
      return Outcome::kFailure;
    case Verdict::kThrottled:
      return Outcome::kIgnored;
    default:
      return Outcome::kSuccess;
  }
}

// Whether it said anything at all, if only that it will not.
bool is_answer(const SendResult& result) {
  return result.status != 0 ||
         (result.verdict != Verdict::kRetry && result.verdict != Verdict::kAmbiguous);
}

// Whether the answer says anything of the credential.
Outcome credential_outcome(const SendResult& result) {
  if (result.verdict == Verdict::kCredential) return Outcome::kFailure;
  const bool answered = result.verdict != Verdict::kRetry && result.verdict != Verdict::kAmbiguous;
  return answered ? Outcome::kSuccess : Outcome::kIgnored;
}

}  // namespace

std::string_view name_of(Hold hold) {
  switch (hold) {
    case Hold::kNone:
      break;
    case Hold::kBreaker:
      return "breaker";
    case Hold::kCredential:
      return "credential";
    case Hold::kQuiet:
      return "quiet";
    case Hold::kPlaces:
      return "places";
    case Hold::kPace:
      return "pace";
    case Hold::kDomain:
      return "domain";
  }
  return "";
}

ProviderHealth::ProviderHealth(std::int64_t max_running, bool is_one_service, std::uint64_t seed,
                               base::Mono now)
    : max_running_(std::max<std::int64_t>(max_running, 1)),
      is_one_service_(is_one_service),
      service_(kService, seed, now),
      credential_(kCredential, seed + 1, now),
      settled_(now),
      quiet_until_(now) {}

ProviderHealth::Domain& ProviderHealth::domain_of(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    domains_.splice(domains_.begin(), domains_, found->second);
    return domains_.front();
  }
  if (domains_.size() == kMaxDomains) {
    by_name_.erase(domains_.back().name);
    domains_.pop_back();
  }
  domains_.push_front({.name = std::string(name), .pace = {}, .silence = {}});
  by_name_.emplace(domains_.front().name, domains_.begin());
  return domains_.front();
}

bool ProviderHealth::is_heard(Domain* domain, base::Mono now, Admission& admission) {
  if (is_one_service_) {
    const bool was_suspected = silence_.is_suspected();
    if (silence_.may_go(running_, now)) return true;
    admission.hold = Hold::kBreaker;
    admission.wait = std::max(silence_.wait(now), kShortestWait);
    admission.fell_silent = !was_suspected;
    return false;
  }
  if (domain == nullptr || domain->silence.may_go(domain->running, now)) return true;
  // Not the breaker's: those of other origins go on.
  admission.hold = Hold::kDomain;
  admission.wait = std::max(domain->silence.wait(now), kShortestWait);
  return false;
}

nanoseconds ProviderHealth::turn(Priority priority, base::Mono now) {
  Crowd& crowd = crowds_[static_cast<std::size_t>(priority)];
  crowd.refused = now;
  // Who does not answer at all is not asked again by everybody all the time.
  const nanoseconds earliest =
      std::clamp((now - settled_) / 2, nanoseconds(kPlaceWait), nanoseconds(kLongestPlaceWait));
  if (priority == Priority::kUrgent) return earliest;
  const nanoseconds spacing = std::max(took_ / max_running_, crowd.spacing * 4 / 5);
  crowd.turn = std::clamp(crowd.turn + spacing, now + earliest, now + kLongestPlaceWait);
  return crowd.turn - now;
}

// How fast places come is seen only where somebody waits for them; a little faster is told, so
// that none stays empty.
void ProviderHealth::admitted(Priority priority, base::Mono now) {
  Crowd& crowd = crowds_[static_cast<std::size_t>(priority)];
  if (now - crowd.refused > kCrowded) {
    crowd.spacing = {};
  } else {
    crowd.spacing += (std::min(now - crowd.admitted, kCrowded) - crowd.spacing) / 16;
  }
  crowd.admitted = now;
  if (running_++ == 0) settled_ = now;
}

ProviderHealth::Admission ProviderHealth::admit(Priority priority, std::string_view name,
                                                base::Mono now) {
  const std::lock_guard lock(mutex_);
  if (quiet_until_ > now) return {{}, Hold::kQuiet, quiet_until_ - now};
  Domain* const domain = name.empty() ? nullptr : &domain_of(name);
  if (Admission held; !is_heard(domain, now, held)) return held;
  // The places of who is silent are full: it is asked all the same whether it is back.
  const bool probe = silence_.is_suspected();
  const std::int64_t kept = priority == Priority::kBulk && !probe ? max_running_ / 4 : 0;
  if (running_ >= max_running_ - kept + (probe ? 1 : 0)) {
    return {{}, Hold::kPlaces, turn(priority, now)};
  }
  const auto credential = credential_.allow(now);
  if (!credential) {
    return {{}, Hold::kCredential, std::max(credential_.retry_after(now), kShortestWait)};
  }
  const auto give_back = [&](kit::CircuitBreaker& breaker, kit::CircuitBreaker::Ticket ticket) {
    breaker.record(ticket, Outcome::kIgnored, nanoseconds{0}, now);
  };
  const auto service = service_.allow(now);
  if (!service) {
    give_back(credential_, *credential);
    return {{}, Hold::kBreaker, std::max(service_.retry_after(now), kShortestWait)};
  }
  const nanoseconds wait = domain == nullptr ? nanoseconds{0} : domain->pace.take(now);
  if (wait.count() > 0) {
    give_back(credential_, *credential);
    give_back(service_, *service);
    return {{}, Hold::kDomain, wait};
  }
  admitted(priority, now);
  silence_.begun(now);
  if (domain != nullptr) {
    domain->silence.begun(now);
    ++domain->running;
  }
  return {Ticket{*service, *credential, std::string(name), probe}, Hold::kNone, nanoseconds{0}};
}

void ProviderHealth::settle(const Ticket& ticket, const SendResult* result, nanoseconds took,
                            base::Mono now) {
  if (result != nullptr && is_given_back(*result)) result = nullptr;  // it was not asked
  const Outcome service = result == nullptr ? Outcome::kIgnored : service_outcome(*result);
  const Outcome credential = result == nullptr ? Outcome::kIgnored : credential_outcome(*result);
  const std::lock_guard lock(mutex_);
  --running_;
  Domain* const domain = ticket.domain.empty() ? nullptr : &domain_of(ticket.domain);
  // One that was forgotten meanwhile counts from nothing.
  if (domain != nullptr && domain->running > 0) --domain->running;
  settled_ = now;
  service_.record(ticket.service, service, took, now);
  credential_.record(ticket.credential, credential, took, now);
  if (result == nullptr) return;
  silence_.ended(is_answer(*result), took);
  if (domain != nullptr) domain->silence.ended(is_answer(*result), took);
  took_ = took_.count() == 0 ? took : took_ + (took - took_) / 8;
  if (domain != nullptr) settle_domain(domain->pace, *result, now);
  if (result->verdict != Verdict::kThrottled || result->scope != ThrottleScope::kProvider) return;
  const nanoseconds asked = result->retry_after ? *result->retry_after : kThrottled;
  quiet_until_ = std::max(quiet_until_, now + std::clamp(asked, nanoseconds{0}, kLongestQuiet));
}

void ProviderHealth::settle_domain(DomainPace& pace, const SendResult& result, base::Mono now) {
  if (result.verdict == Verdict::kAccepted) {
    pace.accepted(now);
  } else if (result.verdict == Verdict::kThrottled && result.scope == ThrottleScope::kDomain) {
    const nanoseconds asked = result.retry_after ? *result.retry_after : nanoseconds{0};
    // What a server asks for one message is not to stop the whole domain for long.
    pace.throttled(now, std::clamp(asked, nanoseconds{0}, kThrottled));
  }
}

ProviderHealth::View ProviderHealth::view(base::Mono now) {
  View view;
  view.service = service_.stats(now);
  view.credential = credential_.stats(now);
  const std::lock_guard lock(mutex_);
  view.running = running_;
  view.silent = silence_.is_suspected();
  view.service.openings += silence_.suspicions();
  if (view.silent && view.service.state == kit::CircuitBreaker::State::kClosed) {
    view.service.state = kit::CircuitBreaker::State::kOpen;
  }
  view.quiet_for = std::max(quiet_until_ - now, nanoseconds{0});
  for (const Domain& domain : domains_) {
    if (view.slowed.size() == kShown || view.silent_hosts.size() == kShown) break;
    if (domain.pace.rate() > 0) view.slowed.push_back({domain.name, domain.pace.rate()});
    if (!is_one_service_ && domain.silence.is_suspected()) view.silent_hosts.push_back(domain.name);
  }
  return view;
}

bool ProviderHealth::is_open() const {
  const std::lock_guard lock(mutex_);
  return silence_.is_suspected() || service_.state() != kit::CircuitBreaker::State::kClosed ||
         credential_.state() != kit::CircuitBreaker::State::kClosed;
}

}  // namespace ashlar::notifications
