#include "modules/notifications/provider_pool.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "modules/notifications/provider_pace.h"
#include "modules/notifications/queued_provider.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::notifications {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kVerdicts = 10;
constexpr int kLooks = 4;  // while places come and go
// Where settings cannot be used, or all providers are disabled, somebody has to come first.
constexpr nanoseconds kNobodyWait = std::chrono::seconds(30);

SendResult not_begun(std::string detail) {
  SendResult result;
  result.verdict = Verdict::kRetry;
  result.detail = std::move(detail);
  return result;
}

}  // namespace

struct ProviderPool::Member {
  Member(ProviderSpec own, std::shared_ptr<ProviderPace> own_pace, std::uint64_t seed,
         base::Mono now)
      : spec(std::move(own)),
        pace(std::move(own_pace)),
        health(spec.max_running, spec.is_one_service, seed, now) {}

  // Null: its settings cannot be used, or the pool has ended. Made at first use.
  std::shared_ptr<Provider> use();
  // What it has not begun comes back.
  void fell_silent();
  std::string trouble();
  void end();

  const ProviderSpec spec;
  const std::shared_ptr<ProviderPace> pace;  // null: no bound
  ProviderHealth health;

 private:
  std::mutex mutex_;  // guards what follows
  bool made_ = false;
  std::shared_ptr<Provider> provider_;
  std::string trouble_;
};

std::shared_ptr<Provider> ProviderPool::Member::use() {
  const std::lock_guard lock(mutex_);
  if (!made_) {
    made_ = true;
    base::Result<std::unique_ptr<Provider>> made = spec.make();
    if (made.ok()) {
      provider_ = std::move(*made);
    } else {
      trouble_ = std::string(made.error().reason) + ": " + made.error().detail;
    }
  }
  return provider_;
}

void ProviderPool::Member::fell_silent() {
  const std::shared_ptr<Provider> provider = use();
  if (auto* queued = dynamic_cast<QueuedProvider*>(provider.get())) queued->give_back();
}

std::string ProviderPool::Member::trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void ProviderPool::Member::end() {
  std::shared_ptr<Provider> ended;
  const std::lock_guard lock(mutex_);
  made_ = true;
  ended.swap(provider_);
}

struct ProviderPool::Impl : std::enable_shared_from_this<Impl> {
  using Members = std::vector<std::shared_ptr<Member>>;
  struct Tenant {
    base::TenantId id;
    Members members;
    bool stale = false;
  };

  Impl(ProviderSource own_source, std::uint64_t own_seed, const base::Clock& own_clock,
       obs::Registry& metrics, obs::Log& own_log);

  base::Result<Members> members_of(base::TenantId tenant);
  Members put(base::TenantId tenant, std::vector<ProviderSpec> specs, bool stale);
  Members fresh_of(const Tenant* before, std::vector<ProviderSpec> specs, base::Mono now);
  void retire(Members members);
  Members take_retired();
  Members in_order(const Members& members, const Wanted& wanted);
  Choice pick(const Members& members, const Wanted& wanted);
  // A lease, or nothing; then `choice` knows the shortest wait.
  std::shared_ptr<Lease> admit(const std::shared_ptr<Member>& member, const Wanted& wanted,
                               base::Mono now, Choice& choice);
  void count(const Member& member, const SendResult& result, nanoseconds took);
  std::size_t open() const;

  const ProviderSource source;
  const std::uint64_t seed;
  const base::Clock& clock;
  obs::Log& log;
  std::array<std::array<obs::Counter*, kVerdicts>, kChannels> results{};
  std::array<obs::Histogram*, kChannels> took_s{};
  PlaceQueue places;

  mutable std::mutex mutex;   // guards what follows
  std::list<Tenant> tenants;  // the one used last in front
  std::unordered_map<base::TenantId, std::list<Tenant>::iterator> by_id;
  Members retired;  // until nothing of theirs is under way
  bool closed = false;
  std::uint64_t changes = 0;  // of forget()
  base::Random random;
};

ProviderPool::Impl::Impl(ProviderSource own_source, std::uint64_t own_seed,
                         const base::Clock& own_clock, obs::Registry& metrics, obs::Log& own_log)
    : source(std::move(own_source)),
      seed(own_seed),
      clock(own_clock),
      log(own_log),
      random(own_seed) {
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const std::string name(name_of(static_cast<Channel>(channel)));
    took_s[channel] = &metrics.make_histogram("ashlar_notifications_provider_seconds",
                                              "From handing a message to a provider to its answer.",
                                              obs::latency_buckets_s(), {{"channel", name}});
    for (std::size_t verdict = 0; verdict < kVerdicts; ++verdict) {
      results[channel][verdict] = &metrics.make_counter(
          "ashlar_notifications_provider_results_total", "What providers answered.",
          {{"channel", name}, {"verdict", std::string(name_of(static_cast<Verdict>(verdict)))}});
    }
  }
}

