#include "modules/notifications/device.h"

#include <array>

namespace ashlar::notifications {
namespace {

constexpr std::array<std::string_view, 3> kNames{"apns", "fcm", "webpush"};

}  // namespace

std::string_view name_of(Platform platform) { return kNames[static_cast<std::size_t>(platform)]; }

std::optional<Platform> platform_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Platform>(i);
  }
  return std::nullopt;
}

Target target_of(const Device& device) {
  return {
      .address = device.token, .name = {}, .extra = device.keys, .device = device.id.to_string()};
}

}  // namespace ashlar::notifications
