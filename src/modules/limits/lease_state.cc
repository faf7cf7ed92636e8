#include "modules/limits/lease_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "modules/limits/local_share.h"

namespace ashlar::limits {
namespace {

constexpr base::Mono kNever{std::chrono::nanoseconds{INT64_MIN}};

bool is_leased(const Ask& ask) {
  const LimitSpec& spec = ask.limit->spec();
  return spec.keeping == Keeping::kLeased && ask.action == Action::kTake && ask.cost > 0 &&
         ask.cost <= ask.limit->capacity() && !spec.shadow && !spec.quota_mode;
}

bool is_window(const Limit& limit) { return limit.spec().algorithm == Algorithm::kFixedWindow; }

}  // namespace

struct LeaseState::Lease {
  std::string key;  // of leases_
  std::string text;
  const Limit* limit = nullptr;
  std::shared_ptr<const void> keeps;

  std::uint64_t left = 0;
  base::Mono expires = kNever;
  base::Mono refused_until = kNever;  // without asking again
  base::Mono retry_at = kNever;       // what callers are told
  base::Mono reset_at = kNever;
  std::uint64_t shared = 0;  // what could still be taken from the shared count, as last heard
  bool shared_known = false;

  // Units taken in the running slot of kSlot and in the one before.
  base::Mono slot = kNever;
  std::uint64_t taken = 0;
  std::uint64_t taken_before = 0;
  base::Mono last_take = kNever;

  bool filling = false;
  int users = 0;  // batches that are under way and point to it
  std::deque<std::unique_ptr<Waiting>> waiting;
};

// A batch with leased asks, on its way.
struct LeaseState::Waiting {
  Batch* batch = nullptr;
  base::Mono now;
  std::vector<std::pair<std::size_t, Lease*>> leased;  // ask, its lease
  int refills = 0;
  Lease* refused_by = nullptr;
};

// A take from, or a refund to, the shared count.
struct LeaseState::Refill final : Batch {
  LeaseState* state = nullptr;
  Lease* lease = nullptr;  // null: handed back, nobody waits
  base::Mono now;
  std::string text;

  void on_decided() override {
    std::unique_ptr<Refill> self(this);
    if (lease != nullptr) state->on_refill(std::move(self));
  }
};

// What of a batch is not leased.
struct LeaseState::Rest final : Batch {
  LeaseState* state = nullptr;
  std::unique_ptr<Waiting> waiting;
  std::vector<std::size_t> place;