void ProviderPool::Impl::count(const Member& member, const SendResult& result, nanoseconds took) {
  const auto channel = static_cast<std::size_t>(member.spec.channel);
  results[channel][static_cast<std::size_t>(result.verdict)]->add();
  took_s[channel]->observe(std::chrono::duration<double>(took).count());
}

std::size_t ProviderPool::Impl::open() const {
  const std::lock_guard lock(mutex);
  std::size_t found = 0;
  for (const Tenant& tenant : tenants) {
    for (const auto& member : tenant.members) found += member->health.is_open() ? 1 : 0;
  }
  return found;
}

// --- Which there are -----------------------------------------------------------------------------

base::Result<ProviderPool::Impl::Members> ProviderPool::Impl::members_of(base::TenantId tenant) {
  std::uint64_t seen = 0;
  Members done;  // ends outside the lock
  {
    const std::lock_guard lock(mutex);
    if (closed) return base::fail(base::Code::kUnavailable, "providers_closed", "It is stopping.");
    done = take_retired();
    const auto found = by_id.find(tenant);
    if (found != by_id.end() && !found->second->stale) {
      tenants.splice(tenants.begin(), tenants, found->second);
      return tenants.front().members;
    }
    seen = changes;
  }
  ASHLAR_ASSIGN(std::vector<ProviderSpec> specs, source(tenant));
  const std::lock_guard lock(mutex);
  if (closed) return base::fail(base::Code::kUnavailable, "providers_closed", "It is stopping.");
  // What changed while it was read is read again by the next.
  return put(tenant, std::move(specs), changes != seen);
}

ProviderPool::Impl::Members ProviderPool::Impl::put(base::TenantId tenant,
                                                    std::vector<ProviderSpec> specs, bool stale) {
  const base::Mono now = clock.mono();
  const auto found = by_id.find(tenant);
  if (found != by_id.end()) {
    Tenant& known = *found->second;
    // Another thread has read them too.
    if (!known.stale && !stale) return known.members;
    Members fresh = fresh_of(&known, std::move(specs), now);
    retire(std::exchange(known.members, fresh));
    known.stale = stale;
    tenants.splice(tenants.begin(), tenants, found->second);
    return fresh;
  }
  if (tenants.size() == kMaxTenants) {
    retire(std::move(tenants.back().members));
    by_id.erase(tenants.back().id);
    tenants.pop_back();
  }
  tenants.push_front({tenant, fresh_of(nullptr, std::move(specs), now), stale});
  by_id.emplace(tenant, tenants.begin());
  return tenants.front().members;
}

ProviderPool::Impl::Members ProviderPool::Impl::fresh_of(const Tenant* before,
                                                         std::vector<ProviderSpec> specs,
                                                         base::Mono now) {
  // Of a project the slowest pace holds.
  std::map<std::string, double> projects;
  for (const ProviderSpec& spec : specs) {
    if (spec.project.empty() || !spec.pace_per_s) continue;
    const auto [at, made] = projects.emplace(spec.project, *spec.pace_per_s);
    if (!made) at->second = std::min(at->second, *spec.pace_per_s);
  }
  std::map<std::string, std::shared_ptr<ProviderPace>> paces;
  Members members;
  for (ProviderSpec& spec : specs) {
    std::shared_ptr<Member> same;
    for (const auto& member : before == nullptr ? Members{} : before->members) {
      if (member->spec.id == spec.id && member->spec.version == spec.version) same = member;
    }
    std::shared_ptr<ProviderPace> pace;
    if (const auto shared = projects.find(spec.project); shared != projects.end()) {
      std::shared_ptr<ProviderPace>& own = paces[spec.project];
      if (same && same->pace && same->pace->per_s() == shared->second) own = same->pace;
      if (!own) own = std::make_shared<ProviderPace>(shared->second);
      pace = own;
      if (same && same->pace != pace) same = nullptr;
    } else if (spec.pace_per_s) {
      pace = same ? same->pace : std::make_shared<ProviderPace>(*spec.pace_per_s);
    }
    if (same) {
      members.push_back(std::move(same));
      continue;
    }
    const auto own_seed = seed + static_cast<std::uint64_t>(spec.id.value) * 2;
    members.push_back(std::make_shared<Member>(std::move(spec), std::move(pace), own_seed, now));
  }
  return members;
}

// A provider's end may wait for its own threads, so that it must not come on one of them, at the
// end of a send: what is dropped is kept here until nothing of it is under way.
void ProviderPool::Impl::retire(Members members) {
  for (auto& member : members) {
    const bool known = std::ranges::find(retired, member) != retired.end();
    if (!known) retired.push_back(std::move(member));
  }
}

