// NotificationsConfig: the settings of notifications.
#pragma once

#include <cstdint>
#include <vector>

namespace ashlar::app {

struct Setting;

enum class Catcher : std::uint8_t { kAuto, kOn, kOff };  // kAuto: where only loopback is served

struct NotificationsConfig {
  Catcher catcher = Catcher::kAuto;
  bool allow_private = false;
  std::int64_t keep_days = 30;
};

std::vector<Setting> notifications_settings();

}  // namespace ashlar::app
