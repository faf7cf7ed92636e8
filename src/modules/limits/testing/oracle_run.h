// OracleRun: random batches over limits of all algorithms, given to a LimitState and to brute force
// (limit_oracle.h), with a clock that creeps, leaps and steps back. For every decision `allowed`,
// every outcome's `allowed` and `remaining`, and what a refused batch leaves must agree.
//
// The clock steps back by at most a quarter of a second behind the latest it has shown: half of the
// shortest period. A key whose count had been reset by the latest time and, after a step back, had
// not, is not asked: the state may have forgotten it (kit/rate/limiter_map.h, idle keys).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "modules/limits/batch.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/testing/limit_oracle.h"

namespace ashlar::limits {

struct CountedBatch final : Batch {
  void on_decided() override { ++decided; }
  std::uint64_t decided = 0;
};

class OracleRun {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  struct Counts {
    std::uint64_t batches = 0;
    std::uint64_t asks = 0;
    std::uint64_t refused = 0;  // batches
    std::uint64_t steps_back = 0;
    std::array<std::uint64_t, 5> over{};  // asks, by algorithm
  };

  // `state` is empty and has room for all keys.
  OracleRun(LimitState& state, std::uint64_t seed, std::size_t keys_a_limit = 200)
      : state_(state), random_(seed), keys_a_limit_(keys_a_limit) {
    make_limits();
  }

  // Empty, or what first differed.
  std::string run(std::uint64_t asks) {
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
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Key {
    KeyOracle oracle;
    std::int64_t reset_at = INT64_MIN;
  };
  struct Expected {
    bool allowed = false;
    std::uint64_t remaining = 0;
  };

  void make_limits() {
    constexpr std::array kAll{Algorithm::kFixedWindow, Algorithm::kSlidingCounter,
                              Algorithm::kSlidingLog, Algorithm::kTokenBucket, Algorithm::kGcra};
    constexpr std::array<std::int64_t, 4> kPeriods{kSecond / 2, kSecond, 7 * kSecond,
                                                   60 * kSecond + 1};
    for (int i = 0; i < 40; ++i) {
      LimitSpec spec;
      spec.name = "limit-" + std::to_string(i);
      spec.algorithm = kAll[static_cast<std::size_t>(i) % kAll.size()];
      spec.period = std::chrono::nanoseconds{kPeriods[random_.below(kPeriods.size())]};
      spec.amount = 1 + random_.below(random_.chance(0.5) ? 8 : Limit::kLogEntries);
      if (random_.chance(0.5)) spec.burst = 1 + random_.below(100);
      spec.phase_per_key = random_.chance(0.5);
      spec.shadow = random_.chance(0.15);
      spec.quota_mode = random_.chance(0.2);
      limits_.push_back(*Limit::make(spec, spec.name));
    }
  }

  void move_clock() {
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

  void draw() {
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

  Key& key_of(const Limit& limit, const std::string& text) {
    const auto [at, added] = known_.try_emplace({limit.id(), text});
    if (added) at->second.oracle = KeyOracle(limit.spec(), phase_of(limit, text).count());
    return at->second;
  }

  void predict() {
    refused_ = false;
    expected_.assign(batch_.asks.size(), {});
    touched_.assign(batch_.asks.size(), false);
    copies_.clear();
    for (std::size_t i = 0; i < keys_.size(); ++i) act(i, true);
    allowed_ = judged();
    refused_ = !allowed_ && batch_.consume == Consume::kAllOrNone;
    if (refused_) {
      copies_.clear();
      for (std::size_t i = 0; i < keys_.size(); ++i) act(i, false);
    }
    for (const auto& [key, copy] : copies_) {
      bool commit = false;
      for (std::size_t i = 0; i < keys_.size(); ++i) commit |= keys_[i] == key && touched_[i];
      if (commit) key->oracle = copy;
    }
  }

  // `takes`: else only what happens in a refused batch.
  void act(std::size_t i, bool takes) {
    const Ask& ask = batch_.asks[i];
    KeyOracle& copy = copies_.try_emplace(keys_[i], keys_[i]->oracle).first->second;
    Expected& out = expected_[i];
    const bool alone = batch_.asks.size() == 1;
    switch (ask.action) {
      case Action::kTake:
        if (takes) {
          out.allowed = copy.fits(now_, ask.cost);
          const bool counted = out.allowed || batch_.consume == Consume::kEach;
          if (counted) copy.add(now_, ask.cost);
          touched_[i] = counted || alone;
        } else {
          touched_[i] = alone;
        }
        if (takes || out.allowed) out.remaining = copy.remaining(now_);
        return;
      case Action::kPeek:
        if (!takes) return;
        out.allowed = copy.fits(now_, ask.cost);
        out.remaining = copy.remaining(now_) - (out.allowed ? ask.cost : 0);
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
    touched_[i] = true;
    out.remaining = copy.remaining(now_);
  }

  bool judged() {
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

  std::string compare() {
    std::string difference;
    if (batch_.allowed != allowed_) difference = "the batch's allowed";
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const kit::Decision& got = batch_.outcomes[i].decision;
      if (touched_[i]) keys_[i]->reset_at = now_ + got.reset_after.count();
      if (got.allowed != expected_[i].allowed || got.remaining != expected_[i].remaining) {
        difference += " ask " + std::to_string(i) + ": " + describe(i, got);
      }
    }
    if (difference.empty()) return difference;
    return "batch " + std::to_string(counts_.batches) + " at " + std::to_string(now_) +
           (batch_.consume == Consume::kEach ? " (each)" : "") + ": " + difference;
  }
  [[nodiscard]] std::string describe(std::size_t i, const kit::Decision& got) const {
    const Ask& ask = batch_.asks[i];
    const LimitSpec& spec = ask.limit->spec();
    return "algorithm " + std::to_string(static_cast<int>(spec.algorithm)) + " action " +
           std::to_string(static_cast<int>(ask.action)) + " cost " + std::to_string(ask.cost) +
           " of " + std::to_string(ask.limit->capacity()) + ": allowed " +
           std::to_string(got.allowed) + " for " + std::to_string(expected_[i].allowed) +
           ", remaining " + std::to_string(got.remaining) + " for " +
           std::to_string(expected_[i].remaining);
  }

  LimitState& state_;
  base::Random random_;
  const std::size_t keys_a_limit_;
  std::vector<std::shared_ptr<const Limit>> limits_;
  std::map<std::pair<std::uint64_t, std::string>, Key> known_;
  std::int64_t now_ = 1'700'000'000 * kSecond;
  std::int64_t latest_ = now_;
  CountedBatch batch_;
  std::vector<std::string> texts_;
  std::vector<Key*> keys_;
  std::vector<Expected> expected_;
  std::vector<bool> touched_;
  std::map<Key*, KeyOracle> copies_;
  bool allowed_ = false;
  bool refused_ = false;
  Counts counts_;
};

}  // namespace ashlar::limits
