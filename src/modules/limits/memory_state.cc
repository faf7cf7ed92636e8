#include "modules/limits/memory_state.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/check.h"
#include "modules/limits/batch.h"

namespace ashlar::limits {
namespace {

using LogState = MemoryState::LogState;

bool is_log(const Ask& ask) { return ask.limit->spec().algorithm == Algorithm::kSlidingLog; }

template <class Rule, class State>
kit::Decision act_by(const Rule& rule, State& state, const Ask& ask, Consume consume,
                     base::Mono now) {
  switch (ask.action) {
    case Action::kTake:
      if (consume == Consume::kEach) return charge(rule, state, now, ask.cost);
      return take(rule, state, now, ask.cost);
    case Action::kPeek:
      return peek(rule, state, now, ask.cost);
    case Action::kCharge:
      return charge(rule, state, now, ask.cost);
    case Action::kRefund:
      break;
  }
  refund(rule, state, now, ask.cost);
  kit::Decision decision = peek(rule, state, now, 0);
  decision.allowed = true;
  decision.retry_after = std::chrono::nanoseconds{0};
  return decision;
}

template <class State, class Rule>
kit::Decision act_on_words(const Rule& rule, KeyState& words, const Ask& ask, Consume consume,
                           base::Mono now) {
  auto state = words.as<State>();
  const kit::Decision decision = act_by(rule, state, ask, consume, now);
  words.set(state);
  return decision;
}

template <class Rule>
Rule in_phase(const Rule& rule, const Ask& ask) {
  if (!ask.limit->spec().phase_per_key) return rule;
  return rule.in_phase(phase_of(*ask.limit, ask.key));
}

template <class Rule>
const Rule& rule_of(const Ask& ask) {
  return *std::get_if<Rule>(&ask.limit->rule());
}

kit::Decision act(KeyState& words, const Ask& ask, Consume consume, base::Mono now) {
  switch (ask.limit->spec().algorithm) {
    case Algorithm::kFixedWindow:
      return act_on_words<kit::FixedWindowState>(in_phase(rule_of<kit::FixedWindowRule>(ask), ask),
                                                 words, ask, consume, now);
    case Algorithm::kSlidingCounter:
      return act_on_words<kit::SlidingCounterState>(
          in_phase(rule_of<kit::SlidingCounterRule>(ask), ask), words, ask, consume, now);
    case Algorithm::kTokenBucket:
      return act_on_words<kit::TokenBucketState>(rule_of<kit::TokenBucketRule>(ask), words, ask,
                                                 consume, now);
    case Algorithm::kGcra:
      return act_on_words<kit::GcraState>(rule_of<kit::GcraRule>(ask), words, ask, consume, now);
    case Algorithm::kSlidingLog:
      break;
  }
  CHECK(false && "a sliding log's state has more than three words");
}

kit::Decision act(LogState& state, const Ask& ask, Consume consume, base::Mono now) {
  return act_by(rule_of<kit::SlidingLogRule>(ask), state, ask, consume, now);
}

// The states of a batch's keys in one map, each once, copied from it and back.
template <class State>
class Copies {
 public:
  Copies() {}  // NOLINT(*-member-init): 33 kB, of which a batch seldom needs much

  // Which copy is the key's.
  std::uint8_t add(kit::LimiterKey key) {
    const auto all = keys();
    const auto found = static_cast<std::size_t>(std::ranges::find(all, key) - all.begin());
    if (found == count_) keys_[count_++] = key;
    return static_cast<std::uint8_t>(found);
  }
  template <class Locked>
  void load(const Locked& map) {
    for (std::size_t i = 0; i < count_; ++i) {
      const State* state = map.find(keys_[i]);
      there_[i] = state != nullptr;
      std::construct_at(&states_[i], state != nullptr ? *state : State{});
      reset_after_[i] = kUntouched;
    }
  }
  template <class Locked>
  void store(Locked& map, base::Mono now) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (reset_after_[i] != kUntouched) map.put(keys_[i], now, states_[i], reset_after_[i]);
    }
  }
  State& state(std::uint8_t i) { return states_[i]; }
  void taken(std::uint8_t i, std::chrono::nanoseconds reset_after) {
    reset_after_[i] = reset_after;
  }
  // Nothing was taken, but the state is now that of another time.
  void moved(std::uint8_t i, std::chrono::nanoseconds reset_after) {
    if (there_[i] || reset_after_[i] != kUntouched) reset_after_[i] = reset_after;
  }
  [[nodiscard]] std::span<const kit::LimiterKey> keys() const { return {keys_.data(), count_}; }

 private:
  static constexpr std::chrono::nanoseconds kUntouched{-1};

  std::size_t count_ = 0;
  std::array<kit::LimiterKey, Batch::kMaxAsks> keys_;
  std::array<bool, Batch::kMaxAsks> there_;
  std::array<std::chrono::nanoseconds, Batch::kMaxAsks> reset_after_;
  union {
    std::array<State, Batch::kMaxAsks> states_;
  };
};

}  // namespace

// One batch of several asks, while the stripes of its keys are locked.
class MemoryState::Step {
 public:
  Step(Batch& batch, base::Mono now) : batch_(batch), now_(now) {}

