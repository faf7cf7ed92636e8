#include "app/notifications_settings.h"

#include <string_view>
#include <utility>

#include "app/config.h"
#include "app/setting_kinds.h"

namespace ashlar::app {
namespace {

constexpr std::pair<std::string_view, Catcher> kCatchers[] = {
    {"auto", Catcher::kAuto}, {"on", Catcher::kOn}, {"off", Catcher::kOff}};

constexpr std::pair<std::string_view, PrivateProviders> kPrivateProviders[] = {
    {"auto", PrivateProviders::kAuto},
    {"on", PrivateProviders::kOn},
    {"off", PrivateProviders::kOff}};

}  // namespace

std::vector<Setting> notifications_settings() {
  return {
      choice("notifications.catcher",
             "Keep what a channel without any provider would have sent, to be looked at: on, off, "
             "or auto: where the server listens on loopback.",
             kCatchers, [](Config& c) -> auto& { return c.notifications.catcher; }),
      flag("notifications.allow_private",
           "Browsers' push endpoints may lie in private networks: anybody with a key can reach "
           "them.",
           [](Config& c) -> auto& { return c.notifications.allow_private; }),
      choice("notifications.private_providers",
             "Providers' URLs (http, slack, a service's own host) and mail servers may lie in "
             "private networks: on, off, or auto: where the server listens on loopback.",
             kPrivateProviders,
             [](Config& c) -> auto& { return c.notifications.private_providers; }),
      number("notifications.keep_days", "How long notifications are kept, with their stories.", 1,
             36'500, [](Config& c) -> auto& { return c.notifications.keep_days; }),
  };
}

}  // namespace ashlar::app
