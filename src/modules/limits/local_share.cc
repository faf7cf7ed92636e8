#include "modules/limits/local_share.h"

#include <vector>

#include "modules/limits/batch.h"

namespace ashlar::limits {
namespace {

struct LocalBatch final : Batch {
  void on_decided() override {}
};

Outcome open_outcome(const Limit& limit) {
  Outcome outcome;
  outcome.decision.allowed = true;
  outcome.decision.limit = outcome.decision.remaining = limit.capacity();
  outcome.source = Source::kFailedOpen;
  return outcome;
}

Outcome closed_outcome(const Ask& ask) {
  Outcome outcome;
  outcome.decision.allowed = ask.action == Action::kRefund;
  outcome.decision.limit = ask.limit->capacity();
  if (!outcome.decision.allowed) outcome.decision.retry_after = LocalShare::kRetryAfter;
  outcome.source = Source::kFailedClosed;
  return outcome;
}

bool refuses(const Ask& ask, const Outcome& outcome) {
  const LimitSpec& spec = ask.limit->spec();
  const bool counts = ask.action == Action::kTake || ask.action == Action::kPeek;
  return counts && outcome.over() && !spec.shadow && !spec.quota_mode;
}

}  // namespace

std::shared_ptr<const Limit> LocalShare::share_of(const Limit& limit) {
  const auto found = shares_.find(limit.id());
  if (found != shares_.end() && found->second.of == limit.spec()) return found->second.limit;
  LimitSpec spec = limit.spec();
  const auto divided = [this](std::uint64_t n) { return n / instances_ + (n % instances_ > 0); };
  spec.amount = divided(spec.amount);
  spec.burst = divided(spec.burst);
  auto made = Limit::make(spec, "share/" + std::to_string(limit.id()));
  if (!made.ok()) return nullptr;  // its bucket would fill too slowly
  if (shares_.size() >= kMaxLimits) shares_.clear();
  shares_[limit.id()] = {limit.spec(), *made};
  return *made;
}

void LocalShare::decide(Batch& batch, base::Mono now) {
  LocalBatch local;
  local.consume = batch.consume;
  std::vector<std::size_t> place;
  std::vector<std::shared_ptr<const Limit>> keeps;
  bool refused = false;
  batch.outcomes.clear();
  for (const Ask& ask : batch.asks) {
    auto share = ask.limit->spec().on_failure == OnFailure::kLocal ? share_of(*ask.limit) : nullptr;
    if (share != nullptr) {
      local.asks.push_back({share.get(), ask.key, ask.cost, ask.action});
      place.push_back(batch.outcomes.size());
      keeps.push_back(std::move(share));
      batch.outcomes.emplace_back();
      continue;
    }
    const bool open = ask.limit->spec().on_failure == OnFailure::kOpen;
    batch.outcomes.push_back(open ? open_outcome(*ask.limit) : closed_outcome(ask));
    refused = refused || refuses(ask, batch.outcomes.back());
  }
  if (!local.asks.empty()) {
    if (refused && batch.consume == Consume::kAllOrNone) {
      for (Ask& ask : local.asks) {
        if (ask.action == Action::kTake) ask.action = Action::kPeek;
      }
    }
    memory_.decide(local, now);
    for (std::size_t i = 0; i < place.size(); ++i) {
      batch.outcomes[place[i]] = local.outcomes[i];
      batch.outcomes[place[i]].source = Source::kFailedLocal;
    }
  }
  judge(batch);
}

}  // namespace ashlar::limits
