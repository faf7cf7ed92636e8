// Campaign: one message for many: whom, what, how fast, and how far it has come. No row for each
// recipient: chunks of at most kChunkMembers (campaign_chunk.h).
//
//   create ──> [draft] ── upload: its audience grows
//                 │ start
//                 ├── send_at later ──> [scheduled] ── its time ─┐
//                 └── now ──> [planning] <───────────────────────┘
//                                 │ all chunks are written
//                                 v                pause
//               ┌───────────> [running] ─────────────────────────> [paused]
//   retry-failed│              │  │   ^ ^────────── resume ────────────┘  ^
//               │   all ended  │  │   └─── resume ── [stopped]            │ pause
//               └─ [finished] <┘  └ too many failures ──^      [scheduled], [planning]
//   cancel: [draft], [scheduled] ──> [cancelled]
//           [planning], [running], [paused], [stopped] ──> [cancelling] ── all ended ──>
//           [cancelled]
//   resume of what was paused before it was planned goes on to [scheduled] or [planning].
//
// Invariants
//  1. audience = sent + skipped + failed + waiting at any commit; waiting is 0 once it is finished
//     or cancelled. Unknown ones (maybe handed over, never known) are among the failed.
//  2. Nobody is handed to a provider before all of the audience is written down.
//  3. Each key (Member::key()) is in one chunk, once; chunks are in the order of keys.
//  4. What is sent again while an attempt's answer was lost is counted: repeated.
//  5. A campaign's pieces (template's version, segment's conditions, topic) are those of its start.
//
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/topics_store.h"

namespace ashlar::notifications {

struct AudienceRow;

using CampaignId = base::StrongId<struct NotificationCampaignTag>;

inline constexpr std::string_view kCampaignPlanJob = "notifications.campaign_plan";
inline constexpr std::string_view kCampaignChunkJob = "notifications.campaign_chunk";
inline constexpr std::string_view kCampaignQueue = "bulk";

enum class CampaignState : std::uint8_t {
  kDraft = 0,
  kScheduled = 1,
  kPlanning = 2,
  kRunning = 3,
  kPaused = 4,
  kStopped = 5,
  kCancelling = 6,
  kFinished = 7,
  kCancelled = 8,
};
std::string_view name_of(CampaignState state);
std::optional<CampaignState> campaign_state_of(std::string_view name);
// Whether its chunks are worked: kRunning; and kCancelling, where what waits is skipped.
bool is_worked(CampaignState state);

// What the rows of a message's text are; a variant's, or the campaign's own.
struct CampaignMessage {
  std::string template_key;           // empty: content
  std::int64_t template_version = 0;  // pinned at the start
  std::string content;                // JSON, as Notification::content
  std::string data;                   // JSON object, or empty
};

struct CampaignVariant {
  std::string key;
  std::int64_t weight = 1;  // 1 … kMaxWeight
  CampaignMessage message;  // whole: what it did not say itself is the campaign's
};

// Where it stops by itself: so many percent of what has ended have failed, once `after` have ended.
struct StopRule {
  std::int64_t failed_percent = 0;  // 0: never
  std::int64_t after = 100;
};

struct CampaignCounts {
  std::int64_t audience = 0;  // in chunks
  std::int64_t sent = 0, skipped = 0, failed = 0;
  std::int64_t unknown = 0;   // of failed
  std::int64_t repeated = 0;  // of all
  std::int64_t delivered = 0, opened = 0, bounced = 0;

  [[nodiscard]] std::int64_t ended() const { return sent + skipped + failed; }
  [[nodiscard]] std::int64_t waiting() const { return audience - ended(); }
  CampaignCounts& operator+=(const CampaignCounts& other);
  friend bool operator==(const CampaignCounts&, const CampaignCounts&) = default;
};

struct Campaign {
  static constexpr std::size_t kMaxVariants = 10;
  static constexpr std::int64_t kMaxWeight = 1'000;
  static constexpr std::int64_t kMaxPace = 1'000'000;

  enum class AudienceKind : std::uint8_t {
    kTopic = 0,
    kSegment = 1,
    kEverybody = 2,
    kUsers = 3,
    kUpload = 4
  };

  CampaignId id;
  base::TenantId tenant;
  std::string name;
  CampaignState state = CampaignState::kDraft;
  std::optional<Channel> channel;  // unset: each by the first that reaches them
  std::string category;            // empty: transactional
  CampaignMessage message;
  std::vector<CampaignVariant> variants;  // empty, or two and more
  AudienceKind audience_kind = AudienceKind::kUpload;
  std::string audience_key;     // name of the topic or segment
  TopicId topic;                // from the start on
  std::string segment_where;    // compiled, from the start on
  std::int64_t uploaded = 0;    // lines taken
  std::int64_t duplicates = 0;  // of them: dropped, as far as planning has come
  std::string dedupe_key;
  std::optional<base::Time> send_at, expires_at;
  std::int64_t pace_per_s = 0;  // 0: as fast as providers take it
  StopRule stop_on;
  bool planned = false;
  std::string plan_cursor;    // the last key that is in a chunk
  std::int64_t audience = 0;  // members in chunks
  std::int64_t chunks = 0;
  std::string stopped_reason;  // of kStopped; also why planning ended it
  // What had ended when it was resumed last: stop_on looks at what has come since.
  std::int64_t seen_ended = 0, seen_failed = 0;
  std::string traceparent;
  base::Time created_at{}, updated_at{};
  std::optional<base::Time> started_at, finished_at;
};

enum class CampaignAct : std::uint8_t { kUpload, kStart, kPause, kResume, kCancel, kRetryFailed };
// What the state becomes. kConflict campaign_state where it does not fit.
base::Result<CampaignState> after(CampaignAct act, const Campaign& campaign, base::Time now);

// Whether the error rate says stop.
bool should_stop(const Campaign& campaign, const CampaignCounts& counts);

// Which variant a member gets: the same each time it is asked, on any machine; -1 where there are
// none. By weight over a stable hash of the campaign's id and the key.
int variant_of(const Campaign& campaign, std::string_view member_key);
// What member gets: the variant's, or the campaign's.
const CampaignMessage& message_of(const Campaign& campaign, int variant);

// Outgoing::id of one member: "c12-3-417": campaign, chunk, place in it. Of a push to several
// devices the device's id comes after it ("c12-3-417-99"): 0 for none.
struct CampaignMessageId {
  CampaignId campaign;
  std::int64_t chunk = 0;
  std::int64_t member = 0;
  std::int64_t device = 0;

  friend bool operator==(const CampaignMessageId&, const CampaignMessageId&) = default;
};
std::string to_text(const CampaignMessageId& id);
std::optional<CampaignMessageId> campaign_message_id_of(std::string_view text);

}  // namespace ashlar::notifications
