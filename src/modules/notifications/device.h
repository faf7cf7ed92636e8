// Device: an app on somebody's phone, or a browser, that takes pushes.
//
//   register ──> [active] ── "looks wrong" ──> [quarantined]   not sent to any more
//      ^  ^         │  ^                            │
//      │  └─ token ─┘  └──────── register ──────────┘
//      │    moves to another user
//   (none) <── "is gone", removed by the user, the app or with the recipient
//
// Invariant: a token (of one platform and app) belongs to one user: who registers it last. So
// nobody gets what is meant for whoever was signed in on the device before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

using DeviceId = base::StrongId<struct NotificationDeviceTag>;

inline constexpr std::int64_t kMaxDevices = 20;  // of a user; the oldest makes room
inline constexpr std::size_t kMaxTokenBytes = 2048;

enum class Platform : std::uint8_t { kApns = 0, kFcm = 1, kWebpush = 2 };
std::string_view name_of(Platform platform);  // "apns", "fcm", "webpush": the providers' types
std::optional<Platform> platform_of(std::string_view name);

struct Device {
  DeviceId id;
  std::string user_id;
  Platform platform = Platform::kApns;
  std::string app;    // tells apps of one tenant apart; may be empty
  std::string token;  // web push: the endpoint
  std::string keys;   // web push: {"p256dh","auth"}; else empty
  bool quarantined = false;
  std::string reason;  // why it is
  base::Time registered_at{}, created_at{};
};

Target target_of(const Device& device);

}  // namespace ashlar::notifications
