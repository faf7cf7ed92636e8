#include "modules/notifications/preference_links.h"

#include <array>
#include <utility>
#include <vector>

#include "base/check.h"
#include "modules/notifications/signed_text.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kVersion = "1";

base::Error invalid() {
  return base::fail(base::Code::kNotFound, "preference_link_invalid",
                    "The link is not whole. Take it from the message again.");
}

}  // namespace

PreferenceLinks::PreferenceLinks(std::string key, std::string public_url)
    : key_(std::move(key)), public_url_(std::move(public_url)) {
  CHECK(key_.size() >= 16);
}

std::string PreferenceLinks::token_of(const PreferenceSubject& s) const {
  const std::array<std::string, 7> parts{std::string(kVersion),
                                         s.tenant.to_string(),
                                         std::to_string(base::to_unix_seconds(s.expires_at)),
                                         std::to_string(static_cast<int>(s.channel)),
                                         s.user_id,
                                         s.address,
                                         s.category};
  return signed_text(key_, parts);
}

std::string PreferenceLinks::page_for(PreferenceSubject subject, base::Time made_at) const {
  subject.expires_at = made_at + kLife;
  return public_url_ + "/n/" + token_of(subject);
}

std::string PreferenceLinks::unsubscribe_for(PreferenceSubject subject, base::Time made_at) const {
  return page_for(std::move(subject), made_at) + "/unsubscribe";
}

base::Result<PreferenceSubject> PreferenceLinks::open(std::string_view token,
                                                      base::Time now) const {
  const auto opened = opened_text(key_, token);
  if (!opened || opened->size() != 7 || opened->front() != kVersion) return invalid();
  const std::vector<std::string>& parts = *opened;
  PreferenceSubject subject;
  subject.tenant = base::TenantId(number_of(parts[1]));
  subject.expires_at = base::Time{base::Seconds{number_of(parts[2])}};
  const std::int64_t channel = number_of(parts[3]);
  if (!subject.tenant.is_set() || channel < 0 || channel >= static_cast<int>(kChannels)) {
    return invalid();
  }
  subject.channel = static_cast<Channel>(channel);
  subject.user_id = parts[4];
  subject.address = parts[5];
  subject.category = parts[6];
  if (now >= subject.expires_at) {
    return base::fail(base::Code::kNotFound, "preference_link_expired",
                      "The link is too old. Take one from a newer message.");
  }
  return subject;
}

}  // namespace ashlar::notifications