  void on_decided() override { state->on_rest(std::unique_ptr<Rest>(this)); }
};

LeaseState::LeaseState(const Options& options, std::unique_ptr<LimitState> inner,
                       std::shared_ptr<LocalShare> local)
    : options_(options), local_(std::move(local)), inner_(std::move(inner)) {
  CHECK(options.instances > 0);
}

LeaseState::~LeaseState() { end(); }

void LeaseState::end() {
  ending_ = true;
  inner_.reset();  // answers what is under way
}

// --- Leases --------------------------------------------------------------------------------------

LeaseState::Lease* LeaseState::lease_of(const Ask& ask) {
  std::string key = std::to_string(ask.limit->id()) + "/";
  key += ask.key;
  const auto found = leases_.find(key);
  if (found != leases_.end()) return found->second.get();
  if (leases_.size() >= kMaxLeases) return nullptr;
  auto lease = std::make_unique<Lease>();
  lease->key = key;
  lease->text = ask.key;
  Lease* const out = lease.get();
  leases_.emplace(std::move(key), std::move(lease));
  turn_.push_back(out);
  return out;
}

void LeaseState::lapse(Lease& lease) {
  if (lease.expires > now_) return;
  if (lease.left > 0 && !is_window(*lease.limit)) hand_back(lease);
  lease.left = 0;
  lease.shared_known = false;
}

void LeaseState::note_take(Lease& lease, std::uint64_t cost) {
  if (now_ - kSlot >= lease.slot || now_ < lease.slot) {
    lease.taken_before = now_ - 2 * kSlot >= lease.slot ? 0 : lease.taken;
    lease.taken = 0;
    lease.slot = now_;
  }
  lease.taken += cost;
  lease.last_take = now_;
}

std::uint64_t LeaseState::wanted(const Lease& lease, std::uint64_t need) const {
  const std::uint64_t rate = std::max(lease.taken, lease.taken_before);
  const std::uint64_t there = lease.shared_known ? lease.shared : lease.limit->capacity();
  const std::uint64_t fair = there / (2 * options_.instances);
  const std::uint64_t ahead = rate > lease.left ? std::min(rate - lease.left, fair) : 0;
  return std::max(need, ahead);
}

void LeaseState::refill(Lease& lease, std::uint64_t need) {
  const std::uint64_t units = wanted(lease, need);
  if (lease.filling || units == 0) return;
  lease.filling = true;
  ++stats_.refills;
  auto batch = std::make_unique<Refill>();
  batch->state = this;
  batch->lease = &lease;
  batch->now = now_;
  batch->text = lease.text;
  batch->keeps = lease.keeps;
  batch->asks = {{lease.limit, batch->text, units, Action::kTake}};
  Refill* const raw = batch.release();
  inner_->decide(*raw, now_);
}

void LeaseState::on_refill(std::unique_ptr<Refill> refill) {
  Lease& lease = *refill->lease;
  lease.filling = false;
  const Outcome& outcome = refill->outcomes.front();
  const kit::Decision& decision = outcome.decision;
  if (outcome.source != Source::kCount) {
    lease.shared_known = false;
    if (refill->allowed && outcome.source == Source::kFailedLocal) {  // it was not meant to be used
      refill->asks.front().action = Action::kRefund;
      local_->decide(*refill, refill->now);
    }
    std::deque<std::unique_ptr<Waiting>> waiting;
    waiting.swap(lease.waiting);
    for (std::unique_ptr<Waiting>& one : waiting) fall_back(std::move(one));
    return;
  }
  lease.shared = decision.remaining;
  lease.shared_known = true;
  lease.reset_at = refill->now + decision.reset_after;
  if (refill->allowed) {
    lapse(lease);
    lease.shared_known = true;
    lease.left += refill->asks.front().cost;
    lease.expires = is_window(*lease.limit) ? lease.reset_at : refill->now + kLife;
    lease.refused_until = kNever;
  } else if (decision.remaining == 0 ||
             (!lease.waiting.empty() &&
              batch_cost(*lease.waiting.front(), lease) > decision.remaining)) {
    const auto wait = std::min<std::chrono::nanoseconds>(decision.retry_after, kRefusedFor);
    lease.refused_until = now_ + wait;
    lease.retry_at = refill->now + std::min<std::chrono::nanoseconds>(decision.retry_after,
                                                                      std::chrono::hours{24 * 365});
  }
  if (!ending_) serve_waiting(lease);
}

void LeaseState::serve_waiting(Lease& lease) {
  std::deque<std::unique_ptr<Waiting>> waiting;
  waiting.swap(lease.waiting);
  for (std::unique_ptr<Waiting>& one : waiting) proceed(std::move(one));
}

void LeaseState::hand_back(Lease& lease) {
  if (lease.left == 0 || ending_) return;
  auto batch = std::make_unique<Refill>();
  batch->state = this;
  batch->now = now_;
  batch->text = lease.text;
  batch->keeps = lease.keeps;
  batch->asks = {{lease.limit, batch->text, lease.left, Action::kRefund}};
  stats_.handed_back += lease.left;
  lease.left = 0;
  Refill* const raw = batch.release();
  inner_->decide(*raw, now_);
}

// --- Batches -------------------------------------------------------------------------------------

void LeaseState::decide(Batch& batch, base::Mono now) {
  now_ = std::max(now_, now);
  if (now_ - now > std::chrono::seconds{1}) now_ = now;  // the clock has been set back
  std::unique_ptr<Waiting> waiting;
  for (std::size_t i = 0; i < batch.asks.size(); ++i) {
    const Ask& ask = batch.asks[i];
    if (!is_leased(ask)) continue;
    Lease* const lease = lease_of(ask);
    if (lease == nullptr) continue;
    lease->limit = ask.limit;
    lease->keeps = batch.keeps;
    note_take(*lease, ask.cost);
    if (waiting == nullptr) waiting = std::make_unique<Waiting>();
    waiting->leased.emplace_back(i, lease);
    ++lease->users;
  }
  if (waiting == nullptr) return inner_->decide(batch, now);
  waiting->batch = &batch;
  waiting->now = now;
  proceed(std::move(waiting));
}

// What the batch takes from this lease.
std::uint64_t LeaseState::batch_cost(const Waiting& waiting, const Lease& lease) {
  std::uint64_t sum = 0;
  for (const auto& [index, own] : waiting.leased) {
    if (own == &lease) sum += waiting.batch->asks[index].cost;
  }
  return sum;
}

void LeaseState::proceed(std::unique_ptr<Waiting> waiting) {
  for (const auto& [index, lease] : waiting->leased) {
    lapse(*lease);
    const std::uint64_t cost = batch_cost(*waiting, *lease);
    if (lease->left >= cost) continue;
    if (now_ < lease->refused_until || waiting->refills >= kMaxRefills) {
      waiting->refused_by = lease;
      return ask_the_rest(std::move(waiting));
    }
    ++waiting->refills;
    Lease& wanting = *lease;
    std::uint64_t need = cost - wanting.left;
    for (const auto& other : wanting.waiting) need += batch_cost(*other, wanting);
    if (wanting.shared_known) {
      need = std::max(cost - wanting.left, std::min(need, wanting.shared));
    }
    wanting.waiting.push_back(std::move(waiting));
    refill(wanting, need);
    return;
  }
  for (const auto& [index, lease] : waiting->leased) {
    lease->left -= waiting->batch->asks[index].cost;
  }
  ask_the_rest(std::move(waiting));
}

void LeaseState::ask_the_rest(std::unique_ptr<Waiting> waiting) {
  Batch& batch = *waiting->batch;
  const bool refused = waiting->refused_by != nullptr;
  auto rest = std::make_unique<Rest>();
  for (std::size_t i = 0; i < batch.asks.size(); ++i) {
    const bool own =
        std::ranges::any_of(waiting->leased, [i](const auto& one) { return one.first == i; });
    if (own) continue;
    Ask ask = batch.asks[i];
    if (refused && batch.consume == Consume::kAllOrNone && ask.action == Action::kTake) {
      ask.action = Action::kPeek;
    }
    rest->asks.push_back(ask);
    rest->place.push_back(i);
  }
  const base::Mono now = waiting->now;
  rest->state = this;
  rest->keeps = batch.keeps;
  rest->consume = batch.consume;
  rest->waiting = std::move(waiting);
  if (rest->asks.empty()) return on_rest(std::move(rest));
  Rest* const raw = rest.release();
  inner_->decide(*raw, now);
}

void LeaseState::on_rest(std::unique_ptr<Rest> rest) {
  const std::unique_ptr<Waiting> waiting = std::move(rest->waiting);
  Batch& batch = *waiting->batch;
  const bool refused = waiting->refused_by != nullptr;
  batch.outcomes.assign(batch.asks.size(), Outcome{});
  for (std::size_t i = 0; i < rest->place.size(); ++i) {
    batch.outcomes[rest->place[i]] = rest->outcomes[i];
  }
  for (const auto& [index, lease] : waiting->leased) {
    const bool denied = lease == waiting->refused_by;
    batch.outcomes[index] = denied ? denied_by(*lease) : granted_by(*lease);
    --lease->users;
  }
  judge(batch);
  if (!refused && !batch.allowed && batch.consume == Consume::kAllOrNone) {
    for (const auto& [index, lease] : waiting->leased) {
      if (now_ < lease->expires) lease->left += batch.asks[index].cost;
    }
  }
  if (!refused && !ending_) {
    for (const auto& [index, lease] : waiting->leased) top_up(*lease);
  }
  batch.on_decided();
}

// Below half of what is taken in a slot: more, in the background.
void LeaseState::top_up(Lease& lease) {
  const std::uint64_t rate = std::max(lease.taken, lease.taken_before);
  const bool dry = lease.shared_known && lease.shared == 0;
  if (lease.left < rate / 2 && !dry && now_ >= lease.refused_until) refill(lease, 0);
}

Outcome LeaseState::granted_by(const Lease& lease) const {
  Outcome out;
  out.decision.allowed = true;
  out.decision.limit = lease.limit->capacity();
  out.decision.remaining =
      std::min(out.decision.limit, lease.left + (lease.shared_known ? lease.shared : 0));
  out.decision.reset_after = std::max(lease.reset_at - now_, std::chrono::nanoseconds{0});
  return out;
}

Outcome LeaseState::denied_by(const Lease& lease) const {
  Outcome out;
  out.decision.limit = lease.limit->capacity();
  out.decision.retry_after = std::max<std::chrono::nanoseconds>(
      std::max(lease.retry_at, lease.refused_until) - now_, std::chrono::milliseconds{1});
  out.decision.reset_after = std::max(lease.reset_at - now_, std::chrono::nanoseconds{0});
  return out;
}

// The shared count does not answer.
void LeaseState::fall_back(std::unique_ptr<Waiting> waiting) {
  Batch& batch = *waiting->batch;
  for (const auto& [index, lease] : waiting->leased) --lease->users;
  local_->decide(batch, waiting->now);
  batch.on_decided();
}

// --- Time ----------------------------------------------------------------------------------------

void LeaseState::tick(base::Mono now) {
  now_ = std::max(now_, now);
  if (now_ - now > std::chrono::seconds{1}) now_ = now;
  // All of them within 20 ticks.
  std::size_t looks = turn_.empty() ? 0 : 1 + turn_.size() / 20;
  for (; looks > 0; --looks) {
    Lease* const lease = turn_.front();
    turn_.pop_front();
    lapse(*lease);
    if (lease->left > 0 && now_ - kIdle >= lease->last_take) hand_back(*lease);
    const bool busy = lease->filling || lease->users > 0 || !lease->waiting.empty();
    if (!busy && lease->left == 0 && now_ - kLife >= lease->last_take) {
      leases_.erase(std::string(lease->key));
    } else {
      turn_.push_back(lease);
    }
  }
  stats_.leases = leases_.size();
}

void LeaseState::hand_back_all(base::Mono now) {
  now_ = std::max(now_, now);
  for (const auto& [key, lease] : leases_) {
    lapse(*lease);
    hand_back(*lease);
  }
}

}  // namespace ashlar::limits
