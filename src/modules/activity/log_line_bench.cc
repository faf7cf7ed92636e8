// What `ashlar top` does with one line, in memory: reading it (each form), and reading it,
// splitting the bytes into lines and counting it in a window of 300 s. Users by Zipf(1.0) over
// 100,000; 20,000 lines a second of the log's own time, one in a hundred up to ten seconds late.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "kit/testing/zipf.h"
#include "modules/activity/log_line.h"
#include "modules/activity/top_reader.h"

namespace ashlar::activity {
namespace {

enum class Form : std::uint8_t { kPlain, kFraction, kRfc3339, kClf, kJson };

constexpr std::int64_t kLines = 1 << 20;
constexpr std::int64_t kPerSecond = 20'000;

std::string line_of(Form form, std::int64_t second, std::int64_t nth, std::uint64_t user) {
  const std::string name = "user" + std::to_string(100'000 + user);
  const std::string unix = std::to_string(1'700'000'000 + second);
  const std::string in_minute = std::to_string(10 + second % 50);
  switch (form) {
    case Form::kPlain:
      return unix + " " + name + " view";
    case Form::kFraction:
      return unix + "." + std::to_string(100'000 + nth % kPerSecond) + " " + name + " view";
    case Form::kRfc3339:
      return "2023-11-14T22:13:" + in_minute + ".25Z " + name + " view";
    case Form::kClf:
      return "10.0.0.7 - " + name + " [14/Nov/2023:22:13:" + in_minute +
             " +0000] \"GET /search?q=1 HTTP/1.1\" 200 5120 \"-\" \"Mozilla/5.0 (X11; Linux)\"";
    case Form::kJson:
      return R"({"at":)" + unix + R"(,"user":")" + name + R"(","action":"view"})";
  }
  return {};
}

std::vector<std::string> lines_of(Form form) {
  base::Random random(2026);
  const kit::Zipf zipf(100'000);
  std::vector<std::string> lines;
  for (std::int64_t i = 0; i < kLines; ++i) {
    const std::int64_t late = random.chance(0.01) ? static_cast<std::int64_t>(random.below(10)) : 0;
    lines.push_back(line_of(form, 10 + i / kPerSecond - late, i, zipf.draw(random)));
  }
  return lines;
}

void parse(benchmark::State& state, Form form) {
  const std::vector<std::string> lines = lines_of(form);
  LogLineParser parser(LineFormat::kAuto);
  std::size_t at = 0;
  for (auto _ : state) {
    LogLine line;
    CHECK(parser.parse(lines[at], line) == LineKind::kEvent);
    benchmark::DoNotOptimize(line);
    at = (at + 1) % lines.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(parse, plain, Form::kPlain);
BENCHMARK_CAPTURE(parse, fraction, Form::kFraction);
BENCHMARK_CAPTURE(parse, rfc3339, Form::kRfc3339);
BENCHMARK_CAPTURE(parse, clf, Form::kClf);
BENCHMARK_CAPTURE(parse, json, Form::kJson);

void feed(benchmark::State& state, Form form) {
  std::string log;
  for (const std::string& line : lines_of(form)) log += line + "\n";
  for (auto _ : state) {
    TopReader reader(TopReader::Options{});
    reader.feed(log);
    benchmark::DoNotOptimize(reader.table(10).rows.size());
  }
  state.SetItemsProcessed(state.iterations() * kLines);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.size()));
}
BENCHMARK_CAPTURE(feed, plain, Form::kPlain)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(feed, fraction, Form::kFraction)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(feed, clf, Form::kClf)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(feed, json, Form::kJson)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::activity
