#include "platform/observability/trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/observability/metrics.h"

namespace ashlar::obs {
namespace {

const std::string kTraceId = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpanId = "b7ad6b7169203331";
const std::string kGood = "00-" + kTraceId + "-" + kSpanId + "-01";

TEST(Traceparent, AcceptsWhatTheSpecificationAllows) {
  struct Row {
    std::string header;
    bool sampled;
  };
  const std::string ids = "-" + kTraceId + "-" + kSpanId + "-";
  const Row rows[] = {
      {"00" + ids + "01", true},
      {"00" + ids + "00", false},
      {"00" + ids + "03", true},  // level 2's random flag
      {"00" + ids + "02", false},
      {"00" + ids + "ff", true},  // unknown flags are ignored
      {"00" + ids + "fe", false},
      {"01" + ids + "01", true},  // a later version, as long as version 00
      {"cc" + ids + "01-what-the-future-will-be-like", true},
      {"fe" + ids + "00-", false},
      {"00-00000000000000000000000000000001-0000000000000001-01", true},
  };
  for (const Row& row : rows) {
    const std::optional<TraceContext> context = parse_traceparent(row.header);
    ASSERT_TRUE(context) << row.header;
    EXPECT_TRUE(context->is_set());
    EXPECT_EQ(context->sampled, row.sampled) << row.header;
    EXPECT_EQ(format_traceparent(*context),
              "00" + row.header.substr(2, 51) + (row.sampled ? "01" : "00"));
  }
}

TEST(Traceparent, RefusesEverythingElse) {
  const std::string ids = "-" + kTraceId + "-" + kSpanId + "-";
  const std::string with_nul = "00" + ids + "0" + std::string(1, '\0');
  const std::string rows[] = {
      "",
      "00",
      "-",
      kGood.substr(0, 54),
      kGood + "-",
      kGood + "-00",
      kGood + "x",
      " " + kGood,
      kGood + " ",
      "ff" + ids + "01",
      "FF" + ids + "01",
      "0" + ids + "01",
      "000" + ids + "01",
      "0g" + ids + "01",
      "cc" + ids + "01.what-the-future-will-not-be-like",
      "cc" + ids + "012",
      "00-" + std::string(32, '0') + "-" + kSpanId + "-01",
      "00-" + kTraceId + "-" + std::string(16, '0') + "-01",
      "00-0AF7651916CD43DD8448EB211C80319C-" + kSpanId + "-01",
      "00-" + kTraceId + "-B7AD6B7169203331-01",
      "00" + ids + "0A",
      "00" + ids + "0x",
      "00" + ids + "-1",
      "00" + ids + "1",
      "00_" + kTraceId + "-" + kSpanId + "-01",
      "00-" + kTraceId + "_" + kSpanId + "-01",
      "00-" + kTraceId + "-" + kSpanId + "_01",
      "00-0af7651916cd43dd8448eb211c80319-" + kSpanId + "0-01",
      "00-0af7651916cd43dd8448eb211c80319.-" + kSpanId + "-01",
      "00-" + kTraceId + "-b7ad6b716920333\xff-01",
      with_nul,
      kGood + "," + kGood,
  };
  for (const std::string& row : rows) EXPECT_FALSE(parse_traceparent(row)) << row;
}

TEST(Traceparent, RoundTrip) {
  const std::optional<TraceContext> context = parse_traceparent(kGood);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id[0], 0x0a);
  EXPECT_EQ(context->trace_id[15], 0x9c);
  EXPECT_EQ(context->span_id[0], 0xb7);
  EXPECT_EQ(context->span_id[7], 0x31);
  EXPECT_EQ(format_traceparent(*context), kGood);
}

struct Fixture {
  explicit Fixture(TracerOptions options, std::uint64_t seed = 1)
      : entropy(seed), tracer(std::move(options), clock, entropy, log, metrics) {}

