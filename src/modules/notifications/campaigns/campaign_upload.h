// CampaignUpload: what was sent as a campaign's audience: lines of text, a user's id each, or lines
// of JSON: {"user_id"} or {"email"} or {"phone"}, and "data".
//
// Pure; any thread. Bounded by the body's own limit.
//
// Errors: kInvalid invalid_request with the line as field ("/lines/17"): user_id_invalid,
// email_invalid, phone_invalid, recipient_missing, recipient_ambiguous, unknown_field, wrong_type,
// data_too_large, address_unfit (a mail address in a campaign by SMS), bad_json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign_member.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

struct CampaignUpload {
  std::vector<Member> members;  // by key, each once: the first of several lines counts
  std::int64_t lines = 0;       // that named somebody
  std::int64_t duplicates = 0;  // of them: dropped
};

// `channel`: the campaign's; unset: chosen for each.
base::Result<CampaignUpload> read_upload_text(std::string_view body);
base::Result<CampaignUpload> read_upload_json(std::string_view body,
                                              std::optional<Channel> channel);
// By key, the first of each. How many went.
std::int64_t sort_members(std::vector<Member>& members);

}  // namespace ashlar::notifications
