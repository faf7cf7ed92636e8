#include "modules/limits/redis_step.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "platform/redis/reply.h"

namespace ashlar::limits {
namespace {

using LogState = kit::SlidingLogState<Limit::kLogEntries>;
using State =
    std::variant<kit::FixedWindowState, kit::SlidingCounterState, LogState, kit::GcraState>;

constexpr double kExact = 9007199254740992.0;  // 2^53
constexpr std::int64_t kMicro = 1'000;
constexpr std::int64_t kSecond = 1'000'000;  // in microseconds

base::Error wrong_answer(std::string detail) {
  return base::fail(base::Code::kUnavailable, "redis_answer", std::move(detail));
}

std::int64_t floor_us(base::Mono now) {
  return std::chrono::floor<base::Micros>(now.time_since_epoch()).count();
}

// One tick of the rules in here is a microsecond, though the kit calls it a nanosecond.
std::chrono::nanoseconds ticks(std::int64_t us) { return std::chrono::nanoseconds{us}; }

RedisStep::Rule rule_of(const Ask& ask) {
  const LimitSpec& spec = ask.limit->spec();
  const std::uint64_t amount = std::min(spec.amount, RedisStep::kMost);
  const auto period = ticks(std::chrono::ceil<base::Micros>(spec.period).count());
  const auto phase = ticks(phase_of(*ask.limit, ask.key).count() / kMicro);
  // Whatever passed Limit::make() passes here, since everything is smaller.
  switch (spec.algorithm) {
    case Algorithm::kFixedWindow:
      return kit::FixedWindowRule::make(amount, period, phase).value();
    case Algorithm::kSlidingCounter:
      return kit::SlidingCounterRule::make(amount, period, phase).value();
    case Algorithm::kSlidingLog:
      return kit::SlidingLogRule::make(amount, period, Limit::kLogEntries).value();
    case Algorithm::kTokenBucket:
    case Algorithm::kGcra:
      break;
  }
  const std::uint64_t burst = std::min(spec.burst > 0 ? spec.burst : spec.amount, RedisStep::kMost);
  return kit::GcraRule::make(burst, amount, period).value();
}

void put(std::string& out, double value) {
  std::array<char, 8> bytes{};
  std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  for (char& byte : bytes) {
    byte = static_cast<char>(bits & 0xff);
    bits >>= 8;
  }
  out.append(bytes.data(), bytes.size());
}
void put(std::string& out, std::uint64_t value) { put(out, static_cast<double>(value)); }
void put(std::string& out, std::int64_t value) { put(out, static_cast<double>(value)); }

// A whole number within ±2^53, from 8 bytes.
std::optional<std::int64_t> read_double(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  const double value = std::bit_cast<double>(bits);
  if (!(value > -kExact && value < kExact) || value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

template <std::size_t kCount>
std::optional<std::array<std::int64_t, kCount>> read_doubles(std::string_view bytes) {
  if (bytes.size() != 8 * kCount) return std::nullopt;
  std::array<std::int64_t, kCount> out{};
  for (std::size_t i = 0; i < kCount; ++i) {
    const auto value = read_double(bytes.substr(8 * i, 8));
    // Only the first may lie before 1970.
    if (!value || (i > 0 && *value < 0)) return std::nullopt;
    out[i] = *value;
  }
  return out;
}

std::int64_t end_of(const kit::WindowGrid& grid, std::int64_t now_us) {
  return grid.end_after(now_us);
}

std::optional<State> read_window(const kit::FixedWindowRule& rule, std::string_view bytes,
                                 std::int64_t now_us) {
  std::int64_t used = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), used);
  if (error != std::errc() || end != bytes.data() + bytes.size()) return std::nullopt;
  // envoyproxy/ratelimit gives hits back without looking: below zero is nothing taken.
  const auto counted = static_cast<std::uint64_t>(std::max<std::int64_t>(used, 0));
  return kit::FixedWindowState{end_of(rule.grid(), now_us), counted};
}

std::optional<State> read_log(std::string_view bytes) {
  if (bytes.size() % 16 != 0 || bytes.size() / 16 > Limit::kLogEntries) return std::nullopt;
  LogState state;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    const auto entry = read_doubles<2>(bytes.substr(at, 16));
    if (!entry) return std::nullopt;
    const auto cost = static_cast<std::uint64_t>((*entry)[1]);
    state.entry(state.count++) = {(*entry)[0], cost};
    state.used += cost;
  }
  if (!state.well_formed()) return std::nullopt;
  return state;
}

std::optional<State> read_state(const RedisStep::Rule& rule, const redis::Reply& reply,
                                std::int64_t now_us) {
  const bool none = reply.kind() == redis::ReplyKind::kNil;
  if (!none && reply.kind() != redis::ReplyKind::kText) return std::nullopt;
  const std::string_view bytes = reply.text();
  if (const auto* window = std::get_if<kit::FixedWindowRule>(&rule)) {
    if (none) return kit::FixedWindowState{end_of(window->grid(), now_us), 0};
    return read_window(*window, bytes, now_us);
  }
  if (std::holds_alternative<kit::SlidingLogRule>(rule)) return read_log(bytes);
  if (std::holds_alternative<kit::SlidingCounterRule>(rule)) {
    if (none) return kit::SlidingCounterState{};
    const auto words = read_doubles<3>(bytes);
    if (!words) return std::nullopt;
    return kit::SlidingCounterState{(*words)[0], static_cast<std::uint64_t>((*words)[1]),
                                    static_cast<std::uint64_t>((*words)[2])};
  }
  if (none) return kit::GcraState{};
  const auto words = read_doubles<2>(bytes);
  if (!words) return std::nullopt;
  return kit::GcraState{(*words)[0], static_cast<std::uint64_t>((*words)[1])};
}

template <class Rule, class OneState>
kit::Decision act(const Rule& rule, OneState& state, Action action, std::uint64_t cost, bool each,
                  base::Mono now) {
  switch (action) {
    case Action::kTake:
      return each ? charge(rule, state, now, cost) : take(rule, state, now, cost);
    case Action::kPeek:
      return peek(rule, state, now, cost);
    case Action::kCharge:
      return charge(rule, state, now, cost);
    case Action::kRefund:
      break;
  }
  refund(rule, state, now, cost);
  kit::Decision decision = peek(rule, state, now, 0);
  decision.allowed = true;
  decision.retry_after = std::chrono::nanoseconds{0};
  return decision;
}

template <class OneState, class Rule>
kit::Decision act_as(const Rule& rule, State& state, const Ask& ask, bool each, base::Mono now) {
  OneState* own = std::get_if<OneState>(&state);
  CHECK(own != nullptr);
  return act(rule, *own, ask.action, std::min(ask.cost, RedisStep::kMost), each, now);
}

kit::Decision act_on(const RedisStep::Rule& rule, State& state, const Ask& ask, bool each,
                     base::Mono now) {
  if (const auto* window = std::get_if<kit::FixedWindowRule>(&rule)) {
    return act_as<kit::FixedWindowState>(*window, state, ask, each, now);
  }
  if (const auto* counter = std::get_if<kit::SlidingCounterRule>(&rule)) {
    return act_as<kit::SlidingCounterState>(*counter, state, ask, each, now);
  }
  if (const auto* log = std::get_if<kit::SlidingLogRule>(&rule)) {
    return act_as<LogState>(*log, state, ask, each, now);
  }
  return act_as<kit::GcraState>(*std::get_if<kit::GcraRule>(&rule), state, ask, each, now);
}

// From ticks to nanoseconds.
kit::Decision in_nanoseconds(kit::Decision decision) {
  constexpr std::int64_t kLongest = (INT64_MAX - 1) / kMicro;
  if (decision.retry_after != kit::kNeverFits) {
    decision.retry_after = ticks(std::min(decision.retry_after.count(), kLongest) * kMicro);
  }
  decision.reset_after = ticks(std::min(decision.reset_after.count(), kLongest) * kMicro);
  return decision;
}

std::int64_t idle_after_us(const RedisStep::Rule& rule, std::int64_t now_us) {
  if (const auto* window = std::get_if<kit::FixedWindowRule>(&rule)) {
    return end_of(window->grid(), now_us) - now_us;
  }
  if (const auto* counter = std::get_if<kit::SlidingCounterRule>(&rule)) {
    return static_cast<std::int64_t>(3 * counter->grid().period_ns());
  }
  if (const auto* log = std::get_if<kit::SlidingLogRule>(&rule)) {
    return static_cast<std::int64_t>(2 * log->period_ns());
  }
  const auto& gcra = *std::get_if<kit::GcraRule>(&rule);
  return static_cast<std::int64_t>(gcra.fill().ns + gcra.period_ns() + 1);
}

char action_of(Action action) {
  switch (action) {
    case Action::kPeek:
      return 'p';
    case Action::kRefund:
      return 'r';
    case Action::kCharge:
      return 'c';
    case Action::kTake:
      break;
  }
  return 't';
}

char kind_of(const LimitSpec& spec) {
  if (spec.quota_mode) return spec.shadow ? 'b' : 'q';
  return spec.shadow ? 's' : 'n';
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

}  // namespace

void RedisStep::add_key(const Ask& ask, const Rule& rule, const Naming& naming) {
  const LimitSpec& spec = ask.limit->spec();
  std::string key = naming.prefix;
  if (naming.cluster && !spec.group.empty()) key.append("{").append(spec.group).append("}");
  if (!spec.bare_key) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) key += kHex[(ask.limit->id() >> shift) & 15];
    key += '_';
  }
  key += ask.key;
  if (const auto* window = std::get_if<kit::FixedWindowRule>(&rule)) {
    const auto period = static_cast<std::int64_t>(window->grid().period_ns());
    const std::int64_t start = end_of(window->grid(), now_us_) - period;
    const bool whole = start % kSecond == 0 && period % kSecond == 0;
    if (!spec.bare_key) key += '_';
    append_number(key, whole ? start / kSecond : start);
  }
  keys_.push_back(std::move(key));
}