ProviderPool::Impl::Members ProviderPool::Impl::take_retired() {
  Members done;
  std::erase_if(retired, [&](std::shared_ptr<Member>& member) {
    if (member.use_count() > 1) return false;
    done.push_back(std::move(member));
    return true;
  });
  return done;
}

// --- Which of them -------------------------------------------------------------------------------

static double unit_of(std::uint64_t draw, ProviderId id) {
  return base::Random(base::Random(draw).next() + static_cast<std::uint64_t>(id.value)).unit();
}

// Lowest priority first; of one priority a random order in which each place falls to the rest by
// weight (Efraimidis and Spirakis, 2006).
ProviderPool::Impl::Members ProviderPool::Impl::in_order(const Members& members,
                                                         const Wanted& wanted) {
  struct Drawn {
    double key;
    std::shared_ptr<Member> member;
  };
  std::vector<Drawn> drawn;
  for (const auto& member : members) {
    const ProviderSpec& spec = member->spec;
    const bool named = wanted.only.is_set();
    if (named ? spec.id != wanted.only : spec.weight <= 0) continue;
    if (!spec.enabled || std::ranges::find(wanted.exclude, spec.id) != wanted.exclude.end()) {
      continue;
    }
    const auto weight = static_cast<double>(std::max<std::int64_t>(spec.weight, 1));
    const double unit = wanted.draw == 0 ? random.unit() : unit_of(wanted.draw, spec.id);
    drawn.push_back({-std::log(1.0 - unit) / weight, member});
  }
  std::ranges::sort(drawn, [](const Drawn& a, const Drawn& b) {
    return std::pair(a.member->spec.priority, a.key) < std::pair(b.member->spec.priority, b.key);
  });
  Members ordered;
  for (Drawn& one : drawn) ordered.push_back(std::move(one.member));
  if (wanted.only_first && !ordered.empty()) ordered.resize(1);
  return ordered;
}

std::shared_ptr<ProviderPool::Lease> ProviderPool::Impl::admit(
    const std::shared_ptr<Member>& member, const Wanted& wanted, base::Mono now, Choice& choice) {
  const auto held = [&](Hold hold, nanoseconds wait) {
    if (choice.hold == Hold::kNone || wait < choice.wait) {
      choice.hold = hold;
      choice.wait = wait;
    }
    return nullptr;
  };
  if (!member->use()) return held(Hold::kCredential, kNobodyWait);
  if (member->pace) {
    const nanoseconds wait = member->pace->take(wanted.priority, now);
    if (wait.count() > 0) return held(Hold::kPace, wait);
  }
  ProviderHealth::Admission admission = member->health.admit(wanted.priority, wanted.domain, now);
  if (!admission.ticket) {
    if (member->pace) member->pace->give_back(now);
    if (admission.fell_silent) member->fell_silent();
    return held(admission.hold, admission.wait);
  }
  return std::make_shared<Lease>(shared_from_this(), member, std::move(*admission.ticket),
                                 PlaceQueue::Lane{wanted.tenant, wanted.channel});
}

ProviderPool::Choice ProviderPool::Impl::pick(const Members& members, const Wanted& wanted) {
  Members of_channel;
  std::ranges::copy_if(members, std::back_inserter(of_channel),
                       [&](const auto& member) { return member->spec.channel == wanted.channel; });
  Choice choice;
  if (of_channel.empty()) return choice;
  std::erase_if(of_channel, [&](const auto& member) {
    return !wanted.type.empty() && member->spec.type != wanted.type;
  });
  choice.kind = Choice::Kind::kUnfit;
  if (of_channel.empty()) return choice;
  const auto is_there = [&](ProviderId id) {
    return std::ranges::any_of(of_channel,
                               [&](const auto& member) { return member->spec.id == id; });
  };
  choice.kind = Choice::Kind::kSpent;
  if (wanted.only.is_set() && !is_there(wanted.only)) return choice;
  Members ordered;
  {
    const std::lock_guard lock(mutex);
    ordered = in_order(of_channel, wanted);
  }
  if (ordered.empty() && std::ranges::any_of(wanted.exclude, is_there)) return choice;
  if (!ordered.empty()) choice.first = ordered.front()->spec.id;
  choice.kind = Choice::Kind::kWait;
  choice.wait = kNobodyWait;
  const base::Mono now = clock.mono();
  for (const auto& member : ordered) {
    choice.lease = admit(member, wanted, now, choice);
    if (!choice.lease) continue;
    choice.kind = Choice::Kind::kLease;
    break;
  }
  return choice;
}

// --- The face ------------------------------------------------------------------------------------

