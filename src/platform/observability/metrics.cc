#include "platform/observability/metrics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <variant>

#include "base/check.h"
#include "base/text.h"
#include "platform/observability/thread_shard.h"

namespace ashlar::obs {
namespace {

template <class T>
struct alignas(kCacheLineBytes) Cell {
  std::atomic<T> value{0};
};

template <class T>
class ShardedSum {
 public:
  void add(T by) {
    const std::size_t shard = thread_shard();
    add_in_shard(cells_[shard].value, by, shard);
  }
  [[nodiscard]] T sum() const {
    T total = 0;
    for (const Cell<T>& cell : cells_) total += cell.value.load(std::memory_order_relaxed);
    return total;
  }

 private:
  std::array<Cell<T>, kShards> cells_;
};

class ShardedCounter final : public Counter {
 public:
  void add(std::uint64_t n) override { sum_.add(n); }
  [[nodiscard]] std::uint64_t value() const override { return sum_.sum(); }

 private:
  ShardedSum<std::uint64_t> sum_;
};

// value = base + sum of the shards' adds. An add that races with set() counts as before or after
// it.
class ShardedGauge final : public Gauge {
 public:
  void set(std::int64_t value) override {
    base_.store(value - added_.sum(), std::memory_order_relaxed);
  }
  void add(std::int64_t by) override { added_.add(by); }
  [[nodiscard]] std::int64_t value() const override {
    return base_.load(std::memory_order_relaxed) + added_.sum();
  }

 private:
  std::atomic<std::int64_t> base_{0};
  ShardedSum<std::int64_t> added_;
};

class ShardedHistogram final : public Histogram {
 public:
  struct Snapshot {
    std::vector<std::uint64_t> counts;  // not cumulative; the last is above every bound
    double sum = 0;
  };

  explicit ShardedHistogram(std::span<const double> bounds)
      : bounds_(bounds.begin(), bounds.end()),
        lines_per_shard_((bounds.size() + 1 + kCellsPerLine - 1) / kCellsPerLine),
        counts_(lines_per_shard_ * kShards) {}

  void observe(double value) override {
    const std::size_t shard = thread_shard();
    // Counted without leaving early: for a dozen bounds a mispredicted branch costs more. NaN is
    // above every bound, because it is not at or below any.
    std::size_t bucket = 0;
    for (const double bound : bounds_) bucket += value <= bound ? 0 : 1;
    add_in_shard(count_cell(shard, bucket), std::uint64_t{1}, shard);
    if (!std::isnan(value)) add_in_shard(sums_[shard].value, value, shard);
  }

  [[nodiscard]] Snapshot snapshot() const {
    Snapshot out;
    out.counts.resize(bounds_.size() + 1);
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      for (std::size_t bucket = 0; bucket < out.counts.size(); ++bucket) {
        out.counts[bucket] += count_cell(shard, bucket).load(std::memory_order_relaxed);
      }
      out.sum += sums_[shard].value.load(std::memory_order_relaxed);
    }
    return out;
  }

  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }

 private:
  static constexpr std::size_t kCellsPerLine = kCacheLineBytes / sizeof(std::uint64_t);
  struct alignas(kCacheLineBytes) Line {
    std::array<std::atomic<std::uint64_t>, kCellsPerLine> cells{};
  };

  [[nodiscard]] const std::atomic<std::uint64_t>& count_cell(std::size_t shard,
                                                             std::size_t bucket) const {
    return counts_[shard * lines_per_shard_ + bucket / kCellsPerLine].cells[bucket % kCellsPerLine];
  }
  [[nodiscard]] std::atomic<std::uint64_t>& count_cell(std::size_t shard, std::size_t bucket) {
    return counts_[shard * lines_per_shard_ + bucket / kCellsPerLine].cells[bucket % kCellsPerLine];
  }

  const std::vector<double> bounds_;
  const std::size_t lines_per_shard_;
  std::vector<Line> counts_;
  std::array<Cell<double>, kShards> sums_;
};

using Callback = std::function<double()>;
using Series = std::variant<std::unique_ptr<ShardedCounter>, std::unique_ptr<ShardedGauge>,
                            std::unique_ptr<ShardedHistogram>, Callback>;

struct Family {
  const char* type;
  std::string help;
  std::map<std::string, Series> series;  // by `a="1",b="2"`
};

bool is_name(std::string_view text, bool colon) {
  const auto starts = [colon](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
  };
  if (text.empty() || !starts(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) { return starts(c) || (c >= '0' && c <= '9'); });
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
}

// Sorted by name, so that the order in which the caller lists labels makes no difference.
std::string label_text(Labels labels) {
  std::ranges::sort(labels);
  std::string out;
  std::string_view previous;
  for (const auto& [name, value] : labels) {
    CHECK(is_name(name, false) && !name.starts_with("__") && name != "le" && name != previous);
    CHECK(base::is_utf8(value));
    previous = name;
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

template <class Number>
void append_number(std::string& out, Number number) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (std::isnan(number)) {
      out += "NaN";
      return;
    }
    if (std::isinf(number)) {
      out += number > 0 ? "+Inf" : "-Inf";
      return;
    }
  }
  std::array<char, 32> buffer{};
  char* const begin = buffer.data();
  std::to_chars_result result{};
  if constexpr (std::is_floating_point_v<Number>) {
    // As Go writes them, which is what people know from other programs' buckets.
    result = std::to_chars(begin, begin + buffer.size(), number, std::chars_format::general);
  } else {
    result = std::to_chars(begin, begin + buffer.size(), number);
  }
  out.append(begin, result.ptr);
}

