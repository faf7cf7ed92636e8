// Linearizable: whether what several threads saw of an object can be explained by its operations
// happening one after the other, each at some moment between its call and its return.
//
// A search by Wing and Gong (1993) with Lowe's memory of configurations (2017). A thread's calls
// are sequential, so which operations have happened is one position a thread; that and the state
// are a configuration, and none is searched twice. Histories of one key at a time: linearizability
// is local (Herlihy and Wing 1990), so a map's is its keys'. Worst case exponential in the number
// of threads, not in the length of the history.
//
//   Model: `State` (ordered by <=>), `Call`, and
//     static std::vector<State> next(const State&, const Call&, std::size_t thread)
//   the states that the object may be in after the call with the results that it had; none where it
//   cannot have had them.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace ashlar::kit {

template <class Call>
struct Recorded {
  std::int64_t called;
  std::int64_t returned;
  Call call;
};

// By thread, each in the order of its calls. No two times are the same.
template <class Call>
using History = std::vector<std::vector<Recorded<Call>>>;

template <class Model>
bool linearizable(const History<typename Model::Call>& history,
                  const typename Model::State& initial) {
  struct Configuration {
    std::vector<std::uint32_t> done;  // by thread
    typename Model::State state;
    auto operator<=>(const Configuration&) const = default;
  };
  std::set<Configuration> seen;
  std::vector<Configuration> open{{std::vector<std::uint32_t>(history.size()), initial}};
  while (!open.empty()) {
    const Configuration at = std::move(open.back());
    open.pop_back();
    // What was called after another had returned cannot come before it.
    std::int64_t first_return = std::numeric_limits<std::int64_t>::max();
    for (std::size_t t = 0; t < history.size(); ++t) {
      if (at.done[t] < history[t].size()) {
        first_return = std::min(first_return, history[t][at.done[t]].returned);
      }
    }
    if (first_return == std::numeric_limits<std::int64_t>::max()) return true;
    for (std::size_t t = 0; t < history.size(); ++t) {
      if (at.done[t] == history[t].size()) continue;
      const auto& candidate = history[t][at.done[t]];
      if (candidate.called > first_return) continue;
      for (const auto& state : Model::next(at.state, candidate.call, t)) {
        Configuration then{at.done, state};
        ++then.done[t];
        if (seen.insert(then).second) open.push_back(std::move(then));
      }
    }
  }
  return false;
}

}  // namespace ashlar::kit
