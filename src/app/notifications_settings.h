// NotificationsConfig: the settings of notifications.
#pragma once

#include <cstdint>
#include <vector>

namespace ashlar::app {

struct Setting;

enum class Catcher : std::uint8_t { kAuto, kOn, kOff };  // kAuto: where only loopback is served

// Whether providers may lie in private networks; kAuto: where only loopback is served.
enum class PrivateProviders : std::uint8_t { kAuto, kOn, kOff };

struct NotificationsConfig {
  Catcher catcher = Catcher::kAuto;
  bool allow_private = false;
  PrivateProviders private_providers = PrivateProviders::kAuto;
  std::int64_t keep_days = 30;
};

std::vector<Setting> notifications_settings();

}  // namespace ashlar::app