template <class Number>
void append_sample(std::string& out, std::string_view name, std::string_view suffix,
                   std::string_view labels, Number number) {
  out += name;
  out += suffix;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
  append_number(out, number);
  out += '\n';
}

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const ShardedHistogram& histogram) {
  const ShardedHistogram::Snapshot snapshot = histogram.snapshot();
  std::uint64_t cumulative = 0;
  std::string with_bound;
  for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
    cumulative += snapshot.counts[i];
    with_bound.assign(labels);
    if (!labels.empty()) with_bound += ',';
    with_bound += "le=\"";
    if (i < histogram.bounds().size()) {
      append_number(with_bound, histogram.bounds()[i]);
    } else {
      with_bound += "+Inf";
    }
    with_bound += '"';
    append_sample(out, name, "_bucket", with_bound, cumulative);
  }
  append_sample(out, name, "_sum", labels, snapshot.sum);
  append_sample(out, name, "_count", labels, cumulative);
}

void append_series(std::string& out, std::string_view name, std::string_view labels,
                   const Series& series) {
  if (const auto* counter = std::get_if<std::unique_ptr<ShardedCounter>>(&series)) {
    append_sample(out, name, "", labels, (*counter)->value());
  } else if (const auto* gauge = std::get_if<std::unique_ptr<ShardedGauge>>(&series)) {
    append_sample(out, name, "", labels, (*gauge)->value());
  } else if (const auto* histogram = std::get_if<std::unique_ptr<ShardedHistogram>>(&series)) {
    append_histogram(out, name, labels, **histogram);
  } else {
    append_sample(out, name, "", labels, std::get<Callback>(series)());
  }
}

}  // namespace

std::span<const double> http_duration_buckets_s() {
  static constexpr std::array kBounds{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                      0.5,   0.75, 1.0,   2.5,  5.0,   7.5, 10.0};
  return kBounds;
}

std::span<const double> latency_buckets_s() {
  static constexpr std::array kBounds{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                      0.025,   0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   10.0};
  return kBounds;
}

std::span<const double> power_of_two_buckets() {
  static constexpr std::array kBounds{1.0,  2.0,   4.0,   8.0,   16.0,  32.0,
                                      64.0, 128.0, 256.0, 512.0, 1024.0};
  return kBounds;
}

struct Registry::Impl {
  mutable std::mutex mutex;
  std::map<std::string, Family, std::less<>> families;  // guarded by mutex

  // The series' place, made empty (first alternative, null) where it is new.
  Series& place(std::string_view name, std::string_view help, const char* type, Labels labels) {
    CHECK(is_name(name, true) && !help.empty() && base::is_utf8(help));
    auto found = families.find(name);
    if (found == families.end()) {
      found = families.emplace(name, Family{type, std::string(help), {}}).first;
    }
    Family& family = found->second;
    CHECK(std::string_view(family.type) == type && family.help == help);
    return family.series[label_text(std::move(labels))];
  }

  template <class T, class... Args>
  T& make(std::string_view name, std::string_view help, const char* type, Labels labels,
          const Args&... args) {
    const std::lock_guard lock(mutex);
    Series& series = place(name, help, type, std::move(labels));
    if (is_empty(series)) series = std::make_unique<T>(args...);
    CHECK(std::holds_alternative<std::unique_ptr<T>>(series));
    return *std::get<std::unique_ptr<T>>(series);
  }

  void set_callback(std::string_view name, std::string_view help, const char* type, Labels labels,
                    Callback read) {
    const std::lock_guard lock(mutex);
    Series& series = place(name, help, type, std::move(labels));
    CHECK(is_empty(series) || std::holds_alternative<Callback>(series));
    series = std::move(read);
  }

  static bool is_empty(const Series& series) {
    const auto* counter = std::get_if<std::unique_ptr<ShardedCounter>>(&series);
    return counter != nullptr && *counter == nullptr;
  }
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter& Registry::make_counter(std::string_view name, std::string_view help, Labels labels) {
  return impl_->make<ShardedCounter>(name, help, "counter", std::move(labels));
}

Gauge& Registry::make_gauge(std::string_view name, std::string_view help, Labels labels) {
  return impl_->make<ShardedGauge>(name, help, "gauge", std::move(labels));
}

Histogram& Registry::make_histogram(std::string_view name, std::string_view help,
                                    std::span<const double> upper_bounds, Labels labels) {
  const auto finite = [](double bound) { return std::isfinite(bound); };
  CHECK(!upper_bounds.empty() && std::ranges::all_of(upper_bounds, finite));
  CHECK(std::ranges::adjacent_find(upper_bounds, std::greater_equal<>{}) == upper_bounds.end());
  auto& histogram =
      impl_->make<ShardedHistogram>(name, help, "histogram", std::move(labels), upper_bounds);
  CHECK(std::ranges::equal(histogram.bounds(), upper_bounds));
  return histogram;
}

void Registry::make_gauge_callback(std::string_view name, std::string_view help, Labels labels,
                                   std::function<double()> read) {
  impl_->set_callback(name, help, "gauge", std::move(labels), std::move(read));
}

void Registry::make_counter_callback(std::string_view name, std::string_view help, Labels labels,
                                     std::function<double()> read) {
  impl_->set_callback(name, help, "counter", std::move(labels), std::move(read));
}

std::string Registry::render() const {
  const std::lock_guard lock(impl_->mutex);
  std::string out;
  for (const auto& [name, family] : impl_->families) {
    out += "# HELP " + name + ' ';
    append_escaped(out, family.help, false);
    out += "\n# TYPE " + name + ' ' + family.type + '\n';
    for (const auto& [labels, series] : family.series) append_series(out, name, labels, series);
  }
  return out;
}

}  // namespace ashlar::obs
