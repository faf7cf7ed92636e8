#include "modules/notifications/campaigns/chunk_audience.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "modules/notifications/campaigns/campaign_run_store.h"
#include "modules/notifications/endpoint_origin.h"

namespace ashlar::notifications {
namespace {

// The campaign's own, else the first of mail, push, SMS and inbox that the message has a part for
// and by which the row reaches its user. Who is no recipient has no inbox but where it is named.
std::optional<Channel> channel_for(const Campaign& campaign, const AudienceRow& row,
                                   std::uint8_t parts) {
  if (campaign.channel) return campaign.channel;
  const auto says = [parts](Channel channel) {
    return (parts >> static_cast<unsigned>(channel) & 1U) != 0;
  };
  if (!row.recipient.email.empty() && says(Channel::kEmail)) return Channel::kEmail;
  if (!row.devices.empty() && says(Channel::kPush)) return Channel::kPush;
  if (!row.recipient.phone.empty() && says(Channel::kSms)) return Channel::kSms;
  if (row.recipient.version != 0 && says(Channel::kInbox)) return Channel::kInbox;
  return std::nullopt;
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string() : base::ascii_lower(address.substr(at + 1));
}

CampaignFlight::Part part_of(Channel channel, std::string_view address) {
  CampaignFlight::Part part;
  part.target.address = address;
  if (channel == Channel::kEmail) part.domain = domain_of(address);
  return part;
}

}  // namespace

base::Result<ChunkAudience> ChunkAudience::read(storage::Transaction& tx, const Campaign& campaign,
                                                std::vector<Member> members) {
  ChunkAudience audience;
  audience.members_ = std::move(members);
  std::vector<std::string> users;
  for (const Member& member : audience.members_) {
    if (member.kind == Member::Kind::kUser) users.push_back(member.address);
  }
  if (!users.empty()) {
    AudienceQuery query;
    query.category = campaign.category;
    query.with_devices = campaign.channel.value_or(Channel::kPush) == Channel::kPush;
    ASHLAR_ASSIGN(audience.rows_, store::rows_of_users(tx, users, query));
  }
  for (std::size_t i = 0; i < audience.rows_.size(); ++i) {
    audience.by_user_.emplace(audience.rows_[i].recipient.user_id, i);
  }
  ASHLAR_TRY(audience.read_suppressions(tx, campaign));
  return audience;
}

base::Status ChunkAudience::read_suppressions(storage::Transaction& tx, const Campaign& campaign) {
  std::array<std::vector<std::string>, kChannels> asked;
  const auto of = [&](Channel channel) -> std::vector<std::string>& {
    return asked[static_cast<std::size_t>(channel)];
  };
  for (const Member& member : members_) {
    if (member.kind == Member::Kind::kEmail) of(Channel::kEmail).push_back(member.address);
    if (member.kind == Member::Kind::kPhone) of(Channel::kSms).push_back(member.address);
  }
  for (const AudienceRow& row : rows_) {
    of(Channel::kInbox).push_back(row.recipient.user_id);
    for (const Device& device : row.devices) of(Channel::kPush).push_back(device.token);
  }
  for (std::size_t c = 0; c < asked.size(); ++c) {
    const auto channel = static_cast<Channel>(c);
    const bool may = !campaign.channel || *campaign.channel == channel;
    if (!may || asked[c].empty()) continue;
    ASHLAR_ASSIGN(std::vector<store::SuppressedAddress> found,
                  store::suppressed_among(tx, channel, asked[c], campaign.category));
    for (store::SuppressedAddress& one : found) {
      suppressions_.emplace(std::pair(channel, std::move(one.address)), std::move(one.reason));
    }
  }
  return base::ok_status();
}

std::string_view ChunkAudience::suppression_of(Channel channel, const std::string& address) const {
  if (suppressions_.empty()) return {};
  const auto found = suppressions_.find(std::pair(channel, address));
  return found == suppressions_.end() ? std::string_view() : std::string_view(found->second);
}

void ChunkAudience::reach_devices(const AudienceRow& row, Reached& reached) const {
  for (const Device& device : row.devices) {
    const std::string_view suppression = suppression_of(Channel::kPush, device.token);
    if (!suppression.empty()) {
      reached.suppression = suppression;
      continue;
    }
    CampaignFlight::Part& part = reached.parts.emplace_back();
    part.target = target_of(device);
    part.type = name_of(device.platform);
    part.device = device.id.value;
    if (device.platform == Platform::kWebpush) part.domain = origin_of(device.token);
  }
  std::ranges::stable_sort(reached.parts, {}, &CampaignFlight::Part::type);
  if (!reached.parts.empty()) reached.suppression = {};
}

void ChunkAudience::reach_user(const AudienceRow& row, Reached& reached) const {
  reached.recipient = &row.recipient;
  if (reached.channel == Channel::kPush) return reach_devices(row, reached);
  const std::string_view address = row.recipient.address(reached.channel);
  if (address.empty()) return;
  CampaignFlight::Part& part = reached.parts.emplace_back(part_of(reached.channel, address));
  if (reached.channel == Channel::kEmail) {
    part.target.name = row.recipient.name;
    reached.suppression = row.email_suppression;
  } else if (reached.channel == Channel::kSms) {
    reached.suppression = row.phone_suppression;
  } else {
    reached.suppression = suppression_of(reached.channel, row.recipient.user_id);
  }
}

ChunkAudience::Reached ChunkAudience::reach(const Campaign& campaign, std::size_t i,
                                            std::uint8_t parts) const {
  const Member& member = members_[i];
  Reached reached;
  if (member.kind == Member::Kind::kUser) {
    const auto found = by_user_.find(member.address);
    const std::optional<Channel> channel =
        found == by_user_.end() ? std::nullopt : channel_for(campaign, rows_[found->second], parts);
    if (!channel) return reached;
    reached.channel = *channel;
    reach_user(rows_[found->second], reached);
    return reached;
  }
  // An address says itself by what it is reached.
  const Channel own = member.kind == Member::Kind::kEmail ? Channel::kEmail : Channel::kSms;
  reached.channel = campaign.channel.value_or(own);
  if (reached.channel != own) return reached;
  reached.suppression = suppression_of(own, member.address);
  reached.parts.push_back(part_of(own, member.address));
  return reached;
}

}  // namespace ashlar::notifications
