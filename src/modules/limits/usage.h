// UsageBook: what the limits did: for each rule how many requests it let pass, refused, or would
// have refused, in the last five minutes by second and in all; and which keys were behind it.
//
//   note() ──> shards of counters (hot path) ──tick(), every second──> ring of 300 seconds
//         └──> sketches of keys (bounded)                         └──> LiveFeed (live_feed.h)
//
// Promises
//  1. Counts are exact. What is noted before a report is in it.
//  2. Keys of requests that passed, and of those that did not, are all counted while a rule sees at
//     most kExactKeys of the kind a second; beyond, one in kSampled is, at random: then a key's
//     count is an estimate, within the sketch's bounds (kit/count/windowed_sketch.h) times chance.
//  3. Bounded: max_rules rules (further ones are counted under the one called "(other)"), and
//     max_key_bytes for keys: rules that are first used when it is spent keep no keys.
//  4. A rule is the same object for the same owner and name as long as somebody holds it: reloading
//     rules keeps their counts.
//
// Counts by verdict also appear, a second later, as ashlar_limits_decisions_total{rule,outcome}, of
// rules that come with a metric label, max_metric_rules at most; the others add up under
// rule="(other)".
// Thread-safe. note(): no lock for the counts, a brief one of the rule for the key.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"
#include "kit/count/heavy.h"
#include "modules/limits/batch.h"

namespace ashlar::obs {
class Registry;
}

namespace ashlar::limits {

// What one rule said to one request.
enum class Verdict : std::uint8_t {
  kAllowed,
  kDenied,
  kShadowDenied,  // would have been refused: the rule only watches
  kFailedOpen,    // let pass since the count could not be asked
  kFailedClosed,  // refused for that reason
  kFailedLocal,   // judged by this instance alone
};
inline constexpr std::size_t kVerdicts = 6;

Verdict verdict_of(const LimitSpec& spec, const Outcome& outcome);

struct RuleCounts {
  std::array<std::uint64_t, kVerdicts> by{};

  [[nodiscard]] std::uint64_t of(Verdict verdict) const {
    return by[static_cast<std::size_t>(verdict)];
  }
  RuleCounts& operator+=(const RuleCounts& other);
  RuleCounts operator-(const RuleCounts& earlier) const;
  [[nodiscard]] bool empty() const { return *this == RuleCounts{}; }
  friend bool operator==(const RuleCounts&, const RuleCounts&) = default;
};

struct HeavyKeys {
  std::vector<kit::Heavy<std::string>> rows;
  bool exact = true;
  bool kept = true;  // false: there was no room for this rule's keys
};

// One rule's usage. Whoever notes keeps the shared_ptr beside the rule.
class RuleUsage {
 public:
  static constexpr std::uint64_t kExactKeys = 512;
  static constexpr std::uint64_t kSampled = 16;  // a power of two
  static constexpr std::uint32_t kSeconds = 300;

  ~RuleUsage();
  RuleUsage(const RuleUsage&) = delete;
  RuleUsage& operator=(const RuleUsage&) = delete;

  // `now`: limiter_now(). Only of takes: peeks, refunds and charges are no requests.
  void note(Verdict verdict, std::string_view key, base::Mono now);
  void note(const Limit& limit, const Outcome& outcome, std::string_view key, base::Mono now) {
    note(verdict_of(limit.spec(), outcome), key, now);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] base::TenantId owner() const { return owner_; }
  [[nodiscard]] RuleCounts total() const;

 private:
  friend class UsageBook;
  struct Keys;
  struct Shared;  // with all rules of the book
  struct Metric;
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, kVerdicts> by{};
  };

  RuleUsage(base::TenantId owner, std::string name, std::shared_ptr<Shared> shared,
            std::shared_ptr<Metric> metric);
  void note_key(bool refused, std::string_view key, std::uint64_t weight, base::Mono now);
  [[nodiscard]] RuleCounts tick();  // what was noted since the last one
  [[nodiscard]] HeavyKeys heavy(bool refused, std::size_t k, base::Mono now);

  const base::TenantId owner_;
  const std::string name_;
  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Metric> metric_;
  const std::unique_ptr<Shard[]> shards_;
  // Since the last tick: of requests that passed, of those that did not.
  std::array<std::atomic<std::uint64_t>, 2> keys_noted_{};

  std::mutex keys_mutex_;  // guards keys_
  std::unique_ptr<Keys> keys_;

  // Guarded by the book's mutex.
  RuleCounts at_tick_;
  RuleCounts recent_;  // the sum of seconds_
  std::unique_ptr<std::array<RuleCounts, kSeconds>> seconds_;
  std::uint64_t ticks_ = 0;
};

struct RuleReport {
  std::string name;
  RuleCounts recent;  // of the last kSeconds seconds, and the one that runs
  RuleCounts total;   // since this process began, or the rule did
};

// A rule's last second, for who watches.
struct RuleSecond {
  base::TenantId owner;
  std::string name;
  RuleCounts counts;
};

class UsageBook {
 public:
  struct Options {
    std::size_t max_rules = 20'000;
    std::size_t max_key_bytes = std::size_t{64} << 20;
    std::size_t max_metric_rules = 200;
    std::uint64_t seed = 0;  // of the tables of keys: nobody outside may know it
  };

  // `metrics` outlives it.
  UsageBook(const Options& options, obs::Registry& metrics);
  ~UsageBook();
  UsageBook(const UsageBook&) = delete;
  UsageBook& operator=(const UsageBook&) = delete;

  // `owner` not set: the installation's own rules (files). An empty label: none of its own.
  std::shared_ptr<RuleUsage> rule(base::TenantId owner, std::string_view name,
                                  std::string_view metric_label = {});

  // Once a second, by one thread: closes the second that runs. What happened in it, by rule.
  std::vector<RuleSecond> tick();

  // Rules that somebody holds, by name.
  [[nodiscard]] std::vector<RuleReport> report(base::TenantId owner) const;
  // The last kSeconds seconds, oldest first; empty: there is no such rule.
  [[nodiscard]] std::vector<RuleCounts> seconds(base::TenantId owner, std::string_view name) const;
  // The keys behind a rule's requests, or behind its refusals (would-be ones too), in the last five
  // minutes.
  [[nodiscard]] HeavyKeys heavy(base::TenantId owner, std::string_view name, bool refused,
                                std::size_t k, base::Mono now) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::limits
