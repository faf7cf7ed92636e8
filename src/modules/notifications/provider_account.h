// ProviderAccount: one account with one service, as a tenant has set it up (provider.h makes a
// Provider of it).
//
// Its settings are sealed for its row: they open nowhere else. What a ProviderKind calls secret is
// never shown again.
//
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/notification.h"

namespace ashlar::security {
class SecretBox;
}

namespace ashlar::notifications {

// Notices of changes, on storage's notice board: "<tenant>:<id>". Who keeps Providers drops this
// one, at `resync` all.
inline constexpr std::string_view kProviderNotices = "notification_providers";

struct ProviderAccount {
  static constexpr std::int64_t kMaxOfTenant = 50;
  static constexpr std::int64_t kDefaultMaxRunning = 64;
  static constexpr std::int64_t kMaxMaxRunning = 10'000;
  static constexpr std::int64_t kMaxWeight = 1'000;
  static constexpr std::int64_t kMaxPriority = 100;
  static constexpr double kMaxPace = 1'000'000;

  ProviderId id;
  base::TenantId tenant;
  Channel channel = Channel::kEmail;
  std::string type;  // of a ProviderKind
  std::string name;
  std::string sealed_settings;
  std::string project;        // providers of one project share its pace; may be empty
  std::int64_t weight = 100;  // among those of the best priority; 0: only when asked for by name
  std::int64_t priority = 0;  // the lowest goes first
  bool enabled = true;
  std::optional<double> pace_per_s;  // nullopt: no bound
  std::int64_t max_running = kDefaultMaxRunning;
  std::string callback_token;  // in the path of its callbacks
  std::int64_t version = 1;
  base::Time created_at{}, updated_at{};
};

std::string sealed(const security::SecretBox& box, base::TenantId tenant, ProviderId id,
                   std::string_view settings);
// As ProviderKind::check() gave them. kInternal provider_unreadable: sealed by another key.
base::Result<std::string> opened_settings(const security::SecretBox& box,
                                          const ProviderAccount& account);
// Same length of time whatever differs.
bool is_callback_token(const ProviderAccount& account, std::string_view given);

}  // namespace ashlar::notifications
