#include "modules/documents/crdt/common_runs.h"

#include <algorithm>

namespace ashlar::crdt {
namespace {

using Sequence = std::span<const std::uint32_t>;
using Reached = std::vector<std::size_t>;  // of a, by diagonal k + d: what d edits reach

// Of the diagonals next to k the one that comes further: true where it is the one above.
bool comes_from_above(const Reached& before, std::ptrdiff_t k, std::ptrdiff_t d) {
  if (k == -d) return true;
  if (k == d) return false;
  const auto at = [&](std::ptrdiff_t diagonal) {
    return before[static_cast<std::size_t>(diagonal + d - 1)];
  };
  return at(k - 1) < at(k + 1);
}

std::size_t entry(const Reached& before, std::ptrdiff_t k, std::ptrdiff_t d) {
  if (d == 0) return 0;
  const bool above = comes_from_above(before, k, d);
  const std::ptrdiff_t from = above ? k + 1 : k - 1;
  return before[static_cast<std::size_t>(from + d - 1)] + (above ? 0 : 1);
}

// From the end back to the start, by what each number of edits has reached.
std::vector<CommonRun> trace(const std::vector<Reached>& all, std::size_t n, std::size_t m) {
  std::vector<CommonRun> runs;
  auto x = static_cast<std::ptrdiff_t>(n);
  auto y = static_cast<std::ptrdiff_t>(m);
  static const Reached kNothing;
  for (auto d = static_cast<std::ptrdiff_t>(all.size()) - 1; d >= 0; --d) {
    const Reached& before = d > 0 ? all[static_cast<std::size_t>(d - 1)] : kNothing;
    const std::ptrdiff_t k = x - y;
    const auto start = static_cast<std::ptrdiff_t>(entry(before, k, d));
    if (x > start) {
      runs.push_back({static_cast<std::size_t>(start), static_cast<std::size_t>(start - k),
                      static_cast<std::size_t>(x - start)});
    }
    if (d == 0) break;
    if (comes_from_above(before, k, d)) {
      x = start;
      y = start - k - 1;
    } else {
      x = start - 1;
      y = start - k;
    }
  }
  std::ranges::reverse(runs);
  return runs;
}

std::vector<CommonRun> shortest_edit(Sequence a, Sequence b, std::size_t most_edits) {
  if (a.empty() || b.empty()) return {};
  const auto n = static_cast<std::ptrdiff_t>(a.size());
  const auto m = static_cast<std::ptrdiff_t>(b.size());
  const auto most = std::min(static_cast<std::ptrdiff_t>(most_edits), n + m);
  std::vector<Reached> all;
  static const Reached kNothing;
  for (std::ptrdiff_t d = 0; d <= most; ++d) {
    const Reached& before = d > 0 ? all.back() : kNothing;
    Reached now(static_cast<std::size_t>(2 * d + 1), 0);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      auto x = static_cast<std::ptrdiff_t>(entry(before, k, d));
      while (x < n && x - k >= 0 && x - k < m &&
             a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) {
        ++x;
      }
      now[static_cast<std::size_t>(k + d)] = static_cast<std::size_t>(x);
      if (x >= n && x - k >= m) {
        all.push_back(std::move(now));
        return trace(all, a.size(), b.size());
      }
    }
    all.push_back(std::move(now));
  }
  return {};
}

}  // namespace

std::vector<CommonRun> common_runs(Sequence a, Sequence b, std::size_t most_edits) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t head = 0;
  while (head < shorter && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  std::vector<CommonRun> runs;
  const auto add = [&](CommonRun run) {
    if (!runs.empty() && runs.back().a + runs.back().length == run.a &&
        runs.back().b + runs.back().length == run.b) {
      runs.back().length += run.length;
    } else {
      runs.push_back(run);
    }
  };
  if (head > 0) add({0, 0, head});
  const Sequence inner_a = a.subspan(head, a.size() - head - tail);
  const Sequence inner_b = b.subspan(head, b.size() - head - tail);
  for (const CommonRun& run : shortest_edit(inner_a, inner_b, most_edits)) {
    add({run.a + head, run.b + head, run.length});
  }
  if (tail > 0) add({a.size() - tail, b.size() - tail, tail});
  return runs;
}

}  // namespace ashlar::crdt
