// RedirectCache: one look-up, hit, in a cache of 1 million and of 10 million links (codes of 6,
// targets of 61 bytes), by one thread and by two; codes asked for uniformly and by Zipf(1.0). And
// one put.
//
// Which codes come is drawn before the clock runs, so that only memory is measured: at these sizes
// a look-up is a few cache misses of the processor.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "kit/testing/zipf.h"
#include "modules/links/redirect_cache.h"

namespace ashlar::links {
namespace {

constexpr std::size_t kUnbounded = std::size_t{1} << 40;
constexpr std::size_t kDraws = std::size_t{1} << 21;

// Like a generated code: six characters, not in the order of the numbers.
std::array<char, 6> code_of(std::uint64_t number) {
  constexpr std::uint64_t kSixes = 56'800'235'584;  // 62^6
  constexpr std::uint64_t kStep = 35'104'476'161;   // coprime to it: all codes differ
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  auto rest = static_cast<std::uint64_t>(static_cast<unsigned __int128>(number) * kStep % kSixes);
  std::array<char, 6> code{};
  for (char& c : code) {
    c = kDigits[rest % kDigits.size()];
    rest /= kDigits.size();
  }
  return code;
}

std::string_view view(const std::array<char, 6>& code) { return {code.data(), code.size()}; }

RedirectTarget target_of(std::uint64_t number) {
  RedirectTarget target;
  target.id = LinkId(static_cast<std::int64_t>(number) + 1);
  target.tenant = base::TenantId(1);
  target.url = "https://www.example.com/catalogue/items/" + std::to_string(1'000'000'000 + number) +
               "?ref=letter";
  return target;
}

RedirectCache& cache_of(std::uint64_t links) {
  static std::map<std::uint64_t, std::unique_ptr<RedirectCache>> made;
  std::unique_ptr<RedirectCache>& cache = made[links];
  if (!cache) {
    cache = std::make_unique<RedirectCache>(kUnbounded, 42);
    for (std::uint64_t i = 0; i < links; ++i) {
      const auto code = code_of(i);
      cache->put(cache->ticket(view(code)), view(code), target_of(i));
    }
    CHECK(cache->stats().entries == links);
  }
  return *cache;
}

enum class Draw : std::uint8_t { kUniform, kZipf };

std::vector<std::array<char, 6>> draw(Draw how, std::uint64_t links, std::uint64_t seed) {
  base::Random random(seed);
  const kit::Zipf zipf(links);
  std::vector<std::array<char, 6>> codes(kDraws);
  for (auto& code : codes) {
    code =
        code_of(how == Draw::kZipf ? (zipf.draw(random) - 1) * 7'919 % links : random.below(links));
  }
  return codes;
}

RedirectCache* shared = nullptr;

void set_up(const benchmark::State& state) {
  shared = &cache_of(static_cast<std::uint64_t>(state.range(0)));
}

void find(benchmark::State& state, Draw how) {
  const auto codes = draw(how, static_cast<std::uint64_t>(state.range(0)),
                          static_cast<std::uint64_t>(state.thread_index()) + 1);
  std::size_t at = 0;
  for (auto _ : state) {
    const bool found = shared->find(view(codes[at]), [](const CachedTarget& target) {
      benchmark::DoNotOptimize(target.url.back());
    });
    CHECK(found);
    at = (at + 1) % kDraws;
  }
  const RedirectCache::Stats stats = shared->stats();
  state.counters["bytes_a_link"] =
      benchmark::Counter(static_cast<double>(stats.bytes) / static_cast<double>(stats.entries),
                         benchmark::Counter::kAvgThreads);
}
BENCHMARK_CAPTURE(find, uniform, Draw::kUniform)
    ->Setup(set_up)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();
BENCHMARK_CAPTURE(find, zipf, Draw::kZipf)
    ->Setup(set_up)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

void put(benchmark::State& state) {
  RedirectCache cache(256 << 20, 42);  // full after some 1.7 million, so most puts evict
  std::uint64_t number = 0;
  for (auto _ : state) {
    const auto code = code_of(number);
    cache.put(cache.ticket(view(code)), view(code), target_of(number));
    ++number;
  }
}
BENCHMARK(put);

}  // namespace
}  // namespace ashlar::links
