#include "platform/outbound/outbound_client.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "kit/resilience/deadline_budget.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/dependency.h"
#include "platform/outbound/transfers.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::outbound {
namespace {

using base::Code;
using End = Transfers::End;
using Outcome = kit::CircuitBreaker::Outcome;

constexpr base::Millis kLongestNap{500};

// Retry-After in seconds; a date, or nothing: 0.
std::chrono::nanoseconds retry_after_of(const Answer& answer) {
  for (const auto& [name, value] : answer.headers) {
    if (name != "retry-after") continue;
    int seconds = 0;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc() && rest == value.data() + value.size() && seconds > 0) {
      return std::chrono::seconds(seconds);
    }
  }
  return std::chrono::nanoseconds(0);
}

bool is_pushed_back(int status) { return status == 429 || status == 503; }

// Of the dependency: what says that it is in trouble. 501 and 505 are mistakes of the request.
bool is_failure(End end, int status) {
  if (end != End::kAnswered) return true;
  return is_pushed_back(status) || status == 500 || status == 502 || status == 504;
}

bool may_be_repeated(End end, int status, bool idempotent) {
  switch (end) {
    case End::kAnswered:
      return is_pushed_back(status) || idempotent;
    case End::kNotBegun:
      return true;
    case End::kBroken:
    case End::kTimedOut:
      return idempotent;
    case End::kTooLarge:
    case End::kForbidden:
      return false;
  }
  return false;
}

base::Result<Answer> result_of(End end, Answer answer, const std::string& detail) {
  switch (end) {
    case End::kAnswered:
      return answer;
    case End::kTimedOut:
      return base::fail(Code::kDeadline, "dependency_timeout", detail);
    case End::kTooLarge:
      return base::fail(Code::kUnavailable, "answer_too_large", detail);
    case End::kForbidden:
      return base::fail(Code::kForbidden, "address_forbidden", detail);
    case End::kNotBegun:
    case End::kBroken:
      return base::fail(Code::kUnavailable, "dependency_unreachable", detail);
  }
  return base::fail(Code::kInternal, "unreachable", "");
}

// One call on its way. Touched by the client's thread only.
struct PendingCall {
  void mark_begun() const {
    if (request.begun) request.begun->store(true);
  }

  Dependency& dependency;
  Request request;
  OutboundClient::Done done;
  base::Mono submitted;
  base::Mono deadline;
  bool idempotent;
  std::uint64_t number = 0;

  std::optional<kit::Bulkhead::Permit> permit{};
  std::optional<kit::Bulkhead::Place> place{};
  std::optional<kit::RetrySchedule> schedule{};
  std::uint32_t timers = 0;  // a timer of an earlier number is void
  struct Attempt {
    Transfers::Id transfer;
    kit::CircuitBreaker::Ticket ticket;
    base::Mono started;
    bool first;  // the hedge policy counts its time
  };
  std::vector<Attempt> attempts{};  // under way: two at most
  int sent = 0;
  bool hedged = false;
  base::Result<Answer> last = base::fail(Code::kDeadline, "dependency_timeout",
                                         "the time was over before it could be sent");
};

}  // namespace

struct OutboundClient::Impl {
  Impl(Options given, const base::Clock& own_clock, obs::Registry& own_metrics)
      : options(std::move(given)),
        clock(own_clock),
        metrics(own_metrics),
        random(options.seed),
        transfers(options.allow_private, options.names,
                  [this](Transfers::Id id, End end, Answer answer, const std::string& detail) {
                    ended(id, end, std::move(answer), detail);
                  }) {}

  // False, and the call is the caller's still: stopping.
  bool accept(std::unique_ptr<PendingCall>& call) {
    const std::lock_guard lock(mutex);
    if (!stopping) inbox.push_back(std::move(call));
    return !stopping;
  }
  void run();
  void take_in();
  void admit(std::unique_ptr<PendingCall> call);
  void run_timers();
  void attempt(PendingCall& call, AttemptKind kind);
  void hedge(PendingCall& call);
  void ended(Transfers::Id id, End end, Answer answer, const std::string& detail);
  void again_or_finish(PendingCall& call, End end, Answer answer, const std::string& detail);
  void finish(PendingCall& call, CallEnd how, base::Result<Answer> result);
  void set_timer(PendingCall& call, base::Mono when, void (Impl::*what)(PendingCall&));
  void retry(PendingCall& call) { attempt(call, AttemptKind::kRetry); }
  void too_late(PendingCall& call);
  void serve_waiting();
  void start_next(Dependency& dependency);
  [[nodiscard]] base::Millis nap();

