#include "modules/notifications/channel.h"

#include <algorithm>
#include <array>

namespace ashlar::notifications {
namespace {

constexpr std::array<std::string_view, kChannels> kNames{"email", "sms",  "push",
                                                         "inbox", "chat", "http"};
constexpr std::array<std::string_view, 10> kVerdicts{
    "accepted",   "retry",      "throttled", "ambiguous", "credential",
    "drop_token", "quarantine", "suppress",  "refused",   "our_bug"};

}  // namespace

std::string_view name_of(Channel channel) { return kNames.at(static_cast<std::size_t>(channel)); }

std::optional<Channel> channel_of(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Channel>(found - kNames.begin());
}

std::string_view name_of(Verdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

}  // namespace ashlar::notifications
