// What it costs to know who is calling, once the key has been seen: the brief allows a microsecond.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "platform/security/api_key.h"
#include "platform/security/digest.h"
#include "platform/security/key_cache.h"

namespace ashlar::security {
namespace {

struct Keys {
  explicit Keys(int count) {
    for (int i = 0; i < count; ++i) {
      texts.push_back(make_api_key(entropy).text);
      auto principal = std::make_shared<Principal>();
      principal->key = KeyId(i + 1);
      principal->scopes = {"links:read", "links:write"};
      cache.insert(texts.back(), principal, {}, {}, cache.epoch(), clock.now());
    }
  }
  base::SeededEntropy entropy{1};
  base::SystemClock clock;
  KeyCache cache{entropy, 8192};
  std::vector<std::string> texts;
};

Keys& keys() {
  static Keys all(4096);
  return all;
}

void cached(benchmark::State& state) {
  const auto distinct = static_cast<std::size_t>(state.range(0));
  std::size_t i = static_cast<std::size_t>(state.thread_index());
  for (auto _ : state) {
    benchmark::DoNotOptimize(keys().cache.find(keys().texts[i++ % distinct], keys().clock.now()));
  }
}
BENCHMARK(cached)->Arg(1)->Arg(4096)->ThreadRange(1, 2);

void sha256_of_a_key(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(api_key_hash(keys().texts[0]));
}
BENCHMARK(sha256_of_a_key);

}  // namespace
}  // namespace ashlar::security