  const Options options;
  const base::Clock& clock;
  obs::Registry& metrics;

  std::mutex mutex;  // guards what follows
  std::vector<std::unique_ptr<PendingCall>> inbox;
  std::vector<std::unique_ptr<Dependency>> dependencies;
  bool stopping = false;

  std::atomic<std::size_t> known{0};  // calls not done

  // The thread's.
  struct Timer {
    std::uint64_t call;
    std::uint32_t number;
    void (Impl::*what)(PendingCall&);
  };
  base::Random random;
  std::unordered_map<std::uint64_t, std::unique_ptr<PendingCall>> calls;
  std::unordered_map<Transfers::Id, std::uint64_t> call_of;
  std::multimap<base::Mono, Timer> timers;                   // three a call at most
  std::set<std::pair<base::Mono, std::uint64_t>> deadlines;  // of every call
  std::vector<Dependency*> freed;                            // a place of theirs became free
  std::uint64_t last_number = 0;
  Transfers transfers;

  std::thread thread;
};

OutboundClient::OutboundClient(Options options, const base::Clock& clock, obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), clock, metrics)) {
  impl_->thread = std::thread([impl = impl_.get()] {
    runtime::set_thread_name(impl->options.name);
    impl->run();
  });
}

OutboundClient::~OutboundClient() { stop(); }

Dependency& OutboundClient::add_dependency(std::string name, const Policy& policy) {
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t seed = impl_->options.seed + impl_->dependencies.size() + 1;
  impl_->dependencies.push_back(std::make_unique<Dependency>(std::move(name), policy, seed,
                                                             impl_->clock.mono(), impl_->metrics));
  return *impl_->dependencies.back();
}

void OutboundClient::submit(Dependency& dependency, Request request, Done done) {
  const base::Mono now = impl_->clock.mono();
  base::Mono deadline = now + dependency.policy.timeout;
  if (request.deadline) deadline = std::min(deadline, *request.deadline);
  const bool idempotent = request.idempotent || request.method == "GET" || request.method == "HEAD";
  auto call = std::make_unique<PendingCall>(
      PendingCall{dependency, std::move(request), std::move(done), now, deadline, idempotent});
  if (impl_->known.fetch_add(1) >= kMaxCalls) {
    impl_->known.fetch_sub(1);
    return call->done(
        base::fail(Code::kUnavailable, "too_many_calls", "as many calls are under way as may be"));
  }
  if (impl_->accept(call)) {
    impl_->transfers.wake();
    return;
  }
  impl_->known.fetch_sub(1);
  call->done(base::fail(Code::kUnavailable, "client_stopping", "the client is stopped"));
}

base::Result<Answer> OutboundClient::call(Dependency& dependency, Request request) {
  const auto promise = std::make_shared<std::promise<base::Result<Answer>>>();
  submit(dependency, std::move(request),
         [promise](base::Result<Answer> result) { promise->set_value(std::move(result)); });
  return promise->get_future().get();
}

void OutboundClient::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->transfers.wake();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void OutboundClient::Impl::run() {
  while (true) {
    take_in();
    run_timers();
    serve_waiting();
    {
      const std::lock_guard lock(mutex);
      if (stopping && inbox.empty()) break;
    }
    transfers.run_for(nap());
  }
  while (!calls.empty()) {
    PendingCall& call = *calls.begin()->second;
    finish(call, CallEnd::kFailed,
           base::fail(Code::kUnavailable, "client_stopping", "the client is stopped"));
  }
}

base::Millis OutboundClient::Impl::nap() {
  base::Mono next = clock.mono() + kLongestNap;
  const base::Mono now = next - kLongestNap;
  if (!timers.empty()) next = std::min(next, timers.begin()->first);
  if (!deadlines.empty()) next = std::min(next, deadlines.begin()->first);
  return std::clamp(std::chrono::ceil<base::Millis>(next - now), base::Millis{0}, kLongestNap);
}

void OutboundClient::Impl::take_in() {
  std::vector<std::unique_ptr<PendingCall>> batch;
  {
    const std::lock_guard lock(mutex);
    batch.swap(inbox);
  }
  for (auto& call : batch) admit(std::move(call));
}