  void find_keys(const kit::LimiterKeyHasher& hasher) {
    for (std::size_t i = 0; i < batch_.asks.size(); ++i) {
      const Ask& ask = batch_.asks[i];
      const kit::LimiterKey key = hasher(ask.limit->id(), ask.key);
      copy_of_[i] = is_log(ask) ? logs_.add(key) : counts_.add(key);
    }
  }
  [[nodiscard]] std::span<const kit::LimiterKey> counts() const { return counts_.keys(); }
  [[nodiscard]] std::span<const kit::LimiterKey> logs() const { return logs_.keys(); }

  template <class LockedCounts, class LockedLogs>
  void run(LockedCounts& counts, LockedLogs& logs) {
    counts_.load(counts);
    logs_.load(logs);
    for (std::size_t i = 0; i < batch_.asks.size(); ++i) {
      batch_.outcomes[i].decision = act_on_copy(i, batch_.asks[i]);
    }
    judge(batch_);
    if (!batch_.allowed && batch_.consume == Consume::kAllOrNone) {
      counts_.load(counts);
      logs_.load(logs);
      take_nothing();
    }
    counts_.store(counts, now_);
    logs_.store(logs, now_);
  }

 private:
  // Who takes nothing stores the state too, if there is one: after a long step back of the
  // clock it has moved to the new now, and who only asks must not wait until the clock is back
  // where it was (kit/rate/decision.h, promise 3).
  kit::Decision act_on_copy(std::size_t i, const Ask& ask) {
    return is_log(ask) ? act_on(logs_, copy_of_[i], ask) : act_on(counts_, copy_of_[i], ask);
  }
  template <class State>
  kit::Decision act_on(Copies<State>& copies, std::uint8_t copy, const Ask& ask) {
    const kit::Decision decision = act(copies.state(copy), ask, batch_.consume, now_);
    if (ask.action == Action::kPeek) {
      copies.moved(copy, settle(copies.state(copy), ask).reset_after);
    } else if (took_nothing(ask, decision)) {
      copies.moved(copy, decision.reset_after);
    } else {
      copies.taken(copy, decision.reset_after);
    }
    return decision;
  }
  [[nodiscard]] bool took_nothing(const Ask& ask, const kit::Decision& decision) const {
    if (ask.action == Action::kRefund) return true;
    return ask.action == Action::kTake && !decision.allowed &&
           batch_.consume == Consume::kAllOrNone;
  }
  template <class State>
  kit::Decision settle(State& state, Ask ask) {
    ask.action = Action::kTake;
    ask.cost = 0;
    return act(state, ask, Consume::kAllOrNone, now_);
  }

  // What a refused batch does: charges and refunds, and it tells takes that fitted what is left.
  void take_nothing() {
    for (std::size_t i = 0; i < batch_.asks.size(); ++i) {
      Ask ask = batch_.asks[i];
      Outcome& outcome = batch_.outcomes[i];
      if (ask.action == Action::kCharge || ask.action == Action::kRefund) {
        outcome.decision = act_on_copy(i, ask);
        continue;
      }
      ask.cost = 0;
      const bool fitted = ask.action == Action::kTake && !outcome.over();
      ask.action = Action::kPeek;
      const kit::Decision left = act_on_copy(i, ask);
      if (fitted) {
        outcome.decision.remaining = left.remaining;
        outcome.decision.reset_after = left.reset_after;
      }
    }
  }

  Batch& batch_;
  const base::Mono now_;
  std::array<std::uint8_t, Batch::kMaxAsks> copy_of_;
  Copies<KeyState> counts_;
  Copies<LogState> logs_;
};

MemoryState::MemoryState(const Options& options, const kit::SipKey& seed)
    : seed_(seed),
      hasher_(seed),
      counts_(options.max_keys),
      logs_(options.max_log_keys > 0 ? options.max_log_keys
                                     : std::max<std::size_t>(options.max_keys / 16, 1)) {}

void MemoryState::decide(Batch& batch, base::Mono now) {
  CHECK(batch.asks.size() <= Batch::kMaxAsks);
  batch.outcomes.assign(batch.asks.size(), Outcome{});
  const bool single = batch.asks.size() == 1 && (batch.asks[0].action == Action::kTake ||
                                                 batch.asks[0].action == Action::kCharge);
  if (single) {
    decide_one(batch, now);
  } else {
    decide_together(batch, now);
  }
  mark_changed();
  batch.on_decided();
}

// A take that does not fit takes nothing, and one that does makes a batch that is allowed: no copy.
void MemoryState::decide_one(Batch& batch, base::Mono now) {
  const Ask& ask = batch.asks[0];
  const kit::LimiterKey key = hasher_(ask.limit->id(), ask.key);
  const auto visit = [&](auto& state) { return act(state, ask, batch.consume, now); };
  batch.outcomes[0].decision =
      is_log(ask) ? logs_.with(key, now, visit) : counts_.with(key, now, visit);
  judge(batch);
}

void MemoryState::decide_together(Batch& batch, base::Mono now) {
  Step step(batch, now);
  step.find_keys(hasher_);
  counts_.with_all(step.counts(), [&](auto& counts) {
    logs_.with_all(step.logs(), [&](auto& logs) { step.run(counts, logs); });
  });
}

MemoryState::Stats MemoryState::stats() const { return {counts_.stats(), logs_.stats()}; }

}  // namespace ashlar::limits
