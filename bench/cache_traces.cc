// cache_traces: miss ratios of the cache's policies on a trace, beside LRU and the optimum.
//
//   cache_traces be32|lines NAME < TRACE
//
// The trace, decompressed: big-endian 32-bit keys, or one number a line (`*` and empty lines are
// skipped). Every miss stores, each entry weighs 1, nothing expires. A row for each size, a share
// of the trace's distinct keys:
//
//   optimum   Belady's MIN (1966), which knows the future: whose next use is farthest goes. It
//             stores every miss, as the others do, so nothing here can be below it.
//   lru       of a textbook: a list and a hash map, nothing of Ashlar
//   Lru, S3Fifo   kit::Cache with 1 stripe, and /n with as many as it takes by itself at that size
//
// Ends with 1 where a result is impossible: Lru of 1 stripe is not the textbook's to the last miss,
// or one is below the optimum. Where S3Fifo misses more than the textbook's LRU, the row says so.
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <list>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "kit/cache/cache.h"
#include "kit/cache/lru.h"
#include "kit/cache/s3_fifo.h"

namespace ashlar {
namespace {

using Trace = std::vector<std::uint32_t>;
constexpr std::array kShares = {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4};
constexpr std::uint64_t kSmallest = 100;  // below it a tenth for S3-FIFO's small queue is nothing

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "cache_traces: %s\n", why.c_str());
  std::exit(2);
}

std::string read_all(std::FILE* from) {
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), from)) {
    bytes.append(buffer.data(), got);
  }
  return bytes;
}

Trace parse_be32(std::string_view bytes) {
  if (bytes.size() % 4 != 0) die("the trace ends within a key");
  Trace trace;
  trace.reserve(bytes.size() / 4);
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    std::uint32_t key = 0;
    for (std::size_t i = 0; i < 4; ++i) key = key << 8 | static_cast<unsigned char>(bytes[at + i]);
    trace.push_back(key);
  }
  return trace;
}

Trace parse_lines(std::string_view text) {
  Trace trace;
  while (!text.empty()) {
    const std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line == "*" || line == "\r") continue;
    char* end = nullptr;
    const unsigned long key = std::strtoul(line.c_str(), &end, 10);
    if (end == line.c_str() || key > std::numeric_limits<std::uint32_t>::max()) {
      die("not a key: " + line);
    }
    trace.push_back(static_cast<std::uint32_t>(key));
  }
  return trace;
}

std::uint64_t textbook_lru(const Trace& trace, std::uint64_t size) {
  std::list<std::uint32_t> newest_first;
  std::unordered_map<std::uint32_t, std::list<std::uint32_t>::iterator> where;
  std::uint64_t misses = 0;
  for (const std::uint32_t key : trace) {
    if (const auto found = where.find(key); found != where.end()) {
      newest_first.splice(newest_first.begin(), newest_first, found->second);
      continue;
    }
    ++misses;
    if (where.size() == size) {
      where.erase(newest_first.back());
      newest_first.pop_back();
    }
    newest_first.push_front(key);
    where[key] = newest_first.begin();
  }
  return misses;
}

// For each request the place of the key's next one; the length of the trace where there is none.
std::vector<std::uint32_t> next_uses(const Trace& trace) {
  std::vector<std::uint32_t> next(trace.size());
  std::unordered_map<std::uint32_t, std::uint32_t> coming;
  for (std::size_t at = trace.size(); at-- > 0;) {
    const auto [seen, is_last] =
        coming.try_emplace(trace[at], static_cast<std::uint32_t>(trace.size()));
    next[at] = seen->second;
    seen->second = static_cast<std::uint32_t>(at);
  }
  return next;
}

