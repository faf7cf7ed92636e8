// What links cost: naming, checking targets, recording clicks on an I/O thread, folding them, and
// durable creates and look-ups on SQLite.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "modules/links/click_batch.h"
#include "modules/links/click_buffer.h"
#include "modules/links/clicks_store.h"
#include "modules/links/code_space.h"
#include "modules/links/links.h"
#include "modules/links/target.h"
#include "platform/storage/testing/temporary_sqlite.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

constexpr base::TenantId kTenant{1};
constexpr base::Time kNow = base::from_micros(1'700'000'000'000'000);

CodeSpace code_space() { return CodeSpace(std::string(CodeSpace::kSecretBytes, 'k')); }
OwnHosts own_hosts() { return *OwnHosts::parse({"http://127.0.0.1:8080", "https://sho.rt"}); }

void BM_CodeOfId(benchmark::State& state) {
  const CodeSpace codes = code_space();
  std::uint64_t id = 0;
  for (auto _ : state) benchmark::DoNotOptimize(codes.code(id++));
}
BENCHMARK(BM_CodeOfId);

void BM_CheckTarget(benchmark::State& state) {
  const OwnHosts own = own_hosts();
  const std::string url = "https://www.example.com/articles/2026/11/a-rather-long-title?utm=mail";
  for (auto _ : state) benchmark::DoNotOptimize(check_target(url, own));
}
BENCHMARK(BM_CheckTarget);

// What a redirect pays. Drains every 25,000 clicks, as at 100,000 redirects a second; the time of
// draining is the flusher's and not counted.
void record_clicks(benchmark::State& state, const ClickDetail& detail) {
  static ClickBuffer buffer(2);
  static ClickTally tally(1'000'000);
  const auto shard = static_cast<std::size_t>(state.thread_index());
  std::int64_t link = 0;
  int recorded = 0;
  for (auto _ : state) {
    buffer.record(shard, LinkId(link++ & 0xffff), kTenant, kNow, detail);
    if (++recorded == 25'000 && shard == 0) {
      state.PauseTiming();
      buffer.drain(tally, [](const KeptClick&) {});
      static_cast<void>(tally.take_sorted());
      recorded = 0;
      state.ResumeTiming();
    }
  }
}
void BM_RecordClick(benchmark::State& state) { record_clicks(state, {}); }
BENCHMARK(BM_RecordClick);
void BM_RecordClickWithHeaders(benchmark::State& state) {
  record_clicks(state, {"https://news.example/a/page?with=query",
                        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"});
}
BENCHMARK(BM_RecordClickWithHeaders);

// The flusher's share of one click: 25,000 clicks on 12,000 links.
void BM_DrainAndEncode(benchmark::State& state) {
  ClickBuffer buffer(1);
  ClickTally tally(1'000'000);
  base::Random random(1);
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < 25'000; ++i) {
      buffer.record(0, LinkId(static_cast<std::int64_t>(random.below(12'000))), kTenant, kNow, {});
    }
    state.ResumeTiming();
    buffer.drain(tally, [](const KeptClick& click) {
      const DetailEntry entry(click);
      benchmark::DoNotOptimize(&entry);
    });
    benchmark::DoNotOptimize(encode_click_batch(tally.take_sorted()));
  }
  state.SetItemsProcessed(state.iterations() * 25'000);
}
BENCHMARK(BM_DrainAndEncode)->Unit(benchmark::kMicrosecond);

// One program-wide database with a tenant that has links.
struct Bed {
  Bed() { CHECK(create().ok()); }

  base::Result<Link> create() {
    return store.database().write(Context::tenant(kTenant), [&](Transaction& tx) {
      return links.create(
          tx,
          {"https://www.example.com/articles/2026/11/a-rather-long-title?utm=mail", {}, 302, {}});
    });
  }
  static Bed& get() {
    static Bed bed;
    return bed;
  }

  storage::TemporarySqlite store;
  base::SystemClock clock;
  CodeSpace codes = code_space();
  Links links{"https://sho.rt", own_hosts(), codes, clock};
};

// Adding 2,000 pairs of known links to the hourly counters, commit included: one fold.
void BM_FoldSlice(benchmark::State& state) {
  Bed& bed = Bed::get();
  std::vector<ClickCount> counts;
  for (std::int64_t i = 1; i <= 2'000; ++i) counts.push_back({kTenant, LinkId(i * 7), 470'000, 3});
  for (auto _ : state) {
    const auto status =
        bed.store.database().write(Context::platform(PlatformUse::kClickWriter),
                                   [&](Transaction& tx) { return store::add_counts(tx, counts); });
    CHECK(status.ok());
  }
  state.SetItemsProcessed(state.iterations() * 2'000);
}
BENCHMARK(BM_FoldSlice)->Unit(benchmark::kMicrosecond)->UseRealTime();

// synchronous=FULL, each thread a waiting caller; the figure is items_per_second of all.
void BM_CreateDurable(benchmark::State& state) {
  Bed& bed = Bed::get();
  for (auto _ : state) CHECK(bed.create().ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CreateDurable)->Threads(1)->Threads(16)->Threads(64)->UseRealTime();

void BM_FindForRedirect(benchmark::State& state) {
  Bed& bed = Bed::get();
  const std::string code = bed.create()->code;
  const auto context = Context::platform(PlatformUse::kRedirect);
  for (auto _ : state) {
    const auto found = bed.store.database().read(
        context, [&](Transaction& tx) { return bed.links.find_for_redirect(tx, {.code = code}); });
    CHECK(found.ok() && found->has_value());
  }
}
BENCHMARK(BM_FindForRedirect)->UseRealTime();

}  // namespace
}  // namespace ashlar::links