ProviderPool::ProviderPool(ProviderSource source, std::uint64_t seed, const base::Clock& clock,
                           obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_shared<Impl>(std::move(source), seed, clock, metrics, log)) {
  metrics.make_gauge_callback("ashlar_notifications_breakers_open",
                              "Providers that this process does not ask for the moment.", {},
                              [weak = std::weak_ptr<Impl>(impl_)] {
                                const auto impl = weak.lock();
                                return impl ? static_cast<double>(impl->open()) : 0.0;
                              });
}

ProviderPool::~ProviderPool() { close(); }

void ProviderPool::close() {
  Impl::Members all;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
    all = std::move(impl_->retired);
    for (Impl::Tenant& tenant : impl_->tenants) {
      all.insert(all.end(), tenant.members.begin(), tenant.members.end());
    }
    impl_->tenants.clear();
    impl_->by_id.clear();
  }
  for (const auto& member : all) member->end();
  impl_->places.close();
}

base::Result<ProviderPool::Choice> ProviderPool::choose(const Wanted& wanted,
                                                        PlaceQueue::Resume resume) {
  ASHLAR_ASSIGN(const Impl::Members members, impl_->members_of(wanted.tenant));
  Choice choice;
  for (int look = 0; look < kLooks; ++look) {
    const std::uint64_t seen = impl_->places.seen();
    choice = impl_->pick(members, wanted);
    if (!resume || choice.kind != Choice::Kind::kWait || choice.hold != Hold::kPlaces) break;
    const auto entry = impl_->places.enter({wanted.tenant, wanted.channel}, wanted.priority, seen,
                                           impl_->clock.mono(), resume);
    if (entry == PlaceQueue::Entry::kAgain) continue;
    if (entry == PlaceQueue::Entry::kWaits) choice.kind = Choice::Kind::kQueued;
    break;
  }
  return choice;
}

void ProviderPool::forget(base::TenantId tenant) {
  const std::lock_guard lock(impl_->mutex);
  ++impl_->changes;
  if (const auto found = impl_->by_id.find(tenant); found != impl_->by_id.end()) {
    found->second->stale = true;
  }
}

void ProviderPool::forget_all() {
  const std::lock_guard lock(impl_->mutex);
  ++impl_->changes;
  for (Impl::Tenant& tenant : impl_->tenants) tenant.stale = true;
}

base::Result<std::vector<ProviderPool::ProviderView>> ProviderPool::health(base::TenantId tenant) {
  ASHLAR_ASSIGN(const Impl::Members members, impl_->members_of(tenant));
  const base::Mono now = impl_->clock.mono();
  std::vector<ProviderView> views;
  for (const auto& member : members) {
    const ProviderSpec& spec = member->spec;
    // Whether its settings can be used is known once it was made.
    if (spec.enabled) member->use();
    views.push_back({spec.id, spec.name, spec.type, spec.channel, spec.enabled, member->trouble(),
                     member->health.view(now)});
  }
  return views;
}

std::size_t ProviderPool::open_breakers() const { return impl_->open(); }

// --- One send ------------------------------------------------------------------------------------

ProviderPool::Lease::Lease(std::shared_ptr<Impl> pool, std::shared_ptr<Member> member,
                           ProviderHealth::Ticket ticket, PlaceQueue::Lane lane)
    : pool_(std::move(pool)), member_(std::move(member)), ticket_(std::move(ticket)), lane_(lane) {}

ProviderPool::Lease::~Lease() {
  if (!ticket_) return;
  const base::Mono now = pool_->clock.mono();
  member_->health.settle(*ticket_, nullptr, nanoseconds{0}, now);
  if (member_->pace) member_->pace->give_back(now);
  pool_->places.freed(lane_, now);
}

ProviderId ProviderPool::Lease::provider() const { return member_->spec.id; }
const std::string& ProviderPool::Lease::name() const { return member_->spec.name; }

void ProviderPool::Lease::send(Outgoing message, Provider::Done done) {
  const std::shared_ptr<Provider> provider = member_->use();
  if (!provider) return done(not_begun("The provider is being closed."));
  const base::Mono began = pool_->clock.mono();
  ProviderHealth::Ticket ticket = *std::exchange(ticket_, std::nullopt);
  const bool probe = ticket.probe;
  Provider::Done settle = [pool = pool_, member = member_, ticket = std::move(ticket), lane = lane_,
                           began, done = std::move(done)](SendResult result) {
    const base::Mono now = pool->clock.mono();
    member->health.settle(ticket, &result, now - began, now);
    if (!is_given_back(result)) pool->count(*member, result, now - began);
    done(std::move(result));
    pool->places.freed(lane, now);
  };
  auto* const queued = probe ? dynamic_cast<QueuedProvider*>(provider.get()) : nullptr;
  if (queued != nullptr) return queued->send_probe(std::move(message), std::move(settle));
  provider->send(std::move(message), std::move(settle));
}

}  // namespace ashlar::notifications
