#include "modules/notifications/campaigns/campaign.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "modules/notifications/audience_store.h"

namespace ashlar::notifications {
namespace {

constexpr std::array<std::string_view, 9> kStateNames{"draft",      "scheduled", "planning",
                                                      "running",    "paused",    "stopped",
                                                      "cancelling", "finished",  "cancelled"};

base::Error does_not_fit(CampaignState state, std::string_view what) {
  return base::fail(base::Code::kConflict, "campaign_state",
                    "It is " + std::string(name_of(state)) + ": " + std::string(what) + ".");
}

// FNV-1a, then a finaliser, since the low bits of FNV follow the last byte.
std::uint64_t stable_hash(std::int64_t campaign, std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3U; };
  for (int shift = 0; shift < 64; shift += 8) {
    mix(static_cast<unsigned char>(static_cast<std::uint64_t>(campaign) >> shift));
  }
  for (const char c : key) mix(static_cast<unsigned char>(c));
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

CampaignState begun(const Campaign& campaign, base::Time now) {
  return campaign.send_at && *campaign.send_at > now ? CampaignState::kScheduled
                                                     : CampaignState::kPlanning;
}

}  // namespace

std::string_view name_of(CampaignState state) {
  return kStateNames.at(static_cast<std::size_t>(state));
}

std::optional<CampaignState> campaign_state_of(std::string_view name) {
  const auto found = std::ranges::find(kStateNames, name);
  if (found == kStateNames.end()) return std::nullopt;
  return static_cast<CampaignState>(found - kStateNames.begin());
}

bool is_worked(CampaignState state) {
  return state == CampaignState::kRunning || state == CampaignState::kCancelling;
}

CampaignCounts& CampaignCounts::operator+=(const CampaignCounts& other) {
  audience += other.audience;
  sent += other.sent;
  skipped += other.skipped;
  failed += other.failed;
  unknown += other.unknown;
  repeated += other.repeated;
  delivered += other.delivered;
  opened += other.opened;
  bounced += other.bounced;
  return *this;
}

base::Result<CampaignState> after(CampaignAct act, const Campaign& campaign, base::Time now) {
  using enum CampaignState;
  const CampaignState state = campaign.state;
  const auto is_one_of = [state](std::initializer_list<CampaignState> states) {
    return std::ranges::find(states, state) != states.end();
  };
  switch (act) {
    case CampaignAct::kUpload:
      if (state == kDraft) return kDraft;
      return does_not_fit(state, "only a draft's audience grows");
    case CampaignAct::kStart:
      if (state == kDraft) return begun(campaign, now);
      return does_not_fit(state, "only a draft is started");
    case CampaignAct::kPause:
      if (is_one_of({kScheduled, kPlanning, kRunning})) return kPaused;
      return does_not_fit(state, "only what runs, or will, is paused");
    case CampaignAct::kResume:
      if (is_one_of({kPaused, kStopped})) return campaign.planned ? kRunning : begun(campaign, now);
      return does_not_fit(state, "only what is paused or stopped is resumed");
    case CampaignAct::kCancel:
      if (is_one_of({kDraft, kScheduled})) return kCancelled;
      if (is_one_of({kPlanning, kRunning, kPaused, kStopped})) return kCancelling;
      return does_not_fit(state, "there is nothing to cancel");
    case CampaignAct::kRetryFailed:
      if (campaign.planned && is_one_of({kFinished, kPaused, kStopped})) return kRunning;
      return does_not_fit(state,
                          "what failed is tried again once it is finished, paused or stopped");
  }
  return does_not_fit(state, "no such act");
}

bool should_stop(const Campaign& campaign, const CampaignCounts& counts) {
  if (campaign.stop_on.failed_percent <= 0) return false;
  // Skipped ones say nothing of how sending goes.
  const std::int64_t failed = counts.failed - campaign.seen_failed;
  const std::int64_t ended = counts.sent + counts.failed - campaign.seen_ended;
  return ended >= std::max<std::int64_t>(campaign.stop_on.after, 1) &&
         failed * 100 >= ended * campaign.stop_on.failed_percent;
}

int variant_of(const Campaign& campaign, std::string_view member_key) {
  if (campaign.variants.empty()) return -1;
  std::uint64_t total = 0;
  for (const CampaignVariant& v : campaign.variants) total += static_cast<std::uint64_t>(v.weight);
  std::uint64_t at = stable_hash(campaign.id.value, member_key) % total;
  for (std::size_t i = 0; i < campaign.variants.size(); ++i) {
    const auto weight = static_cast<std::uint64_t>(campaign.variants[i].weight);
    if (at < weight) return static_cast<int>(i);
    at -= weight;
  }
  return static_cast<int>(campaign.variants.size()) - 1;
}

const CampaignMessage& message_of(const Campaign& campaign, int variant) {
  if (variant < 0) return campaign.message;
  return campaign.variants.at(static_cast<std::size_t>(variant)).message;
}

std::string to_text(const CampaignMessageId& id) {
  std::string text = "c" + id.campaign.to_string() + "-" + std::to_string(id.chunk) + "-" +
                     std::to_string(id.member);
  if (id.device != 0) text += "-" + std::to_string(id.device);
  return text;
}

std::optional<CampaignMessageId> campaign_message_id_of(std::string_view text) {
  CampaignMessageId id;
  if (!text.starts_with('c')) return std::nullopt;
  const char* at = text.data() + 1;
  const char* const end = text.data() + text.size();
  const std::array<std::int64_t*, 4> parts{&id.campaign.value, &id.chunk, &id.member, &id.device};
  std::size_t read = 0;
  while (read < parts.size()) {
    const auto result = std::from_chars(at, end, *parts[read]);
    if (result.ec != std::errc() || *parts[read] < 0) return std::nullopt;
    at = result.ptr;
    ++read;
    if (at == end) break;
    if (*at != '-') return std::nullopt;
    ++at;
  }
  // What reads as an id but is not written so ("c01-2-3", "c1-2-3-") names nothing.
  if (read < 3 || !id.campaign.is_set() || to_text(id) != text) return std::nullopt;
  return id;
}

}  // namespace ashlar::notifications
