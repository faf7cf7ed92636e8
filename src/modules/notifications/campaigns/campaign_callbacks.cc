#include "modules/notifications/campaigns/campaign_callbacks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/campaigns/campaign_chunk_store.h"
#include "modules/notifications/campaigns/campaign_run_store.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/kept_text.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/suppressions_store.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using Kind = Report::Kind;
using Mark = CampaignReports::Kind;

constexpr std::int64_t kStories = 50;  // campaigns that are looked at

// Who complains has got it.
std::optional<Mark> mark_of(Kind kind) {
  switch (kind) {
    case Kind::kDelivered:
    case Kind::kComplaint:
      return Mark::kDelivered;
    case Kind::kOpened:
      return Mark::kOpened;
    case Kind::kFailed:
    case Kind::kHardBounce:
      return Mark::kBounced;
    case Kind::kSent:
    case Kind::kStop:
    case Kind::kStart:
      break;
  }
  return std::nullopt;
}

base::Result<std::optional<CampaignMessageId>> message_of(storage::Transaction& tx,
                                                          ProviderId provider,
                                                          const Report& report) {
  if (const auto id = campaign_message_id_of(report.message_id)) return id;
  if (report.provider_ref.empty() || report.kind == Kind::kStop || report.kind == Kind::kStart) {
    return std::optional<CampaignMessageId>();
  }
  return store::find_ref(tx, provider, report.provider_ref);
}

// Of a user that of now: it was the one a moment ago.
base::Result<std::string> address_of(storage::Transaction& tx, const Member& member,
                                     Channel channel) {
  if (member.kind != Member::Kind::kUser) return member.address;
  ASHLAR_ASSIGN(const auto recipient, store::find_recipient(tx, member.address));
  return recipient ? std::string(recipient->address(channel)) : std::string();
}

base::Status suppress(storage::Transaction& tx, const ProviderAccount& account,
                      const Member& member, const Report& report, base::Time now) {
  Suppression suppression;
  ASHLAR_ASSIGN(suppression.address, address_of(tx, member, account.channel));
  if (suppression.address.empty()) return base::ok_status();
  suppression.channel = account.channel;
  const bool complaint = report.kind == Kind::kComplaint;
  suppression.reason = complaint ? Suppression::kComplaint : Suppression::kHardBounce;
  suppression.source = account.name;
  suppression.detail = kept_text(report.detail, Outgoing::kMaxDetailBytes);
  suppression.created_at = now;
  ASHLAR_TRY(store::suppress(tx, suppression));
  return base::ok_status();
}

// Where the chunk is worked still, whoever works it sees the marks when it rests (campaign_run.cc).
base::Status save_found(storage::Transaction& tx, const ChunkRef& ref,
                        const CampaignOutcomes& outcomes, std::span<const int> variants,
                        std::size_t variant_count) {
  ASHLAR_ASSIGN(const std::optional<std::int64_t> fence, store::take_done(tx, ref));
  if (!fence) return base::ok_status();
  return store::save_chunk(tx, {.ref = ref, .fence = *fence, .state = ChunkState::kDone}, outcomes,
                           variants, variant_count);
}

}  // namespace

base::Status CampaignCallbacks::hear_chunk(storage::Transaction& tx, const ProviderAccount& account,
                                           const CampaignMessageId& chunk,
                                           std::span<const About> about, Heard& heard) const {
  const ChunkRef ref{chunk.campaign, chunk.chunk};
  ASHLAR_ASSIGN(const std::optional<Campaign> campaign, store::find_campaign(tx, ref.campaign));
  ASHLAR_ASSIGN(std::optional<CampaignReports> reports, store::lock_reports(tx, ref));
  ASHLAR_ASSIGN(const auto loaded, store::load_chunk(tx, ref));
  if (!campaign || !reports || !loaded) return base::ok_status();
  const base::Time now = clock_.now();
  CampaignOutcomes outcomes = loaded->outcomes;
  bool changed = false;
  bool found = false;
  for (const About& one : about) {
    const auto member = static_cast<std::size_t>(one.member);
    const std::optional<Mark> mark = mark_of(one.report->kind);
    if (!mark || member >= reports->size()) continue;
    const bool news = reports->mark(*mark, member);
    ++(news ? heard.taken : heard.repeated);
    changed = changed || news;
    if (news && *mark != Mark::kBounced && outcomes.unknown(member)) {
      outcomes.found_sent(member);
      found = true;
    }
    const bool unwanted =
        one.report->kind == Kind::kHardBounce || one.report->kind == Kind::kComplaint;
    if (unwanted) ASHLAR_TRY(suppress(tx, account, loaded->members[member], *one.report, now));
  }
  if (!changed) return base::ok_status();
  const std::vector<int> variants = store::variants_of(*campaign, loaded->members);
  if (found) ASHLAR_TRY(save_found(tx, ref, outcomes, variants, campaign->variants.size()));
  return store::save_reports(tx, ref, *reports, variants, campaign->variants.size());
}

