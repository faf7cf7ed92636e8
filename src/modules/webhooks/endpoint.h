// Endpoint: somebody else's URL that is told of a tenant's events, and how.
//
//             create
//   (none) ──────────> [enabled] ── PATCH {"enabled": false} ──────────> [disabled]
//                        ^  │ ├──── an answer 410 ─────────────────────> [gone]
//                        │  │ └──── 5 days of nothing but failures ────> [failing]
//                        └──┴──────────── enable ────────────────────────────┘
//
// What happens while it is not enabled is written down as failed deliveries, so that a replay
// brings it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::webhooks {

using EndpointId = base::StrongId<struct WebhookEndpointTag>;

enum class EndpointState : std::uint8_t { kEnabled = 0, kDisabled = 1, kGone = 2, kFailing = 3 };
enum class BodyFormat : std::uint8_t { kStandard = 0, kCloudEvents = 1 };

inline constexpr std::int64_t kMaxEndpoints = 200;  // of a tenant
inline constexpr std::size_t kMaxEventTypes = 50;
inline constexpr std::int64_t kDefaultMaxRunning = 8;
inline constexpr std::int64_t kMaxMaxRunning = 100;
inline constexpr base::Seconds kFailingLimit{5 * 24 * 3600};

struct Endpoint {
  EndpointId id;
  base::TenantId tenant;
  std::string url;
  std::optional<std::string> description;
  std::vector<std::string> event_types;
  BodyFormat format = BodyFormat::kStandard;
  bool ordered = false;
  std::optional<double> rate_per_s;
  std::int64_t max_running = kDefaultMaxRunning;
  std::string sealed_keys;  // signing_keys.h
  EndpointState state = EndpointState::kEnabled;
  std::optional<base::Time> failing_since;
  std::optional<base::Time> disabled_at;
  base::Time created_at{};
  base::Time updated_at{};
  std::int64_t version = 1;
};

// Patterns as consumers of events have them (platform/events): "link.created", "link.*", "*".
bool matches(std::span<const std::string> patterns, std::string_view type);

// As a column: a JSON array. Reading gives nothing where the text is no such array.
std::string to_column(std::span<const std::string> patterns);
std::vector<std::string> patterns_of(std::string_view column);

// "disabled", "gone", "failing"; nullopt while it is enabled.
std::optional<std::string> disabled_reason(EndpointState state);

// Whether it has failed for so long that it is told nothing any more.
bool is_given_up(std::optional<base::Time> failing_since, base::Time now);

}  // namespace ashlar::webhooks
