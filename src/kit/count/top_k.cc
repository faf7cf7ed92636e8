#include "kit/count/top_k.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kit/count/top_k_snapshot.h"
#include "kit/count/windowed_exact.h"
#include "kit/count/windowed_sketch.h"

namespace ashlar::kit {

namespace {

using Exact = WindowedExact<std::string>;
using Sketch = WindowedSketch<std::string>;
using Row = Sketch::Sketch::Row;

// The bucket's rows of an exact window, each key once, in the order of the keys.
class BucketRows {
 public:
  explicit BucketRows(std::uint64_t seed) : sums_(seed) {}

  void add(std::string_view key, std::uint64_t weight) {
    const std::uint64_t hash = sums_.hash(key);
    auto id = sums_.find(key, hash);
    if (id == sums_.kNone) id = sums_.insert(key, hash);
    sums_[id] += weight;
    total_ += weight;
  }

  // Views live until clear().
  [[nodiscard]] std::vector<Row> rows() const {
    std::vector<Row> rows;
    rows.reserve(sums_.size());
    sums_.for_each([&](auto id) { rows.push_back(Row{sums_.key(id), sums_[id], 0}); });
    return rows;
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  void clear() {
    sums_.clear();
    total_ = 0;
  }

 private:
  KeyTable<std::string, std::uint64_t> sums_;
  std::uint64_t total_ = 0;
};

// visit(bucket, rows, floor, total) for each bucket of an exact window that holds something.
template <class Visit>
void for_each_exact_bucket(const Exact& exact, Visit visit) {
  BucketRows rows(0);
  std::int64_t current = 0;
  const auto flush = [&] {
    if (rows.total() == 0) return;
    std::vector<Row> all = rows.rows();
    visit(current, all, std::uint64_t{0}, rows.total());
    rows.clear();
  };
  exact.for_each([&](std::int64_t bucket, std::string_view key, std::uint64_t weight) {
    if (bucket != current) flush();
    current = bucket;
    rows.add(key, weight);
  });
  flush();
}

}  // namespace

struct TopK::State {
  explicit State(const Options& given)
      : options(given), clock_at_start(given.window, given.buckets, given.max_ahead) {
    options.max_bytes = std::max(options.max_bytes, least_bytes(options.buckets));
    exact = std::make_unique<Exact>(clock_at_start, options.max_k, options.seed);
  }
  // What keeps the sum over the buckets within max_bytes: each stays within bucket_bytes(), and
  // there is as much again for what lies around its table.
  static_assert(sizeof(Sketch::Sketch) + sizeof(std::unique_ptr<Sketch::Sketch>) <=
                kLeastCounters * kBytesPerCounter);

  [[nodiscard]] std::size_t exact_bytes() const { return options.max_bytes / 2; }
  [[nodiscard]] std::size_t bucket_bytes() const {
    return options.max_bytes / 2 / (std::size_t{options.buckets} + 1);
  }
  [[nodiscard]] std::size_t counters() const {
    return std::min(bucket_bytes() / kBytesPerCounter, SpaceSaving<std::string>::kMostCounters);
  }
  [[nodiscard]] const WindowClock& clock() const {
    return exact ? exact->clock() : sketch->clock();
  }
  [[nodiscard]] std::uint64_t total() const { return exact ? exact->total() : sketch->total(); }

  // REQUIRES: the bucket is inside the window.
  bool add_to(std::int64_t bucket, std::string_view key, std::uint64_t weight) {
    if (!exact) return sketch->add_to(bucket, key, weight);
    const bool added = exact->add_to(bucket, key, weight);
    if (exact->bytes() > exact_bytes()) [[unlikely]]
      become_sketch();
    return added;
  }
  void become_sketch();
  void become_exact_if_possible();

