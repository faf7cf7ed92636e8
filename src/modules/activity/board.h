// Board: the counts of the last day, in memory: for each tenant and dimension the keys that occur
// most in the last seconds, minutes or hours.
//
// Each dimension has a kit::TopK per Tier; a question is answered by the finest that reaches far
// enough back, so what an answer covers may begin up to one bucket before the window asked for:
//
//   tier      reaches    buckets of
//   seconds   300 s      1 s
//   minutes   1 h        15 s
//   hours     1 day      5 min
//
// Promises
//  1. Exact until a dimension's memory is full, then with bounds that hold (kit/count/heavy.h).
//     A dimension takes at most max_dimension_bytes; half of it is the seconds' tier.
//     A tenant has at most kMaxDimensions; when all together take max_bytes there are no new ones.
//     What is left out for that is counted in skipped(); who records asks has_room() before.
//  2. What was submitted before an answer is in it. submit() only queues: it is called right after
//     commits, on storage's thread; counting is done by who asks, by drain(), or by submit() itself
//     when kMaxPending tallies wait.
//  3. Time passes by itself: an answer is about the window that ends at `now`, whether or not
//     events came. What has left the window is gone; empty dimensions are forgotten by drain().
//
// Thread-safe: a lock for the queue, one for each tenant.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"
#include "kit/count/heavy.h"
#include "modules/activity/tally.h"

namespace ashlar::activity {

struct Standing {
  std::vector<kit::Heavy<std::string>> rows;
  std::uint64_t total = 0;  // events in what the answer covers; exact
  bool exact = true;
  bool known = false;  // the dimension: it has had an event within the last day
  base::Time since;    // what the answer covers begins here
  base::Time as_of;
};

class Board {
 public:
  static constexpr std::size_t kMaxPending = 256;
  static constexpr std::size_t kMaxDimensions = 64;
  static constexpr std::size_t kMaxRows = 1000;
  static constexpr base::Seconds kMaxWindow{24 * 60 * 60};

  struct Options {
    std::size_t max_bytes = std::size_t{512} << 20;  // of all dimensions of all tenants
    std::size_t max_dimension_bytes = std::size_t{32} << 20;
    std::uint64_t seed = 0;  // of the tables: nobody outside may know it
  };
  explicit Board(const Options& options);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  void submit(base::TenantId tenant, Tally tally, base::Time now);

  // REQUIRES: 1 s <= window <= kMaxWindow, 1 <= k <= kMaxRows. A dimension that nothing is known of
  // has no rows.
  [[nodiscard]] Standing top(base::TenantId tenant, std::string_view dimension,
                             base::Seconds window, std::size_t k, base::Time now);
  // Those that have any rows within the last day, by name.
  [[nodiscard]] std::vector<std::string> dimensions(base::TenantId tenant, base::Time now);

  // Counts what waits and forgets what is over. Called now and then.
  void drain(base::Time now);

  // Whether all of the tally's dimensions would be counted.
  [[nodiscard]] bool has_room(base::TenantId tenant, const Tally& tally);

  // Its counts are from now on those of `fresh`, which has none any more. What was submitted to
  // this one is forgotten.
  void take_over(Board& fresh);

  // Whether time has been told further on than `now`: a clock was wrong, and has been set back.
  [[nodiscard]] bool is_ahead_of(base::Time now) const {
    return base::Micros{latest_.load(std::memory_order_relaxed)} > now.time_since_epoch() + kSlack;
  }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_.load(std::memory_order_relaxed); }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Dimension;
  struct Tenant;
  struct Pending {
    base::TenantId tenant;
    Tally tally;
  };

  std::shared_ptr<Tenant> tenant_of(base::TenantId id, bool make);
  void count_pending(base::Time now);
  void note_time(base::Time now);
  void count(Tenant& tenant, const Tally& tally, base::Time now);

  const Options options_;
  static constexpr base::Seconds kSlack{2};  // threads read the clock in no order

  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint64_t> skipped_{0};        // events
  std::atomic<std::int64_t> latest_{INT64_MIN};  // of all `now`, in microseconds

  std::mutex counting_;  // held while pending tallies are counted: nobody answers between
  std::mutex mutex_;     // guards what follows; taken after counting_
  std::vector<Pending> pending_;
  std::map<base::TenantId, std::shared_ptr<Tenant>> tenants_;
};

}  // namespace ashlar::activity
