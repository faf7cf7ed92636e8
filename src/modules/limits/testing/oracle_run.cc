#include "modules/limits/testing/oracle_run.h"

#include <algorithm>
#include <chrono>

namespace ashlar::limits {

std::string OracleRun::run(std::uint64_t asks) {
  while (counts_.asks < asks) {
    move_clock();
    draw();
    if (batch_.asks.empty()) continue;
    predict();
    const std::uint64_t decided = batch_.decided;
    state_.decide(batch_, base::Mono{std::chrono::nanoseconds{now_}});
    if (batch_.decided != decided + 1) return "on_decided() was not called once";
    std::string difference = compare();
    if (!difference.empty()) return difference;
    ++counts_.batches;
    counts_.asks += batch_.asks.size();
    if (!batch_.allowed) ++counts_.refused;
  }
  return {};
}

void OracleRun::make_limits() {
  constexpr std::array kAll{Algorithm::kFixedWindow, Algorithm::kSlidingCounter,
                            Algorithm::kSlidingLog, Algorithm::kTokenBucket, Algorithm::kGcra};
  constexpr std::array<std::int64_t, 4> kPeriods{kSecond / 2, kSecond, 7 * kSecond,
                                                 60 * kSecond + 1};
  for (int i = 0; i < 40; ++i) {
    LimitSpec spec;
    spec.name = "limit-" + std::to_string(i);
    spec.algorithm = kAll[static_cast<std::size_t>(i) % kAll.size()];
    spec.period = std::chrono::nanoseconds{kPeriods[random_.below(kPeriods.size())]};
    // Half of them are small, whatever the seed: those are what refuses.
    spec.amount = 1 + random_.below(i % 2 == 0 ? 8 : Limit::kLogEntries);
    if (random_.chance(0.5)) spec.burst = 1 + random_.below(100);
    spec.phase_per_key = random_.chance(0.5);
    spec.shadow = random_.chance(0.15);
    spec.quota_mode = random_.chance(0.2);
    limits_.push_back(*Limit::make(spec, spec.name));
  }
}

void OracleRun::move_clock() {
  constexpr std::int64_t kBack = kSecond / 4;
  const auto below = [this](std::int64_t bound) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
  };
  const std::uint64_t kind = random_.below(1000);
  if (kind < 20) {
    now_ = std::max(now_ - below(kBack), latest_ - kBack);
    ++counts_.steps_back;
  } else if (kind < 30) {
    now_ += below(20 * kSecond);
  } else if (kind == 30) {
    now_ += below(86'400 * kSecond);
  } else if (kind < 500) {
    now_ += below(kSecond / 500);
  }
  latest_ = std::max(latest_, now_);
}

void OracleRun::draw() {
  batch_.asks.clear();
  keys_.clear();
  batch_.consume = random_.chance(0.15) ? Consume::kEach : Consume::kAllOrNone;
  const std::size_t wanted = random_.chance(0.4) ? 1 : 1 + random_.below(random_.below(8) + 1);
  texts_.resize(wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::shared_ptr<const Limit>& limit = limits_[random_.below(limits_.size())];
    const std::size_t number = random_.below(random_.below(keys_a_limit_) + 1);
    texts_[i] = "key" + std::to_string(number);
    if (i > 0 && random_.chance(0.1)) texts_[i] = texts_[i - 1];
    Key& key = key_of(*limit, texts_[i]);
    if (now_ < key.reset_at && key.reset_at <= latest_) continue;
    const std::uint64_t kind = random_.below(100);
    const Action action = kind < 78   ? Action::kTake
                          : kind < 86 ? Action::kPeek
                          : kind < 93 ? Action::kRefund
                                      : Action::kCharge;
    const std::uint64_t cost = random_.chance(0.7) ? 1 : random_.below(limit->capacity() + 3);
    batch_.asks.push_back({limit.get(), texts_[i], cost, action});
    keys_.push_back(&key);
  }
}

OracleRun::Key& OracleRun::key_of(const Limit& limit, const std::string& text) {
  const auto [at, added] = known_.try_emplace({limit.id(), text});
  if (added) at->second.oracle = KeyOracle(limit.spec(), phase_of(limit, text).count());
  return at->second;
}

void OracleRun::predict() {
  refused_ = false;
  expected_.assign(batch_.asks.size(), {});
  copies_.clear();
  for (std::size_t i = 0; i < keys_.size(); ++i) act(i, true);
  allowed_ = judged();
  refused_ = !allowed_ && batch_.consume == Consume::kAllOrNone;
  if (refused_) {
    copies_.clear();
    for (std::size_t i = 0; i < keys_.size(); ++i) act(i, false);
  }
  for (const auto& [key, copy] : copies_) key->oracle = copy;
}

void OracleRun::act(std::size_t i, bool takes) {
  const Ask& ask = batch_.asks[i];
  KeyOracle& copy = copies_.try_emplace(keys_[i], keys_[i]->oracle).first->second;
  Expected& out = expected_[i];
  switch (ask.action) {
    case Action::kTake:
      if (takes) {
        out.allowed = copy.fits(now_, ask.cost);
        if (out.allowed || batch_.consume == Consume::kEach) copy.add(now_, ask.cost);
      }
      if (const std::uint64_t left = copy.remaining(now_); takes || out.allowed) {
        out.remaining = left;
      }
      return;
    case Action::kPeek:
      if (const bool fits = copy.fits(now_, ask.cost); takes) {
        out.allowed = fits;
        out.remaining = copy.remaining(now_) - (fits ? ask.cost : 0);
      }
      return;
    case Action::kCharge:
      out.allowed = copy.fits(now_, ask.cost);
      copy.add(now_, ask.cost);
      break;
    case Action::kRefund:
      out.allowed = true;
      copy.give_back(now_, ask.cost);
      break;
  }
  out.remaining = copy.remaining(now_);
}

bool OracleRun::judged() {
  bool all_quotas_over = true;
  bool any_quota = false;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Ask& ask = batch_.asks[i];
    const LimitSpec& spec = ask.limit->spec();
    const bool judges = ask.action == Action::kTake || ask.action == Action::kPeek;
    const bool over = judges && !expected_[i].allowed && !spec.shadow;
    if (!expected_[i].allowed) ++counts_.over[static_cast<std::size_t>(spec.algorithm)];
    any_quota |= spec.quota_mode;
    if (spec.quota_mode && !over) all_quotas_over = false;
    if (!spec.quota_mode && over) return false;
  }
  return !any_quota || !all_quotas_over;
}

