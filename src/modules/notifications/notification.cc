#include "modules/notifications/notification.h"

#include <algorithm>
#include <array>

namespace ashlar::notifications {
namespace {

struct StateFacts {
  std::string_view name;
  int rank;
  int luck;  // which of several deliveries speaks for the notification: the highest
};
constexpr std::array<StateFacts, 9> kStates{{
    {"accepted", 0, 5},
    {"accepted", 0, 5},
    {"sent", 10, 6},
    {"unknown", 20, 4},
    {"failed", 30, 3},
    {"expired", 30, 2},
    {"skipped", 30, 1},
    {"delivered", 40, 7},
    {"opened", 50, 8},
}};
constexpr std::array<std::string_view, 3> kPriorities{"bulk", "normal", "urgent"};

const StateFacts& facts_of(State state) { return kStates.at(static_cast<std::size_t>(state)); }

}  // namespace

std::string_view name_of(State state) { return facts_of(state).name; }

std::optional<State> state_of(std::string_view name) {
  const auto found = std::ranges::find(kStates, name, &StateFacts::name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<State>(found - kStates.begin());
}

int rank_of(State state) { return facts_of(state).rank; }

State advanced(State now, State next) {
  return rank_of(next) > rank_of(now) || (rank_of(now) == 0 && rank_of(next) == 0) ? next : now;
}

State overall(std::span<const State> deliveries) {
  State best = State::kQueued;
  int luck = 0;
  for (const State state : deliveries) {
    if (facts_of(state).luck <= luck) continue;
    luck = facts_of(state).luck;
    best = state;
  }
  return best;
}

std::string_view name_of(Priority priority) {
  return kPriorities.at(static_cast<std::size_t>(priority));
}

std::optional<Priority> priority_of(std::string_view name) {
  const auto found = std::ranges::find(kPriorities, name);
  if (found == kPriorities.end()) return std::nullopt;
  return static_cast<Priority>(found - kPriorities.begin());
}

}  // namespace ashlar::notifications
