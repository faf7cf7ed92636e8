// Rules: whether, when and how one message goes to one recipient by one channel. Pure: facts in,
// decision out; the same facts give the same decision. Who asks keeps nothing but the facts.
//
//   duplicate ─> skip      suppressed ─> skip        opted out ─> skip¹      collects ─> digest¹
//   expired   ─> skip      no address ─> skip
//   else the first moment at which nothing forbids it:
//     frequency caps¹ (all of them), quiet hours¹, send windows (all of them)
//       now                          ─> send
//       later                        ─> defer         … not before it expires ─> skip expired
//       not within kSearchSpan       ─> skip no_window
//       a cap that skips is full then ─> skip frequency_cap
//   ¹ not asked for a critical message. Suppression, address, expiry and windows always are.
//
// Promises
//  1. Who defers asks again at `until`, with the facts of then (others may have been sent). Asked
//     again at `until` with the same facts, the answer is send.
//  2. `until` is the first moment that all rules allow, exactly; `reason` is the rule that forbids
//     the moment before it: of several, a cap before quiet hours before a window.
//  3. A cap of n in w: no span of w ever holds more than n, whatever was sent out of order, and
//     even where the clock stepped back.
//
// Any thread. O(log n) in edges of hours, changes of the zone, caps' sends; nothing is allocated
// but by explain().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/channel_choices.h"
#include "modules/notifications/week_hours.h"
#include "platform/zone/time_zone.h"

namespace ashlar::notifications {

// Every hour of the week comes by in it, on whatever days the clock changes; and a day to spare.
inline constexpr base::Seconds kSearchSpan{8 * 24 * 3600};

// Hours in which a recipient is not to be disturbed. They apply to `channels` (a bit for each
// Channel); an inbox and an app's own HTTP endpoint make no noise.
struct QuietHours {
  static constexpr std::uint8_t kNoisy =
      1U << static_cast<int>(Channel::kEmail) | 1U << static_cast<int>(Channel::kSms) |
      1U << static_cast<int>(Channel::kPush) | 1U << static_cast<int>(Channel::kChat);
  WeekHours hours;
  std::uint8_t channels = kNoisy;
};

// Hours to which the sender keeps: a category's, a campaign's.
struct SendWindow {
  WeekHours hours;                       // none at all: never
  const zone::TimeZone* zone = nullptr;  // null: the recipient's
  std::string_view name;                 // for explain(): "category offers"
};

// At most `limit` in any span of `window` (the end that is longer ago does not count any more).
struct FrequencyCap {
  enum class Excess : std::uint8_t { kDefer, kSkip };
  std::uint32_t limit = 1;  // 0: never
  base::Micros window{};    // above zero
  Excess excess = Excess::kDefer;
  std::string_view name;             // for explain(): "category offers"
  std::span<const base::Time> sent;  // what it counts, ascending; the last `limit` of them suffice
};
// The first moment at or after `t` at which one more may go. nullopt: never.
std::optional<base::Time> earliest_under(const FrequencyCap& cap, base::Time t);

// When what is collected goes out: `after` the first of it; or, with `at`, when the clock next
// shows that time of day on one of `days` (in a gap: at its end; twice: at the first).
struct DigestTime {
  base::Micros after{};
  std::optional<int> at_minute;  // 0 … 1439
  std::uint8_t days = kEveryDay;
};
// Strictly after `t`. REQUIRES: a day, where at_minute is set.
base::Time digest_at(const DigestTime& when, const zone::TimeZone& zone, base::Time t);

// What is asked about. Views and pointers live as long as the call.
struct RuleFacts {
  base::Time now{};
  Channel channel = Channel::kEmail;
  std::string_view category;
  bool critical = false;          // of the category or the call: beats what a recipient prefers
  bool wanted_by_default = true;  // what the category says for who never chose
  std::optional<base::Time> expires_at{};  // from then on it is worthless
  std::string_view duplicate_of;  // id of the notification with the same dedupe key, or empty
  bool has_address = true;
  std::string_view suppression;  // why the address is suppressed ("hard_bounce"), or empty
  const ChannelChoices* choices = nullptr;  // null: none made
  const zone::TimeZone* zone = nullptr;     // the recipient's. REQUIRES: set
  const QuietHours* quiet = nullptr;        // null: none
  std::span<const SendWindow> windows;
  std::span<const FrequencyCap> caps;
  const DigestTime* digest = nullptr;             // null: goes alone
  std::string_view digest_key;                    // what is collected together, for this recipient
  std::optional<base::Time> digest_open_until{};  // of the digest of this key that collects already
};

enum class Reason : std::uint8_t {
  kNone,  // send
  kDuplicate,
  kExpired,
  kSuppressed,
  kNoAddress,
  kOptedOut,
  kFrequencyCap,
  kQuietHours,
  kSendWindow,
  kNoWindow,
  kDigest,
};
std::string_view name_of(Reason reason);  // "", "duplicate", "expired", "suppressed", …
std::optional<Reason> reason_of(std::string_view name);

struct Decision {
  enum class Act : std::uint8_t { kSend, kSkip, kDefer, kDigest };
  Act act = Act::kSend;
  Reason reason = Reason::kNone;
  base::Time until{};  // kDefer, kDigest
  // Which of facts.caps or facts.windows it was; -1 where it was none.
  int which = -1;
  // kExpired: what would have held it back beyond its end; kNone where it was too late already.
  Reason held_by = Reason::kNone;

  friend bool operator==(const Decision&, const Decision&) = default;
};
std::string_view name_of(Decision::Act act);  // "send", "skip", "defer", "digest"

Decision decide(const RuleFacts& facts);

// One sentence for the person who asks why. REQUIRES: the decision is of these facts.
std::string explain(const RuleFacts& facts, const Decision& decision);

}  // namespace ashlar::notifications