std::string OracleRun::compare() {
  std::string difference;
  if (batch_.allowed != allowed_) difference = "the batch's allowed";
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const kit::Decision& got = batch_.outcomes[i].decision;
    if (got.allowed != expected_[i].allowed || got.remaining != expected_[i].remaining) {
      difference += " ask " + std::to_string(i) + ": " + describe(i, got);
    }
  }
  if (difference.empty()) {
    see_resets();
    return difference;
  }
  return "batch " + std::to_string(counts_.batches) + " at " + std::to_string(now_) +
         (batch_.consume == Consume::kEach ? " (each)" : "") + ": " + difference;
}

void OracleRun::see_resets() {
  probe_.asks.clear();
  for (const Ask& ask : batch_.asks) probe_.asks.push_back({ask.limit, ask.key, 0, Action::kPeek});
  state_.decide(probe_, base::Mono{std::chrono::nanoseconds{now_}});
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    keys_[i]->reset_at = now_ + probe_.outcomes[i].decision.reset_after.count();
  }
}

std::string OracleRun::describe(std::size_t i, const kit::Decision& got) const {
  const Ask& ask = batch_.asks[i];
  const LimitSpec& spec = ask.limit->spec();
  return "algorithm " + std::to_string(static_cast<int>(spec.algorithm)) + " action " +
         std::to_string(static_cast<int>(ask.action)) + " cost " + std::to_string(ask.cost) +
         " of " + std::to_string(ask.limit->capacity()) + ": allowed " +
         std::to_string(got.allowed) + " for " + std::to_string(expected_[i].allowed) +
         ", remaining " + std::to_string(got.remaining) + " for " +
         std::to_string(expected_[i].remaining);
}

}  // namespace ashlar::limits