void OutboundClient::Impl::admit(std::unique_ptr<PendingCall> owned) {
  PendingCall& call = *owned;
  call.number = ++last_number;
  calls.emplace(call.number, std::move(owned));
  deadlines.emplace(call.deadline, call.number);
  call.permit = call.dependency.bulkhead.try_enter();
  if (!call.permit) {
    call.place = call.dependency.bulkhead.try_wait();
    if (!call.place) {
      return finish(
          call, CallEnd::kBulkhead,
          base::fail(Code::kUnavailable, "bulkhead_full", "as many calls run and wait as may"));
    }
    call.dependency.waiting.push_back(call.number);
    return;  // this thread alone gives places back: none became free in between
  }
  attempt(call, AttemptKind::kFirst);
}

void OutboundClient::Impl::attempt(PendingCall& call, AttemptKind kind) {
  Dependency& dependency = call.dependency;
  const base::Mono now = clock.mono();
  const std::optional<kit::CircuitBreaker::Ticket> ticket = dependency.breaker.allow(now);
  if (!ticket) {
    if (kind == AttemptKind::kHedge) return;
    if (kind == AttemptKind::kRetry) return finish(call, CallEnd::kFailed, std::move(call.last));
    return finish(call, CallEnd::kBreaker,
                  base::fail(Code::kUnavailable, "circuit_open",
                             "too many calls have failed; none is made for a while"));
  }
  const kit::DeadlineBudget budget(call.deadline - now, now);
  if (kind == AttemptKind::kFirst) {
    dependency.retry_budget.deposit(now);
    kit::RetryOptions retry = dependency.policy.retry;
    retry.budget = budget.remaining(now);
    call.schedule.emplace(retry, now);
  }
  const int left =
      std::max(1, dependency.policy.retry.max_attempts - call.schedule->attempts() + 1);
  // A hedge is the first attempt again, and what may not be repeated has no other.
  const int parts = kind == AttemptKind::kHedge || !call.idempotent ? 1 : left;
  const auto time = std::chrono::ceil<base::Millis>(
      budget.sequential(now, parts).at_most(dependency.policy.attempt_timeout, now).remaining(now));
  HeaderList more{{"Ashlar-Timeout-Ms", std::to_string(time.count())}};
  if (!call.request.traceparent.empty()) more.emplace_back("traceparent", call.request.traceparent);
  const Transfers::Id id =
      transfers.start({call.request, std::move(more), time, dependency.policy.max_answer_bytes,
                       dependency.policy.cut_answers});
  call_of.emplace(id, call.number);
  call.attempts.push_back({id, *ticket, now, kind == AttemptKind::kFirst});
  ++call.sent;
  dependency.attempts[static_cast<std::size_t>(kind)]->add();
  if (kind != AttemptKind::kFirst || !dependency.hedges) return;
  const auto late = dependency.hedges->begin(now);
  if (late && call.idempotent) set_timer(call, now + *late, &Impl::hedge);
}

void OutboundClient::Impl::hedge(PendingCall& call) {
  if (call.attempts.size() != 1 || call.hedged) return;
  if (!call.dependency.hedges->try_hedge(clock.mono())) return;
  call.hedged = true;
  attempt(call, AttemptKind::kHedge);
}

void OutboundClient::Impl::set_timer(PendingCall& call, base::Mono when,
                                     void (Impl::*what)(PendingCall&)) {
  timers.emplace(when, Timer{call.number, ++call.timers, what});
}

void OutboundClient::Impl::run_timers() {
  const base::Mono now = clock.mono();
  while (!timers.empty() && timers.begin()->first <= now) {
    const Timer timer = timers.begin()->second;
    timers.erase(timers.begin());
    const auto call = calls.find(timer.call);
    if (call == calls.end()) continue;
    if (timer.number == call->second->timers) (this->*timer.what)(*call->second);
  }
  while (!deadlines.empty() && deadlines.begin()->first <= now) {
    too_late(*calls.at(deadlines.begin()->second));
  }
}

void OutboundClient::Impl::too_late(PendingCall& call) {
  finish(call, CallEnd::kTimedOut,
         base::fail(Code::kDeadline, "dependency_timeout", "no answer within the call's time"));
}

