// RedisStep: one batch on its way through Redis: what is sent to the script (redis_scripts.h), and
// the outcomes that its answer means. The script says what each key held and whether the batch was
// allowed; the kit's limiters, run again over what it held, say the rest: so Redis does as little
// as it can, and answers are the kit's.
//
// Time in Redis is in microseconds. A limit's period is rounded up to them, times of answers are
// multiples of them. Amounts, bursts and costs above kMost are judged as kMost: Lua's numbers are
// exact to 2^53. Token buckets are kept as GCRA, which admits the same; only where a rule changes
// or the clock steps back it is as gcra.h says. Fixed windows have a key each, so a clock that
// steps back goes on with the earlier window's count, and another period begins new windows.
//
// Keys: prefix, in a cluster "{group}" (LimitSpec::group: so all keys of a batch are on one node),
// for limits that are not bare_key their id, the key's text, for fixed windows when the window
// began, in Unix seconds (or microseconds, where its period or phase is no whole number of them).
// That is envoyproxy/ratelimit's cache key for its files' limits: both can share a Redis.
//
// A key lives until nothing of it counts, and kKeyMargin longer, for instances whose clocks differ.
// Pure; one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/limits/batch.h"

namespace ashlar::redis {
class Reply;
}

namespace ashlar::limits {

class RedisStep {
 public:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  static constexpr base::Millis kKeyMargin{1'000};
  using Rule = std::variant<kit::FixedWindowRule, kit::SlidingCounterRule, kit::SlidingLogRule,
                            kit::GcraRule>;

  struct Naming {
    std::string prefix;
    bool cluster = false;
  };

  // Makes keys() and arguments() of the batch. They stay until the next prepare().
  void prepare(const Batch& batch, base::Mono now, const Naming& naming);

  // Which script is to be run: kWindowsScript, or kDecideScript.
  [[nodiscard]] bool windows_only() const { return windows_only_; }
  [[nodiscard]] const std::vector<std::string_view>& keys() const { return key_views_; }
  [[nodiscard]] const std::vector<std::string_view>& arguments() const { return argument_views_; }

  // Sets the batch's outcomes and `allowed`. The batch is the one that was prepared. Error:
  // kUnavailable redis_answer: it is an error, or no answer of this script.
  base::Status finish(Batch& batch, const redis::Reply& reply) const;

  // Of a fixed window: when it ends, in microseconds since the epoch.
  [[nodiscard]] std::int64_t window_end_us(std::size_t ask) const;

 private:
  void add_key(const Ask& ask, const Rule& rule, const Naming& naming);
  void add_argument(const Ask& ask, const Rule& rule);
  void add_window_arguments(const Ask& ask, const Rule& rule);
  [[nodiscard]] bool only_windows(const Batch& batch) const;

  std::int64_t now_us_ = 0;
  bool windows_only_ = false;
  std::vector<Rule> rules_;
  std::vector<std::string> keys_;
  std::vector<std::string> arguments_;
  std::vector<std::string_view> key_views_;
  std::vector<std::string_view> argument_views_;
};

}  // namespace ashlar::limits
