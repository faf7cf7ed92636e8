// What JSON costs a request that creates a link, and what a list costs to render.
#include <benchmark/benchmark.h>

#include <string>

#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::json {
namespace {

struct Link {
  std::string code = "Ab3xY9";
  std::string short_url = "https://go.example/Ab3xY9";
  std::string url = "https://www.example.com/articles/2026/11/how-to-measure?utm_source=mail";
  int status = 302;
  std::optional<base::Time> expires_at;
  bool enabled = true;
  base::Time created_at = base::from_micros(1'790'000'000'123'456);
};

const Schema<Link>& link_schema() {
  static const auto schema =
      Schema<Link>("Link", "")
          .required("code", &Link::code, {.pattern = "^[A-Za-z0-9_-]+$"})
          .required("short_url", &Link::short_url, {.format = "uri"})
          .required("url", &Link::url, {.max_length = 2048, .format = "uri"})
          .required("status", &Link::status, {.one_of = {301, 302, 307, 308}})
          .required("expires_at", &Link::expires_at)
          .required("enabled", &Link::enabled)
          .required("created_at", &Link::created_at);
  return schema;
}

std::string link_text() {
  std::string out;
  Writer writer(out);
  link_schema().write(writer, Link{});
  return out;
}

void report_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void BM_Parse(benchmark::State& state) {
  const std::string text = link_text();
  for (auto _ : state) benchmark::DoNotOptimize(parse(text));
  report_bytes(state, text.size());
}
BENCHMARK(BM_Parse);

void BM_ParseAndValidate(benchmark::State& state) {
  const std::string text = link_text();
  for (auto _ : state) benchmark::DoNotOptimize(link_schema().parse_body(text));
  report_bytes(state, text.size());
}
BENCHMARK(BM_ParseAndValidate);

void BM_WriteOne(benchmark::State& state) {
  const Link link;
  std::string out;
  for (auto _ : state) {
    out.clear();
    Writer writer(out);
    link_schema().write(writer, link);
    benchmark::DoNotOptimize(out.data());
  }
  report_bytes(state, out.size());
}
BENCHMARK(BM_WriteOne);

void BM_WritePageOf100(benchmark::State& state) {
  static const Schema<Page<Link>> schema = page_schema(link_schema());
  const Page<Link> page{std::vector<Link>(100), "cursor"};
  std::string out;
  for (auto _ : state) {
    out.clear();
    Writer writer(out);
    schema.write(writer, page);
    benchmark::DoNotOptimize(out.data());
  }
  report_bytes(state, out.size());
}
BENCHMARK(BM_WritePageOf100);

void BM_QuotePlainKilobyte(benchmark::State& state) {
  const std::string text(1024, 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_quoted(out, text);
    benchmark::DoNotOptimize(out.data());
  }
  report_bytes(state, text.size());
}
BENCHMARK(BM_QuotePlainKilobyte);

}  // namespace
}  // namespace ashlar::json