base::Result<CampaignCallbacks::Heard> CampaignCallbacks::hear(const ProviderAccount& account,
                                                               std::vector<Report> reports) {
  Heard heard;
  ASHLAR_TRY(db_.write(
      storage::Context::tenant(account.tenant), [&](storage::Transaction& tx) -> base::Status {
        heard = {};
        // In the order of the chunks: two calls that lock the same do not wait for each other.
        std::map<std::pair<std::int64_t, std::int64_t>, std::vector<About>> chunks;
        for (const Report& report : reports) {
          ASHLAR_ASSIGN(const auto id, message_of(tx, account.id, report));
          if (!id) {
            heard.others.push_back(report);
            continue;
          }
          chunks[{id->campaign.value, id->chunk}].push_back({&report, id->member});
        }
        for (const auto& [chunk, about] : chunks) {
          ASHLAR_TRY(
              hear_chunk(tx, account, {CampaignId(chunk.first), chunk.second}, about, heard));
        }
        return base::ok_status();
      }));
  return heard;
}

base::Status open_campaign_entries(storage::Transaction& tx, std::span<const DeliveryId> entries) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> chunks;
  for (const DeliveryId entry : entries) {
    const auto place = store::inbox_place_of(entry);
    if (place) chunks[{place->ref.campaign.value, place->ref.no}].push_back(place->member);
  }
  for (const auto& [chunk, members] : chunks) {
    const ChunkRef ref{CampaignId(chunk.first), chunk.second};
    ASHLAR_ASSIGN(const std::optional<Campaign> campaign, store::find_campaign(tx, ref.campaign));
    ASHLAR_ASSIGN(std::optional<CampaignReports> reports, store::lock_reports(tx, ref));
    ASHLAR_ASSIGN(const auto loaded, store::load_chunk(tx, ref));
    if (!campaign || !reports || !loaded) continue;
    bool changed = false;
    for (const std::size_t member : members) {
      if (member < reports->size()) changed = reports->mark(Mark::kOpened, member) || changed;
    }
    if (!changed) continue;
    ASHLAR_TRY(store::save_reports(tx, ref, *reports,
                                   store::variants_of(*campaign, loaded->members),
                                   campaign->variants.size()));
  }
  return base::ok_status();
}

base::Result<std::vector<CampaignStory>> campaign_stories(storage::Transaction& tx,
                                                          std::string_view user_id,
                                                          std::size_t limit) {
  std::vector<CampaignStory> stories;
  const std::string key = Member{Member::Kind::kUser, std::string(user_id)}.key();
  ASHLAR_ASSIGN(const std::vector<Campaign> campaigns,
                store::list_campaigns(tx, {}, CampaignId(INT64_MAX), kStories));
  for (const Campaign& campaign : campaigns) {
    if (stories.size() == limit) break;
    ASHLAR_ASSIGN(const auto no, store::chunk_of_key(tx, campaign.id, key));
    if (!no) continue;
    ASHLAR_ASSIGN(const auto chunk, store::load_chunk(tx, {campaign.id, *no}));
    if (!chunk) continue;
    for (std::size_t i = 0; i < chunk->members.size(); ++i) {
      const Member& member = chunk->members[i];
      if (member.kind != Member::Kind::kUser || member.address != user_id) continue;
      const CampaignOutcomes& outcomes = chunk->outcomes;
      CampaignStory& story = stories.emplace_back();
      story.campaign = campaign.id;
      story.name = campaign.name;
      story.state = member_state(outcomes, chunk->reports, i);
      story.reason = outcomes.reason(i);
      story.repeated = outcomes.repeated(i);
      if (outcomes.waits(i)) story.not_before = outcomes.not_before(i);
    }
  }
  return stories;
}

}  // namespace ashlar::notifications
