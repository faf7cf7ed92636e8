// TopK: the keys that weigh most within a sliding window of time, in bounded memory. A facade over
// WindowedExact and WindowedSketch: exact while that fits, then Space-Saving sketches
// with a lower and an upper bound; what was counted until then is kept. Once every bucket that lost
// something has left the window and the rest fits again, it is exact again.
//
// Keys are strings of at most kMaxKeyBytes bytes, any bytes; the identity of a key is its bytes,
// never its hash. Times are nanoseconds of a clock of the caller's choosing (steady or wall: only
// differences matter, and that merged instances use the same).
//
// Window: the ring holds buckets of `window / buckets`. An answer covers all of (newest - window,
// newest] and, at its old edge, up to one bucket more: [since(), newest()]. All bounds are about
// exactly what since() .. newest() covers.
//
// Events: out of order is fine inside the window. What is older than since() is refused as kLate;
// what is more than max_ahead beyond newest() is refused as kAhead, so that one wrong clock cannot
// empty the window: a caller with a clock calls advance(now) and so lets time pass in silence.
// newest() never goes back: a clock that steps backward makes events late at worst.
//
// Memory: bytes() counts what the tables hold and is <= max_bytes after every call, whatever the
// keys (max_bytes is raised to least_bytes(buckets) if it is less). Half is for the exact form; the
// other half is divided among the sketches' buckets, counters() each at kBytesPerCounter. Where
// keys longer than 22 bytes would take more a bucket gives up counters until it fits: of keys of
// 256 bytes an eighth of them is left. Beyond it, for the time of a call: a table that grows holds
// its old half, a query of sketches some 100 bytes a counter in use, the change of form one
// bucket's keys.
// The error in sketch form is <= total() / counters() with keys up to 22 bytes (and most keys' is
// far less: see lower and upper of each row).
//
// Cost: add O(1) on average, no allocation for a key that is known. top(k): exact O(k) for k <=
// max_k and the whole window; otherwise O(keys) (exact) or O(buckets * counters) (sketch). The
// change of form costs O(keys) once.
//
// Determinism: the same options, calls and seed give the same answers. The seed guards the tables
// against keys chosen to collide: it should be secret where keys come from outside.
//
// Threads: none of its own; one at a time. Many writers: an instance each, merged to answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kit/count/heavy.h"
#include "kit/count/window_clock.h"

namespace ashlar::kit {

class TopK {
 public:
  static constexpr std::size_t kMaxKeyBytes = 256;
  static constexpr std::size_t kLeastCounters = 64;
  static constexpr std::size_t kBytesPerCounter = 128;
  static constexpr std::size_t least_bytes(std::uint32_t buckets) {
    return 2 * (std::size_t{buckets} + 1) * kLeastCounters * kBytesPerCounter;
  }

  struct Options {
    std::chrono::nanoseconds window = std::chrono::seconds(300);
    std::uint32_t buckets = 60;  // 1 to 4096; the slack at the old edge is window / buckets
    std::size_t max_bytes = std::size_t{64} << 20;
    std::uint32_t max_k = 1000;                                   // for O(k) answers
    std::chrono::nanoseconds max_ahead = std::chrono::hours(24);  // see kAhead
    std::uint64_t seed = 0;
  };

  // REQUIRES: buckets ns <= window <= WindowClock::kMaxWindow, 1 <= buckets <= 4096, 1 <= max_k <=
  // 2^20, max_ahead >= 0.
  explicit TopK(const Options& options);
  TopK(TopK&&) noexcept;
  TopK& operator=(TopK&&) noexcept;
  ~TopK();

  // kRefused: a key longer than kMaxKeyBytes, or a total beyond kMaxTotalWeight. Weight 0 adds
  // nothing and is kAdded.
  WindowAdd add(base::Mono at, std::string_view key, std::uint64_t weight = 1);

  // Lets time pass: what is then too old leaves. An earlier `now` does nothing.
  void advance(base::Mono now);

  // The k first, in order. The second form looks at the last `window` only (rounded up to whole
  // buckets, at most the whole window; its rows' bounds are about that span).
  [[nodiscard]] std::vector<Heavy<std::string>> top(std::size_t k) const;
  [[nodiscard]] std::vector<Heavy<std::string>> top(std::size_t k,
                                                    std::chrono::nanoseconds window) const;
  // What the second form covers: the weight in it, exact, and where it begins.
  [[nodiscard]] std::uint64_t total(std::chrono::nanoseconds window) const;
  [[nodiscard]] base::Mono since(std::chrono::nanoseconds window) const;
  [[nodiscard]] WeightInterval estimate(std::string_view key) const;

  [[nodiscard]] bool exact() const;             // no count has lost anything
  [[nodiscard]] std::uint64_t total() const;    // weight inside the window, exact
  [[nodiscard]] std::uint64_t late() const;     // events refused as kLate so far
  [[nodiscard]] std::uint64_t ahead() const;    // events refused as kAhead so far
  [[nodiscard]] std::uint64_t refused() const;  // events refused as kRefused so far
  [[nodiscard]] base::Mono newest() const;      // Mono::min() before the first event or advance
  [[nodiscard]] base::Mono since() const;
  [[nodiscard]] std::size_t keys() const;  // known now: exact, or counters in use
  [[nodiscard]] std::size_t counters() const;
  [[nodiscard]] std::size_t bytes() const;

  // Adds what `other` counted; newest() becomes the later one's, what is then too old is dropped.
  // Errors: kInvalid "window_mismatch" (another window or number of buckets), kTooMany
  // "weight_overflow"; nothing has changed then. Seeds and caps may differ.
  base::Status merge(const TopK& other);

  // A snapshot: versioned, checksummed, the same bytes for the same state. Restored under the same
  // options it gives the same answers; with less memory the bounds widen, and still hold.
  [[nodiscard]] std::string encode() const;
  // Errors: kInvalid "snapshot_damaged" (any bytes are safe to give), "snapshot_version",
  // "window_mismatch".
  static base::Result<TopK> decode(std::string_view bytes, const Options& options);

 private:
  struct State;
  explicit TopK(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace ashlar::kit
