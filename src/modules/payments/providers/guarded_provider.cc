#include "modules/payments/providers/guarded_provider.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "kit/resilience/bulkhead.h"
#include "platform/observability/metrics.h"

namespace ashlar::payments {
namespace {

using Outcome = kit::CircuitBreaker::Outcome;

constexpr std::string_view kQuery = "query";

Outcome outcome_of(ProviderEnd end) {
  return end == ProviderEnd::kUnknown || end == ProviderEnd::kNotDone ? Outcome::kFailure
                                                                      : Outcome::kSuccess;
}

}  // namespace

struct GuardedProvider::Impl {
  // Of one operation, queries being one more.
  struct Figures {
    std::array<obs::Counter*, kProviderEnds> ends{};
    obs::Counter* refused = nullptr;
    obs::Histogram* seconds = nullptr;
  };
  // What a call holds until it is answered; copyable, since it travels in a std::function.
  struct Passage {
    kit::CircuitBreaker::Ticket ticket;
    kit::Bulkhead::Permit permit;
    base::Mono since;
  };

  Impl(Provider& provider, const GuardOptions& given, const base::Clock& time,
       obs::Registry& metrics)
      : inner(provider),
        options(given),
        clock(time),
        breaker(std::make_shared<kit::CircuitBreaker>(given.breaker, given.seed, time.mono())),
        calls(std::max(given.calls_at_once, 1U), 0),
        queries(std::max(given.queries_at_once, 1U), 0) {
    for (std::size_t i = 0; i < kProviderOps; ++i) {
      figures[i] = make_figures(metrics, to_text(static_cast<ProviderOp>(i)));
    }
    figures[kProviderOps] = make_figures(metrics, kQuery);
    metrics.make_gauge_callback("ashlar_payments_provider_breaker",
                                "Breaker of a provider of payments: 0 closed, 1 open, 2 half-open.",
                                {{"provider", std::string(inner.name())}},
                                [kept = breaker] { return static_cast<double>(kept->state()); });
  }

  Figures make_figures(obs::Registry& metrics, std::string_view op) const {
    const std::string provider(inner.name());
    Figures made;
    for (std::size_t i = 0; i < kProviderEnds; ++i) {
      made.ends[i] = &metrics.make_counter(
          "ashlar_payments_provider_calls_total", "Calls of providers of payments, by their end.",
          {{"provider", provider},
           {"op", std::string(op)},
           {"end", std::string(to_text(static_cast<ProviderEnd>(i)))}});
    }
    made.refused = &metrics.make_counter(
        "ashlar_payments_provider_refused_total",
        "Calls that a provider of payments was spared: its breaker was open or its places taken.",
        {{"provider", provider}, {"op", std::string(op)}});
    made.seconds = &metrics.make_histogram(
        "ashlar_payments_provider_call_seconds", "How long providers of payments took to answer.",
        obs::http_duration_buckets_s(), {{"provider", provider}, {"op", std::string(op)}});
    return made;
  }

  // nullptr: refused.
  std::shared_ptr<Passage> enter(kit::Bulkhead& places) {
    auto permit = places.try_enter();
    if (!permit) return nullptr;
    const base::Mono now = clock.mono();
    const auto ticket = breaker->allow(now);
    if (!ticket) return nullptr;
    return std::make_shared<Passage>(Passage{*ticket, std::move(*permit), now});
  }

  void leave(Passage& passage, const Figures& figure, ProviderEnd end) {
    const base::Mono now = clock.mono();
    const auto took = now - passage.since;
    breaker->record(passage.ticket, outcome_of(end), took, now);
    passage.permit.release();
    figure.ends[static_cast<std::size_t>(end)]->add();
    figure.seconds->observe(std::chrono::duration<double>(took).count());
  }

  [[nodiscard]] base::Mono deadline(base::Mono asked) const {
    const base::Mono own = clock.mono() + options.deadline;
    return asked == base::Mono{} ? own : std::min(asked, own);
  }

  Done counted(std::shared_ptr<Passage> passage, const Figures& figure, Done done) {
    return [this, passage = std::move(passage), &figure,
            done = std::move(done)](ProviderAnswer answer) {
      leave(*passage, figure, answer.end);
      done(std::move(answer));
    };
  }

  static void refuse(const Figures& figure, ProviderEnd end, const Done& done) {
    figure.refused->add();
    ProviderAnswer answer;
    answer.end = end;
    done(std::move(answer));
  }

  Provider& inner;
  const GuardOptions options;
  const base::Clock& clock;
  const std::shared_ptr<kit::CircuitBreaker> breaker;  // the metrics may outlive us
  kit::Bulkhead calls;
  kit::Bulkhead queries;
  std::array<Figures, kProviderOps + 1> figures{};
};

GuardedProvider::GuardedProvider(Provider& inner, const GuardOptions& options,
                                 const base::Clock& clock, obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(inner, options, clock, metrics)) {}

GuardedProvider::~GuardedProvider() = default;

std::string_view GuardedProvider::name() const { return impl_->inner.name(); }

void GuardedProvider::submit(ProviderCall call, Done done) {
  const Impl::Figures& figure = impl_->figures[static_cast<std::size_t>(call.op)];
  std::shared_ptr<Impl::Passage> passage = impl_->enter(impl_->calls);
  if (!passage) return Impl::refuse(figure, ProviderEnd::kNotDone, done);
  call.deadline = impl_->deadline(call.deadline);
  impl_->inner.submit(std::move(call), impl_->counted(std::move(passage), figure, std::move(done)));
}

void GuardedProvider::query(ProviderCall call, Done done) {
  const Impl::Figures& figure = impl_->figures[kProviderOps];
  std::shared_ptr<Impl::Passage> passage = impl_->enter(impl_->queries);
  if (!passage) return Impl::refuse(figure, ProviderEnd::kUnknown, done);
  call.deadline = impl_->deadline(call.deadline);
  impl_->inner.query(std::move(call), impl_->counted(std::move(passage), figure, std::move(done)));
}

base::Result<std::vector<ProviderNotice>> GuardedProvider::read_webhook(std::string_view body,
                                                                        const Headers& headers) {
  return impl_->inner.read_webhook(body, headers);
}

base::Seconds GuardedProvider::remembers() const { return impl_->inner.remembers(); }
base::Seconds GuardedProvider::settles_after() const { return impl_->inner.settles_after(); }

std::optional<CardFace> GuardedProvider::face_of(std::string_view token) const {
  return impl_->inner.face_of(token);
}

bool GuardedProvider::takes(std::string_view token) const { return impl_->inner.takes(token); }

kit::CircuitBreaker::State GuardedProvider::breaker() const { return impl_->breaker->state(); }

}  // namespace ashlar::payments
