// Event: a fact that was committed: what happened, to what, when. CloudEvents 1.0 in its names
// (cloud_event.h renders it), Debezium's outbox in its columns (migrations).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::events {

inline constexpr std::size_t kMaxDataBytes = 256 * 1024;
inline constexpr std::size_t kMaxTypeBytes = 128;
inline constexpr std::size_t kMaxKeyBytes = 255;

// What a module publishes.
struct NewEvent {
  std::string type;            // "link.created": [a-z0-9_-] in parts divided by dots
  std::string aggregate_type;  // "link": as `type`
  std::string aggregate_id;    // of what it happened to; with aggregate_type the key of order
  std::string data;            // one JSON value, valid: it is not checked
  std::string traceparent;
};

// Where an event stands in the log. Order of delivery within a key is order of commit.
struct EventSeq {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(EventSeq, EventSeq) = default;
};

struct Event {
  EventSeq seq;
  std::string id;         // UUIDv7: unique for ever, the CloudEvents id
  base::TenantId tenant;  // unset: the installation's own
  std::string type, aggregate_type, aggregate_id, data, traceparent;
  base::Time time{};

  // Tenant, aggregate_type and aggregate_id in one string: who has the same, keeps order.
  [[nodiscard]] std::string key() const;
};

// kInvalid event_invalid; the detail names what is wrong.
base::Status check_event(const NewEvent& event);

// Patterns of types: "link.created", "link.*" (all that begin with "link."), "*".
bool is_type_pattern(std::string_view pattern);
bool type_fits(std::string_view pattern, std::string_view type);

}  // namespace ashlar::events