void OutboundClient::Impl::ended(Transfers::Id id, End end, Answer answer,
                                 const std::string& detail) {
  const auto known_as = call_of.find(id);
  CHECK(known_as != call_of.end());
  PendingCall& call = *calls.at(known_as->second);
  call_of.erase(known_as);
  const auto at = std::ranges::find(call.attempts, id, &PendingCall::Attempt::transfer);
  const PendingCall::Attempt attempt = *at;
  call.attempts.erase(at);
  const base::Mono now = clock.mono();
  const bool failed = is_failure(end, answer.status);
  const Outcome outcome = end == End::kForbidden || end == End::kTooLarge ? Outcome::kIgnored
                          : failed                                        ? Outcome::kFailure
                                                                          : Outcome::kSuccess;
  call.dependency.breaker.record(attempt.ticket, outcome, now - attempt.started, now);
  if (attempt.first && call.dependency.hedges) {
    call.dependency.hedges->record(now - attempt.started, now);
  }
  if (end != End::kNotBegun && end != End::kForbidden) call.mark_begun();
  if (failed && !call.attempts.empty()) return;  // the other of the two may still answer
  answer.attempts = call.sent;
  answer.hedged = call.hedged;
  again_or_finish(call, end, std::move(answer), detail);
}

void OutboundClient::Impl::again_or_finish(PendingCall& call, End end, Answer answer,
                                           const std::string& detail) {
  const base::Mono now = clock.mono();
  if (!is_failure(end, answer.status)) {
    return finish(call, CallEnd::kAnswered, std::move(answer));
  }
  const bool repeat = may_be_repeated(end, answer.status, call.idempotent);
  const auto at_least = retry_after_of(answer);
  const CallEnd how = end == End::kForbidden  ? CallEnd::kForbidden
                      : end == End::kTimedOut ? CallEnd::kTimedOut
                                              : CallEnd::kFailed;
  call.last = result_of(end, std::move(answer), detail);
  if (!repeat) return finish(call, how, std::move(call.last));
  const auto pause = call.schedule->next(now, random, at_least);
  if (!pause) return finish(call, how, std::move(call.last));
  if (!call.dependency.retry_budget.withdraw(now)) {
    call.dependency.retries_refused.add();
    return finish(call, how, std::move(call.last));
  }
  set_timer(call, now + *pause, &Impl::retry);
}

// The call's end, whatever was under way. Last in every function that calls it: `call` is gone.
void OutboundClient::Impl::finish(PendingCall& call, CallEnd how, base::Result<Answer> result) {
  const base::Mono now = clock.mono();
  for (const PendingCall::Attempt& attempt : call.attempts) {
    call.mark_begun();
    transfers.cancel(attempt.transfer);
    call_of.erase(attempt.transfer);
    // A call that ran out of time says that its attempt was too slow; one that lost to its hedge,
    // or was ended by us, says nothing.
    const Outcome outcome = how == CallEnd::kTimedOut ? Outcome::kFailure : Outcome::kIgnored;
    call.dependency.breaker.record(attempt.ticket, outcome, now - attempt.started, now);
    if (attempt.first && call.dependency.hedges) {
      call.dependency.hedges->record(now - attempt.started, now);
    }
  }
  Dependency& dependency = call.dependency;
  dependency.calls[static_cast<std::size_t>(how)]->add();
  dependency.duration_s.observe(std::chrono::duration<double>(now - call.submitted).count());
  if (call.place) std::erase(dependency.waiting, call.number);
  deadlines.erase({call.deadline, call.number});
  const auto node = calls.extract(call.number);
  bool wake = false;
  if (call.permit) wake = call.permit->release();
  if (call.place) wake = call.place->leave() || wake;
  known.fetch_sub(1);
  call.done(std::move(result));
  // Not from here: with an open breaker each that is started ends at once and frees its place.
  if (wake) freed.push_back(&dependency);
}

void OutboundClient::Impl::serve_waiting() {
  while (!freed.empty()) {
    Dependency& dependency = *freed.back();
    freed.pop_back();
    start_next(dependency);
  }
}

void OutboundClient::Impl::start_next(Dependency& dependency) {
  if (dependency.waiting.empty()) return;
  PendingCall& next = *calls.at(dependency.waiting.front());
  next.permit = dependency.bulkhead.try_enter(*next.place);
  if (!next.permit) return;
  next.place.reset();
  dependency.waiting.pop_front();
  attempt(next, AttemptKind::kFirst);
}

}  // namespace ashlar::outbound
