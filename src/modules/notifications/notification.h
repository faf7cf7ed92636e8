// Notification: what somebody is to be told, and its deliveries: one for each channel and address.
//
//   accept ──> plan ──┬─> [queued] ── attempts ──┬─> [sent] ── report, read ──> [delivered] ──>
//   [opened]
//      │              │      ^  └─ retry ─┐      ├─> [unknown]   maybe done; or no receipt in time
//      │ send_at      │      └────────────┘      ├─> [failed]    refused, suppressed, attempts used
//      up v              │                          └─> [expired]
//   [queued]          ├─> [deferred] ── its time: planned again
//   (no delivery yet) └─> [skipped]  preferences, suppression, cap, no address …
//
// Invariants
//  1. rank_of(state) of a delivery only grows: reports may come late, twice and in any order. An
//     opened one stays opened; a delivered one that bounces afterwards stays delivered, and the
//     report is in its timeline.
//  2. While a delivery is queued a job of kind kSendJob is alive; while it is deferred, or the
//     notification is not planned yet, one of kind kPlanJob.
//  3. A round of attempts is counted by its job, which commits the lease before it is begun. So
//  where
//     the one before has no record, its end is not known, and that is told, counted, and not taken
//     for a failure.
//  4. What failed for good stays; a replay is a new delivery of the same notification
//  (`replay_of`).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

using NotificationId = base::StrongId<struct NotificationTag>;
using DeliveryId = base::StrongId<struct NotificationDeliveryTag>;
using ProviderId = base::StrongId<struct NotificationProviderTag>;

inline constexpr std::string_view kPlanJob = "notifications.plan";
inline constexpr std::string_view kSendJob = "notifications.send";

enum class State : std::uint8_t {
  kQueued = 0,
  kDeferred = 1,
  kSent = 2,
  kUnknown = 3,
  kFailed = 4,
  kExpired = 5,
  kSkipped = 6,
  kDelivered = 7,
  kOpened = 8,
};
// "accepted" for queued and deferred: what the API says.
std::string_view name_of(State state);
std::optional<State> state_of(std::string_view name);
// queued, deferred < sent < unknown < failed, expired, skipped < delivered < opened.
int rank_of(State state);
// `next` where it outranks, else `now`.
State advanced(State now, State next);
// Of a notification: that of its luckiest delivery: opened, delivered, sent, queued or deferred,
// unknown, failed, expired, skipped. None: queued.
State overall(std::span<const State> deliveries);

enum class Priority : std::uint8_t { kBulk = 0, kNormal = 1, kUrgent = 2 };
std::string_view name_of(Priority priority);  // "bulk", "normal", "urgent"
std::optional<Priority> priority_of(std::string_view name);

struct Notification {
  NotificationId id;
  base::TenantId tenant;
  std::string user_id;                        // empty: a bare address
  std::string to_email, to_phone, to_device;  // empty: not given
  std::string locale;                         // empty: the recipient's
  std::string category;                       // empty: transactional
  std::string template_key;                   // empty: `content`
  std::int64_t template_version = 0;          // pinned when it was accepted
  std::string content;                        // JSON {"subject","text","html","url","data"}
  std::string data;                           // JSON object of the template's data
  std::string channels;                       // "email,push" as asked for; empty: chosen
  Priority priority = Priority::kNormal;
  std::string dedupe_key;
  std::string collapse_key;
  std::string digest_key;  // empty: not to be gathered
  base::Seconds digest_for{0};
  std::string traceparent;
  std::optional<base::Time> send_at, expires_at;
  State state = State::kQueued;
  bool planned = false;
  std::string reason;            // why there is no delivery; empty
  NotificationId digested_into;  // it went out as part of that one
  base::Time created_at{}, updated_at{};
};

struct Delivery {
  DeliveryId id;
  base::TenantId tenant;
  NotificationId notification;
  Channel channel = Channel::kEmail;
  std::string user_id;
  Target target;
  State state = State::kQueued;
  std::string reason;         // machine-readable: why skipped, deferred, failed
  std::string detail;         // for the person who looks
  std::int64_t attempts = 0;  // that were recorded
  bool dead = false;          // failed, and a person may edit and replay it
  DeliveryId replay_of;
  ProviderId provider;  // of the last attempt; unset: none, or the catcher
  std::string provider_ref;
  base::Time created_at{}, updated_at{};
  std::optional<base::Time> next_at, sent_at;

  // Outgoing::id: the same for each attempt.
  [[nodiscard]] std::string message_id() const { return "n" + std::to_string(id.value); }
};

// One attempt, as kept.
struct AttemptRecord {
  DeliveryId delivery;
  std::int64_t number = 0;
  base::Time at{};
  base::Micros took{0};
  std::string provider;  // its name; "catcher"
  Verdict verdict = Verdict::kAmbiguous;
  std::int64_t status = 0;
  std::string code, detail;
  bool after_unknown = false;  // the attempt before has no record (3)
};

// What a provider told afterwards, as kept.
struct ReportRecord {
  DeliveryId delivery;
  std::string kind, detail;
  base::Time at{}, received_at{};
};

}  // namespace ashlar::notifications
