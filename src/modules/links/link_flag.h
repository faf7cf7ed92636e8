// LinkFlag: whether somebody, or something, has found a link to lead where it should not. A value.
//
//            signs, or several reports             operator, or a list of unsafe pages
//   none ───────────────────────────────> suspected ────────────────────────────────> flagged
//    ^ │                                      │ operator                    operator │ │ ^
//    │ └──── a list, or the operator ──────>──│──────────────────────────────────────│─┘ │
//    │                                        └─────────────> cleared <──────────────┘   │
//    └── another target, or the list lets go of it ──────────────┴── another entry ──────┘
//
// Only a flagged one is followed in another way: visitors get a warning instead
// (redirect_pages.h). docs/link-abuse.md says who moves it; abuse/link_guard.h does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links {

enum class FlagState : std::uint8_t { kNone, kSuspected, kFlagged, kCleared };

constexpr std::string_view name_of(FlagState state) {
  switch (state) {
    case FlagState::kNone:
      return "none";
    case FlagState::kSuspected:
      return "suspected";
    case FlagState::kFlagged:
      return "flagged";
    case FlagState::kCleared:
      return "cleared";
  }
  __builtin_unreachable();
}

inline std::optional<FlagState> flag_state_of(std::string_view name) {
  for (const FlagState state :
       {FlagState::kNone, FlagState::kSuspected, FlagState::kFlagged, FlagState::kCleared}) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

struct LinkFlag {
  static constexpr std::size_t kMaxReasons = 16;

  FlagState state = FlagState::kNone;
  // What was noticed, each once: look_alike, mixed_scripts, name_inside, open_redirect,
  // many_nested_urls, reports, operator, denied, list:MALWARE and the like.
  std::vector<std::string> reasons;

  friend bool operator==(const LinkFlag&, const LinkFlag&) = default;
};

}  // namespace ashlar::links