  Options options;
  WindowClock clock_at_start;
  std::unique_ptr<Exact> exact;    // either this
  std::unique_ptr<Sketch> sketch;  // or that
  std::int64_t looked_at = 0;      // the newest bucket when becoming exact was last considered
  std::uint64_t late = 0;
  std::uint64_t ahead = 0;
  std::uint64_t refused = 0;
};

void TopK::State::become_sketch() {
  sketch = std::make_unique<Sketch>(exact->clock(), counters(), options.seed, bucket_bytes());
  for_each_exact_bucket(
      *exact, [&](std::int64_t bucket, std::vector<Row>& rows, std::uint64_t floor,
                  std::uint64_t total) { CHECK(sketch->restore(bucket, rows, floor, total)); });
  looked_at = exact->clock().head();
  exact.reset();
}

// Half of the room must do, or the next few keys would turn it back.
void TopK::State::become_exact_if_possible() {
  constexpr std::size_t kBytesPerItem = 128;
  looked_at = sketch->clock().head();
  if (!sketch->exact() || sketch->size() > exact_bytes() / 2 / kBytesPerItem) return;
  auto candidate = std::make_unique<Exact>(sketch->clock(), options.max_k, options.seed);
  bool fits = true;
  sketch->for_each_bucket([&](std::int64_t bucket, const SpaceSaving<std::string>& counted) {
    counted.for_each([&](const Row& row) {
      fits = fits && candidate->bytes() <= exact_bytes() / 2 &&
             candidate->add_to(bucket, row.key, row.count);
    });
  });
  if (!fits) return;
  exact = std::move(candidate);
  sketch.reset();
}

TopK::TopK(const Options& options) : state_(std::make_unique<State>(options)) {}
TopK::TopK(std::unique_ptr<State> state) : state_(std::move(state)) {}
TopK::TopK(TopK&&) noexcept = default;
TopK& TopK::operator=(TopK&&) noexcept = default;
TopK::~TopK() = default;

WindowAdd TopK::add(base::Mono at, std::string_view key, std::uint64_t weight) {
  State& state = *state_;
  WindowAdd added;
  if (state.exact) {
    added = state.exact->add(at, key, weight);
    if (state.exact->bytes() > state.exact_bytes()) [[unlikely]]
      state.become_sketch();
  } else {
    added = state.sketch->add(at, key, weight);
    if (state.sketch->clock().head() != state.looked_at) [[unlikely]] {
      state.become_exact_if_possible();
    }
  }
  if (added == WindowAdd::kAdded) [[likely]]
    return added;
  if (added == WindowAdd::kLate) ++state.late;
  if (added == WindowAdd::kAhead) ++state.ahead;
  if (added == WindowAdd::kRefused) ++state.refused;
  return added;
}

void TopK::advance(base::Mono now) {
  State& state = *state_;
  if (state.exact) {
    state.exact->advance(now);
    return;
  }
  state.sketch->advance(now);
  if (state.sketch->clock().head() != state.looked_at) state.become_exact_if_possible();
}

std::vector<Heavy<std::string>> TopK::top(std::size_t k) const {
  return state_->exact ? state_->exact->top(k) : state_->sketch->top(k);
}

std::vector<Heavy<std::string>> TopK::top(std::size_t k, std::chrono::nanoseconds window) const {
  const std::uint32_t buckets = state_->clock().buckets_for(window);
  if (buckets == state_->clock().ring_size()) return top(k);
  return state_->exact ? std::as_const(*state_->exact).top(k, buckets)
                       : state_->sketch->top(k, buckets);
}

std::uint64_t TopK::total(std::chrono::nanoseconds window) const {
  const WindowClock& clock = state_->clock();
  const std::int64_t first = clock.head() - clock.buckets_for(window) + 1;
  if (first <= clock.tail()) return total();
  std::uint64_t sum = 0;
  if (state_->exact) {
    state_->exact->for_each([&](std::int64_t bucket, std::string_view, std::uint64_t weight) {
      if (bucket >= first) sum += weight;
    });
  } else {
    state_->sketch->for_each_bucket(
        [&](std::int64_t bucket, const SpaceSaving<std::string>& counted) {
          if (bucket >= first) sum += counted.total();
        });
  }
  return sum;
}

base::Mono TopK::since(std::chrono::nanoseconds window) const {
  const WindowClock& clock = state_->clock();
  if (!clock.started()) return base::Mono::min();
  const std::int64_t first = clock.head() - clock.buckets_for(window) + 1;
  return base::Mono{std::chrono::nanoseconds{std::max(first, clock.tail()) * clock.width()}};
}

WeightInterval TopK::estimate(std::string_view key) const {
  if (!state_->exact) return state_->sketch->estimate(key);
  const std::uint64_t count = state_->exact->count(key);
  return {count, count};
}

bool TopK::exact() const { return state_->exact || state_->sketch->exact(); }
std::uint64_t TopK::total() const { return state_->total(); }
std::uint64_t TopK::late() const { return state_->late; }
std::uint64_t TopK::ahead() const { return state_->ahead; }
std::uint64_t TopK::refused() const { return state_->refused; }
base::Mono TopK::newest() const { return state_->clock().newest(); }
base::Mono TopK::since() const { return state_->clock().since(); }
std::size_t TopK::keys() const {
  return state_->exact ? state_->exact->size() : state_->sketch->size();
}
std::size_t TopK::counters() const { return state_->counters(); }
std::size_t TopK::bytes() const {
  return state_->exact ? state_->exact->bytes() : state_->sketch->bytes();
}

base::Status TopK::merge(const TopK& other) {
  const State& theirs = *other.state_;
  if (!state_->clock().same_buckets(theirs.clock())) {
    return base::fail(base::Code::kInvalid, "window_mismatch",
                      "both windows must have the same length and the same number of buckets");
  }
  if (theirs.total() > kMaxTotalWeight - state_->total()) {
    return base::fail(base::Code::kTooMany, "weight_overflow",
                      "the sum of all weights is too large");
  }
  if (theirs.sketch) {
    if (state_->exact) state_->become_sketch();
    CHECK(state_->sketch->merge(*theirs.sketch));
  } else {
    if (theirs.clock().started()) advance(theirs.clock().newest());
    theirs.exact->for_each([&](std::int64_t bucket, std::string_view key, std::uint64_t weight) {
      if (bucket >= state_->clock().tail()) CHECK(state_->add_to(bucket, key, weight));
    });
  }
  state_->late += theirs.late;
  state_->ahead += theirs.ahead;
  state_->refused += theirs.refused;
  return base::ok_status();
}

std::string TopK::encode() const {
  TopKSnapshotWriter writer(SnapshotHead{state_->clock().width(), state_->options.buckets,
                                         state_->clock().started(),
                                         state_->clock().newest().time_since_epoch().count(),
                                         state_->late, state_->ahead, state_->refused});
  const std::int64_t tail = state_->clock().tail();
  const auto write = [&](std::int64_t bucket, std::vector<Row>& rows, std::uint64_t floor,
                         std::uint64_t total) {
    writer.bucket(static_cast<std::uint64_t>(bucket - tail), rows, floor, total);
  };
  if (state_->exact) {
    for_each_exact_bucket(*state_->exact, write);
  } else {
    state_->sketch->for_each_bucket(
        [&](std::int64_t bucket, const SpaceSaving<std::string>& counted) {
          std::vector<Row> rows;
          counted.for_each([&](const Row& row) { rows.push_back(row); });
          write(bucket, rows, counted.floor(), counted.total());
        });
  }
  return std::move(writer).finish();
}

base::Result<TopK> TopK::decode(std::string_view bytes, const Options& options) {
  ASHLAR_ASSIGN(TopKSnapshotReader reader, TopKSnapshotReader::open(bytes));
  const SnapshotHead& head = reader.head();
  auto state = std::make_unique<State>(options);
  if (head.width != state->clock().width() || head.buckets != options.buckets) {
    return base::fail(base::Code::kInvalid, "window_mismatch",
                      "the snapshot is of a window of another length or number of buckets");
  }
  if (head.started) {
    state->exact->advance(base::Mono{std::chrono::nanoseconds{head.newest}});
    if (!state->clock().started()) return snapshot_damaged("an impossible time");
  }
  state->late = head.late;
  state->ahead = head.ahead;
  state->refused = head.refused;
  while (reader.more()) {
    ASHLAR_ASSIGN(SnapshotBucket bucket, reader.bucket());
    if (!head.started || bucket.offset > options.buckets) {
      return snapshot_damaged("a bucket outside the window");
    }
    if (bucket.total > kMaxTotalWeight - state->total()) {
      return snapshot_damaged("more weight than can be counted");
    }
    const std::int64_t index = state->clock().tail() + static_cast<std::int64_t>(bucket.offset);
    if (state->exact && bucket.floor > 0) state->become_sketch();
    if (state->sketch) {
      if (!state->sketch->restore(index, bucket.rows, bucket.floor, bucket.total)) {
        return snapshot_damaged("counters that contradict each other");
      }
      continue;
    }
    for (const Row& row : bucket.rows) {
      if (!state->add_to(index, row.key, row.count)) return snapshot_damaged("an impossible count");
    }
  }
  return TopK(std::move(state));
}

}  // namespace ashlar::kit