void RedisStep::add_argument(const Ask& ask, const Rule& rule) {
  std::string out = "w";
  const LimitSpec& spec = ask.limit->spec();
  const std::uint64_t cost = std::min(ask.cost, kMost);
  out[0] = spec.algorithm == Algorithm::kFixedWindow      ? 'w'
           : spec.algorithm == Algorithm::kSlidingCounter ? 'c'
           : spec.algorithm == Algorithm::kSlidingLog     ? 'l'
                                                          : 'g';
  out += action_of(ask.action);
  out += kind_of(spec);
  put(out, cost);
  std::array<double, 7> numbers{};
  const auto set = [&](std::size_t at, std::uint64_t number) {
    numbers[at] = static_cast<double>(number);
  };
  if (const auto* window = std::get_if<kit::FixedWindowRule>(&rule)) {
    set(0, window->limit());
  } else if (const auto* counter = std::get_if<kit::SlidingCounterRule>(&rule)) {
    set(0, counter->limit());
    numbers[1] = static_cast<double>(end_of(counter->grid(), now_us_));
    set(2, counter->grid().period_ns());
  } else if (const auto* log = std::get_if<kit::SlidingLogRule>(&rule)) {
    set(0, log->limit());
    set(1, log->period_ns());
    set(2, log->grain_ns());
    set(3, (std::uint64_t{1} << 63) % log->grain_ns());  // grains are counted from INT64_MIN on
  } else {
    const auto& gcra = *std::get_if<kit::GcraRule>(&rule);
    // A cost that can never fit is still given back and charged, in part.
    const kit::FillTime time =
        kit::gcra::time_of(gcra, std::min(cost, gcra.capacity() + gcra.amount()));
    set(0, time.ns);
    set(1, time.rest);
    set(2, gcra.fill().ns);
    set(3, gcra.fill().rest);
    set(4, gcra.amount());
    set(5, gcra.period_ns());
    set(6, cost > gcra.capacity() ? 1 : 0);
  }
  for (const double number : numbers) put(out, number);
  put(out, idle_after_us(rule, now_us_) / 1'000 + 1 + kKeyMargin.count());
  arguments_.push_back(std::move(out));
}

void RedisStep::add_window_arguments(const Ask& ask, const Rule& rule) {
  const auto add = [this](std::int64_t number) {
    append_number(arguments_.emplace_back(), number);
  };
  add(static_cast<std::int64_t>(std::get_if<kit::FixedWindowRule>(&rule)->limit()));
  add(static_cast<std::int64_t>(std::min(ask.cost, kMost)));
  arguments_.emplace_back(1, kind_of(ask.limit->spec()));
  add(idle_after_us(rule, now_us_) / 1'000 + 1 + kKeyMargin.count());
}

bool RedisStep::only_windows(const Batch& batch) const {
  const bool takes = std::ranges::all_of(batch.asks, [](const Ask& ask) {
    return ask.action == Action::kTake && ask.limit->spec().algorithm == Algorithm::kFixedWindow;
  });
  if (!takes) return false;
  for (std::size_t i = 1; i < keys_.size(); ++i) {
    const auto before = keys_.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(keys_.begin(), before, keys_[i]) != before) return false;
  }
  return true;
}

void RedisStep::prepare(const Batch& batch, base::Mono now, const Naming& naming) {
  CHECK(batch.asks.size() <= Batch::kMaxAsks);
  now_us_ = floor_us(now);
  rules_.clear();
  keys_.clear();
  arguments_.clear();
  for (const Ask& ask : batch.asks) {
    rules_.push_back(rule_of(ask));
    add_key(ask, rules_.back(), naming);
  }
  windows_only_ = only_windows(batch);
  if (!windows_only_) append_number(arguments_.emplace_back(), now_us_);
  arguments_.emplace_back(batch.consume == Consume::kEach ? "e" : "a");
  for (std::size_t i = 0; i < batch.asks.size(); ++i) {
    windows_only_ ? add_window_arguments(batch.asks[i], rules_[i])
                  : add_argument(batch.asks[i], rules_[i]);
  }
  key_views_.assign(keys_.begin(), keys_.end());
  argument_views_.assign(arguments_.begin(), arguments_.end());
}

std::int64_t RedisStep::window_end_us(std::size_t ask) const {
  const auto* window = std::get_if<kit::FixedWindowRule>(&rules_[ask]);
  return window != nullptr ? end_of(window->grid(), now_us_) : now_us_;
}

base::Status RedisStep::finish(Batch& batch, const redis::Reply& reply) const {
  if (reply.is_error()) return wrong_answer(std::string(reply.text()));
  const std::size_t count = batch.asks.size();
  if (reply.kind() != redis::ReplyKind::kList || reply.size() != count + 1) {
    return wrong_answer("not the script's answer");
  }
  std::vector<State> held;
  std::vector<std::size_t> state_of(count);
  redis::Reply::Items items = reply.items();
  const bool allowed = items.take().integer() == 1;
  for (std::size_t i = 0; i < count; ++i) {
    const redis::Reply item = items.take();
    const auto first = std::find(keys_.begin(), keys_.end(), keys_[i]);
    const auto same = static_cast<std::size_t>(first - keys_.begin());
    if (same < i) {
      state_of[i] = state_of[same];
      continue;
    }
    auto state = read_state(rules_[i], item, now_us_);
    if (!state) return wrong_answer("a count in Redis is none of ours");
    state_of[i] = held.size();
    held.push_back(*state);
  }

  const bool each = batch.consume == Consume::kEach;
  const base::Mono now{ticks(now_us_)};
  std::vector<State> states = held;
  batch.outcomes.assign(count, Outcome{});
  for (std::size_t i = 0; i < count; ++i) {
    batch.outcomes[i].decision = act_on(rules_[i], states[state_of[i]], batch.asks[i], each, now);
  }
  judge(batch);
  if (batch.allowed != allowed) return wrong_answer("the script decided otherwise");
  if (!batch.allowed && !each) {  // what would have been taken was not
    states = held;
    for (std::size_t i = 0; i < count; ++i) {
      Ask ask = batch.asks[i];
      Outcome& outcome = batch.outcomes[i];
      State& state = states[state_of[i]];
      if (ask.action == Action::kCharge || ask.action == Action::kRefund) {
        outcome.decision = act_on(rules_[i], state, ask, each, now);
      } else if (ask.action == Action::kTake && !outcome.over()) {
        ask.action = Action::kPeek;
        ask.cost = 0;
        const kit::Decision left = act_on(rules_[i], state, ask, each, now);
        outcome.decision.remaining = left.remaining;
        outcome.decision.reset_after = left.reset_after;
      }
    }
  }
  for (Outcome& outcome : batch.outcomes) outcome.decision = in_nanoseconds(outcome.decision);
  return base::ok_status();
}

}  // namespace ashlar::limits