  Registry metrics;
  base::ManualClock clock;
  Log log{Level::kOff, 2, clock, metrics};
  base::SeededEntropy entropy;
  Tracer tracer;
};

TracerOptions options_of(std::string endpoint, double sample_ratio) {
  TracerOptions options;
  options.endpoint = std::move(endpoint);
  options.sample_ratio = sample_ratio;
  return options;
}

TEST(Tracer, ChildKeepsTheTraceAndItsDecision) {
  Fixture f({});
  for (const bool sampled : {true, false}) {
    TraceContext parent = *parse_traceparent(kGood);
    parent.sampled = sampled;
    const TraceContext child = f.tracer.child_of(parent);
    EXPECT_EQ(child.trace_id, parent.trace_id);
    EXPECT_NE(child.span_id, parent.span_id);
    EXPECT_EQ(child.sampled, sampled);
  }
}

TEST(Tracer, BeginsATraceWithoutAParentOrWithAnEmptyOne) {
  Fixture f({});
  const TraceContext a = f.tracer.child_of(std::nullopt);
  const TraceContext b = f.tracer.child_of(TraceContext{});
  EXPECT_TRUE(a.is_set());
  EXPECT_TRUE(b.is_set());
  EXPECT_NE(a.trace_id, b.trace_id);
  EXPECT_TRUE(parse_traceparent(format_traceparent(a)));
}

TEST(Tracer, IdsOfAllThreadsDiffer) {
  Fixture f({});
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kIds = 1000;
  std::vector<std::vector<TraceContext>> made(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::vector<TraceContext>& mine : made) {
    threads.emplace_back([&f, &mine] {
      for (std::size_t i = 0; i < kIds; ++i) mine.push_back(f.tracer.child_of(std::nullopt));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::array<std::uint8_t, 16>> traces;
  std::set<std::array<std::uint8_t, 8>> spans;
  for (const auto& mine : made) {
    for (const TraceContext& context : mine) {
      traces.insert(context.trace_id);
      spans.insert(context.span_id);
    }
  }
  EXPECT_EQ(traces.size(), kThreads * kIds);
  EXPECT_EQ(spans.size(), kThreads * kIds);
}

// The pool belongs to the thread, so it must not hand one tracer's bytes to another.
TEST(Tracer, TwoTracersInOneThreadUseTheirOwnEntropy) {
  Fixture first({}, 7);
  const TraceContext a = first.tracer.child_of(std::nullopt);
  Fixture second({}, 7);
  EXPECT_EQ(second.tracer.child_of(std::nullopt).trace_id, a.trace_id);
}

class ZeroEntropy final : public base::Entropy {
 public:
  void fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{0}); }
};

TEST(Tracer, NeverMakesAnIdOfZeros) {
  Registry metrics;
  const base::ManualClock clock;
  Log log(Level::kOff, 2, clock, metrics);
  ZeroEntropy entropy;
  Tracer tracer({}, clock, entropy, log, metrics);
  EXPECT_TRUE(parse_traceparent(format_traceparent(tracer.child_of(std::nullopt))));
}

TEST(Tracer, SamplesTheGivenShareOfNewTraces) {
  constexpr int kTraces = 20'000;
  for (const double ratio : {0.0, 0.25, 1.0}) {
    // Nothing is recorded, so the endpoint is never called.
    Fixture f(options_of("http://127.0.0.1:1", ratio));
    int sampled = 0;
    for (int i = 0; i < kTraces; ++i) sampled += f.tracer.child_of(std::nullopt).sampled ? 1 : 0;
    EXPECT_NEAR(sampled, kTraces * ratio, ratio > 0 && ratio < 1 ? 300 : 0);
  }
}

TEST(Tracer, WithoutAnEndpointNothingIsSampledOrRecorded) {
  Fixture f(options_of("", 1.0));
  EXPECT_FALSE(f.tracer.enabled());
  const TraceContext context = f.tracer.child_of(std::nullopt);
  EXPECT_FALSE(context.sampled);
  const std::string before = f.metrics.render();
  f.tracer.record(*parse_traceparent(kGood), std::nullopt, "GET /", f.clock.now(), base::Micros{5},
                  false, {});
  EXPECT_EQ(f.metrics.render(), before);
  EXPECT_EQ(before.find("ashlar_trace_"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::obs