std::uint64_t optimum(const Trace& trace, const std::vector<std::uint32_t>& next,
                      std::uint64_t size) {
  using Use = std::pair<std::uint32_t, std::uint32_t>;  // next use, key
  std::priority_queue<Use> farthest;                    // some outdated: the key is used before
  std::unordered_map<std::uint32_t, std::uint32_t> stored;
  std::uint64_t misses = 0;
  for (std::size_t at = 0; at < trace.size(); ++at) {
    const auto found = stored.find(trace[at]);
    if (found == stored.end()) {
      ++misses;
      while (stored.size() == size) {
        const auto [use, key] = farthest.top();
        farthest.pop();
        const auto victim = stored.find(key);
        if (victim != stored.end() && victim->second == use) stored.erase(victim);
      }
    }
    stored[trace[at]] = next[at];
    farthest.emplace(next[at], trace[at]);
  }
  return misses;
}

template <class Policy>
std::uint64_t ashlar(const Trace& trace, std::uint64_t size, std::uint32_t stripes,
                     std::size_t* used = nullptr) {
  kit::Cache<std::uint32_t, std::uint32_t, Policy> cache(
      {.capacity = size, .stripes = stripes, .seed = 20261122});
  const base::Mono now{std::chrono::hours(1)};
  std::uint64_t misses = 0;
  for (const std::uint32_t key : trace) {
    if (cache.get(key, now)) continue;
    ++misses;
    cache.put(key, key, now);
  }
  if (used != nullptr) *used = cache.stripes();
  return misses;
}

int run(std::string_view name, const Trace& trace) {
  const std::uint64_t keys = std::unordered_set(trace.begin(), trace.end()).size();
  const std::vector<std::uint32_t> next = next_uses(trace);
  const auto ratio = [&](std::uint64_t misses) {
    return static_cast<double>(misses) / static_cast<double>(trace.size());
  };
  std::printf("%.*s: %zu requests, %llu keys; misses per request\n", static_cast<int>(name.size()),
              name.data(), trace.size(), static_cast<unsigned long long>(keys));
  std::printf("%8s %6s %8s %8s %8s %8s %8s %8s %8s  %s\n", "entries", "share", "optimum", "lru",
              "Lru", "S3Fifo", "stripes", "Lru/n", "S3Fifo/n", "S3Fifo less lru");
  bool possible = true;
  for (const double share : kShares) {
    const auto size = static_cast<std::uint64_t>(static_cast<double>(keys) * share);
    if (size < kSmallest) continue;
    const std::uint64_t least = optimum(trace, next, size);
    const std::uint64_t plain = textbook_lru(trace, size);
    std::size_t stripes = 0;
    const std::array ours = {ashlar<kit::Lru>(trace, size, 1), ashlar<kit::S3Fifo>(trace, size, 1),
                             ashlar<kit::Lru>(trace, size, 0, &stripes),
                             ashlar<kit::S3Fifo>(trace, size, 0)};
    const double better = ratio(ours[1]) - ratio(plain);
    std::printf("%8llu %5.1f%% %8.4f %8.4f %8.4f %8.4f %8zu %8.4f %8.4f  %+.4f%s\n",
                static_cast<unsigned long long>(size), share * 100, ratio(least), ratio(plain),
                ratio(ours[0]), ratio(ours[1]), stripes, ratio(ours[2]), ratio(ours[3]), better,
                better > 0 ? " WORSE" : "");
    for (const std::uint64_t misses : ours) possible = possible && misses >= least;
    possible = possible && plain >= least && ours[0] == plain;
  }
  if (!possible) std::printf("%.*s: IMPOSSIBLE\n", static_cast<int>(name.size()), name.data());
  return possible ? 0 : 1;
}

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  const std::string_view form = argc == 3 ? argv[1] : "";
  if (form != "be32" && form != "lines") ashlar::die("usage: cache_traces be32|lines NAME < TRACE");
  const std::string bytes = ashlar::read_all(stdin);
  const auto trace = form == "be32" ? ashlar::parse_be32(bytes) : ashlar::parse_lines(bytes);
  if (trace.empty()) ashlar::die("the trace is empty");
  return ashlar::run(argv[2], trace);
}
