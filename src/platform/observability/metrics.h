// Metrics: counters, gauges and histograms, rendered in the Prometheus text format.
//
// Recording is a relaxed atomic add in the calling thread's own shard: no lock, no shared cache
// line (Gauge::set sums all shards first; add() is the cheap one). Handles are made at start
// (make_* takes a lock) and live as long as the Registry. Names follow Prometheus' conventions
// (`ashlar_` prefix, base units, `_total`); render() passes `promtool check metrics`. Labels are
// fixed when the handle is made: their number is bounded by the program, never by what arrives from
// outside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar::obs {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(std::uint64_t n = 1) = 0;
  [[nodiscard]] virtual std::uint64_t value() const = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(std::int64_t value) = 0;
  virtual void add(std::int64_t by) = 0;
  [[nodiscard]] virtual std::int64_t value() const = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(
      double value) = 0;  // NaN counts as above every bound and adds nothing to the sum
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// 5 ms … 10 s in 14 steps: OpenTelemetry's http.server.request.duration.
std::span<const double> http_duration_buckets_s();
// 50 us … 10 s: storage and queues.
std::span<const double> latency_buckets_s();
// 1, 2, 4 … 1024: batch sizes.
std::span<const double> power_of_two_buckets();

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The same name and labels give the same handle. REQUIRES: one name has one kind and one help,
  // and for a histogram the same bounds (finite, rising).
  Counter& make_counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& make_gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& make_histogram(std::string_view name, std::string_view help,
                            std::span<const double> upper_bounds, Labels labels = {});
  // `read` is called by render(), from any thread, under the Registry's lock: it must be quick,
  // must not call the Registry and must outlive the Registry's use. The same name and labels
  // replace it.
  void make_gauge_callback(std::string_view name, std::string_view help, Labels labels,
                           std::function<double()> read);
  // For what something else counts already. REQUIRES: `read` never falls.
  void make_counter_callback(std::string_view name, std::string_view help, Labels labels,
                             std::function<double()> read);

  // Text exposition format 0.0.4: families by name, series by labels.
  [[nodiscard]] std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::obs
