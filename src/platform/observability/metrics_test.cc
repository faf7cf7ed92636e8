#include "platform/observability/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <limits>
#include <thread>

#include "platform/observability/process_metrics.h"

namespace ashlar::obs {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void run_in_threads(int threads, const std::function<void()>& run) {
  std::vector<std::thread> running;
  running.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) running.emplace_back(run);
  for (std::thread& thread : running) thread.join();
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

// NaN where `text` has no such sample.
double value_of(const std::string& text, const std::string& series) {
  const std::size_t at = ("\n" + text).find("\n" + series + " ");
  return at == std::string::npos ? kNan : std::stod(text.substr(at + series.size() + 1));
}

TEST(Metrics, AddsFromEightThreadsAddUp) {
  Registry registry;
  Counter& counter = registry.make_counter("a_total", "A.");
  Gauge& gauge = registry.make_gauge("b", "B.");
  Histogram& histogram = registry.make_histogram("c_seconds", "C.", power_of_two_buckets());
  run_in_threads(8, [&] {
    for (int i = 0; i < 100'000; ++i) {
      counter.add(2);
      gauge.add(i % 2 == 0 ? 3 : -1);
      histogram.observe(i % 4 == 0 ? 2 : 5000);
    }
  });
  EXPECT_EQ(counter.value(), 1'600'000U);
  EXPECT_EQ(gauge.value(), 800'000);
  const std::string text = registry.render();
  EXPECT_TRUE(has_line(text, "c_seconds_bucket{le=\"1\"} 0")) << text;
  EXPECT_TRUE(has_line(text, "c_seconds_bucket{le=\"2\"} 200000")) << text;
  EXPECT_TRUE(has_line(text, "c_seconds_bucket{le=\"1024\"} 200000")) << text;
  EXPECT_TRUE(has_line(text, "c_seconds_bucket{le=\"+Inf\"} 800000")) << text;
  EXPECT_TRUE(has_line(text, "c_seconds_count 800000")) << text;
  EXPECT_EQ(value_of(text, "c_seconds_sum"), 3'000'400'000);
}

// More live threads than shards share the last one; ended threads hand theirs on.
TEST(Metrics, NothingIsLostWhenThreadsOutnumberShardsOrComeAndGo) {
  Registry registry;
  Counter& counter = registry.make_counter("a_total", "A.");
  Histogram& histogram = registry.make_histogram("c_seconds", "C.", power_of_two_buckets());
  for (int round = 0; round < 5; ++round) {
    run_in_threads(40, [&] {
      for (int i = 0; i < 5'000; ++i) {
        counter.add();
        histogram.observe(0.5);
      }
    });
  }
  EXPECT_EQ(counter.value(), 1'000'000U);
  EXPECT_EQ(value_of(registry.render(), "c_seconds_sum"), 500'000);
}

TEST(Metrics, GaugeSetWinsOverEarlierAddsOfAllThreads) {
  Registry registry;
  Gauge& gauge = registry.make_gauge("b", "B.");
  run_in_threads(4, [&] { gauge.add(25); });
  gauge.set(7);
  EXPECT_EQ(gauge.value(), 7);
  run_in_threads(4, [&] { gauge.add(-2); });
  EXPECT_EQ(gauge.value(), -1);
}

TEST(Metrics, RenderIsValidWhileThreadsRecord) {
  Registry registry;
  Histogram& histogram = registry.make_histogram("c_seconds", "C.", power_of_two_buckets());
  std::atomic<bool> stop{false};
  std::thread recording([&] {
    while (!stop) histogram.observe(3);
  });
  for (int i = 0; i < 200; ++i) {
    const std::string text = registry.render();
    EXPECT_EQ(value_of(text, "c_seconds_bucket{le=\"+Inf\"}"), value_of(text, "c_seconds_count"));
  }
  stop = true;
  recording.join();
}

TEST(Metrics, SameNameAndLabelsGiveTheSameHandle) {
  Registry registry;
  Counter& one = registry.make_counter("a_total", "A.", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(&one, &registry.make_counter("a_total", "A.", {{"y", "2"}, {"x", "1"}}));
  EXPECT_NE(&one, &registry.make_counter("a_total", "A.", {{"x", "1"}, {"y", "3"}}));
  EXPECT_NE(&one, &registry.make_counter("a_total", "A."));
}

TEST(Metrics, RendersFamiliesByNameAndSeriesByLabels) {
  Registry registry;
  registry.make_gauge("z_bytes", "Last.").set(-5);
  registry.make_counter("a_total", "Line\nbreak and \\.", {{"m", "GET"}}).add(3);
  registry.make_counter("a_total", "Line\nbreak and \\.", {{"m", "A\\B\"C\nD"}}).add(4);
  registry.make_gauge_callback("m_ratio", "Called.", {{"k", "v"}}, [] { return 0.25; });
  registry.make_counter_callback("n_seconds_total", "Called too.", {}, [] { return 1e21; });
  const std::array bounds{0.5, 10.0};
  registry.make_histogram("h_seconds", "H.", bounds, {{"r", "x"}}).observe(0.5);
  EXPECT_EQ(registry.render(),
            "# HELP a_total Line\\nbreak and \\\\.\n"
            "# TYPE a_total counter\n"
            "a_total{m=\"A\\\\B\\\"C\\nD\"} 4\n"
            "a_total{m=\"GET\"} 3\n"
            "# HELP h_seconds H.\n"
            "# TYPE h_seconds histogram\n"
            "h_seconds_bucket{r=\"x\",le=\"0.5\"} 1\n"
            "h_seconds_bucket{r=\"x\",le=\"10\"} 1\n"
            "h_seconds_bucket{r=\"x\",le=\"+Inf\"} 1\n"
            "h_seconds_sum{r=\"x\"} 0.5\n"
            "h_seconds_count{r=\"x\"} 1\n"
            "# HELP m_ratio Called.\n"
            "# TYPE m_ratio gauge\n"
            "m_ratio{k=\"v\"} 0.25\n"
            "# HELP n_seconds_total Called too.\n"
            "# TYPE n_seconds_total counter\n"
            "n_seconds_total 1e+21\n"
            "# HELP z_bytes Last.\n"
            "# TYPE z_bytes gauge\n"
            "z_bytes -5\n");
}

TEST(Metrics, HistogramBucketsHoldTheirUpperBoundAndOddValues) {
  struct Row {
    double value;
    int at_most_1, at_most_2, all;
    const char* sum;
  };
  const Row rows[] = {
      {-3, 1, 1, 1, "-3"},
      {0, 1, 1, 1, "0"},
      {1, 1, 1, 1, "1"},
      {1.0000001, 0, 1, 1, "1.0000001"},
      {2, 0, 1, 1, "2"},
      {2.5, 0, 0, 1, "2.5"},
      {kInfinity, 0, 0, 1, "+Inf"},
      {-kInfinity, 1, 1, 1, "-Inf"},
      {kNan, 0, 0, 1, "0"},
  };
  const std::array bounds{1.0, 2.0};
  for (const Row& row : rows) {
    Registry registry;
    registry.make_histogram("h", "H.", bounds).observe(row.value);
    const std::string text = registry.render();
    EXPECT_TRUE(has_line(text, "h_bucket{le=\"1\"} " + std::to_string(row.at_most_1))) << text;
    EXPECT_TRUE(has_line(text, "h_bucket{le=\"2\"} " + std::to_string(row.at_most_2))) << text;
    EXPECT_TRUE(has_line(text, "h_bucket{le=\"+Inf\"} " + std::to_string(row.all))) << text;
    EXPECT_TRUE(has_line(text, std::string("h_sum ") + row.sum)) << text;
  }
}

TEST(Metrics, CallbackIsReplacedByTheNextOfItsName) {
  Registry registry;
  registry.make_gauge_callback("a", "A.", {}, [] { return 1.0; });
  registry.make_gauge_callback("a", "A.", {}, [] { return kNan; });
  EXPECT_TRUE(has_line(registry.render(), "a NaN"));
}

TEST(MetricsDeathTest, RefusesWhatPrometheusWouldRefuse) {
  Registry registry;
  registry.make_counter("a_total", "A.");
  const std::array falling{2.0, 1.0};
  const std::array equal{1.0, 1.0};
  const std::array infinite{1.0, kInfinity};
  EXPECT_DEATH(registry.make_gauge("a_total", "A."), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("a_total", "B."), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("", "A."), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("1a", "A."), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("a-b", "A."), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("b_total", ""), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("b_total", "B.", {{"a:b", ""}}), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("b_total", "B.", {{"__a", ""}}), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("b_total", "B.", {{"a", "1"}, {"a", "2"}}), "CHECK failed");
  EXPECT_DEATH(registry.make_counter("b_total", "B.", {{"a", "\xff"}}), "CHECK failed");
  EXPECT_DEATH(registry.make_histogram("h", "H.", {}), "CHECK failed");
  EXPECT_DEATH(registry.make_histogram("h", "H.", falling), "CHECK failed");
  EXPECT_DEATH(registry.make_histogram("h", "H.", equal), "CHECK failed");
  EXPECT_DEATH(registry.make_histogram("h", "H.", infinite), "CHECK failed");
  EXPECT_DEATH(registry.make_histogram("h", "H.", power_of_two_buckets(), {{"le", "1"}}),
               "CHECK failed");
}

TEST(ProcessMetrics, ShowsPlausibleValues) {
  Registry registry;
  register_process_metrics(registry, "1.2.3");
  register_process_metrics(registry, "1.2.3");
  const std::string text = registry.render();
  EXPECT_TRUE(has_line(text, "ashlar_build_info{version=\"1.2.3\"} 1")) << text;
  EXPECT_GT(value_of(text, "ashlar_process_resident_memory_bytes"), 500'000) << text;
  EXPECT_GE(value_of(text, "ashlar_process_open_fds"), 3) << text;
  EXPECT_LT(value_of(text, "ashlar_process_open_fds"), 1000) << text;
  EXPECT_GE(value_of(text, "ashlar_process_cpu_seconds_total"), 0) << text;
}

}  // namespace
}  // namespace ashlar::obs
