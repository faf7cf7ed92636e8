#include "modules/notifications/preference_links.h"

#include <charconv>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "base/text.h"
#include "modules/notifications/recipient.h"
#include "platform/security/hmac.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kMaxTokenBytes = 1'500;
constexpr char kVersion = '1';
constexpr char kBetween = '\n';  // in no user's id, address or name

std::string mac_of(std::string_view key, std::string_view plain) {
  return security::hmac_sha256(key, {plain}).substr(0, kMacBytes);
}

std::vector<std::string_view> parts_of(std::string_view plain) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = plain.find(kBetween);
    parts.push_back(plain.substr(0, end));
    if (end == std::string_view::npos) return parts;
    plain.remove_prefix(end + 1);
  }
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

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
  std::string plain(1, kVersion);
  for (const std::string& part :
       {s.tenant.to_string(), std::to_string(base::to_unix_seconds(s.expires_at)),
        std::to_string(static_cast<int>(s.channel)), s.user_id, s.address, s.category}) {
    plain += kBetween;
    plain += part;
  }
  return base::base64url_encode(plain) + "." + base::base64url_encode(mac_of(key_, plain));
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
  const std::size_t dot = token.find('.');
  if (token.size() > kMaxTokenBytes || dot == std::string_view::npos) return invalid();
  const auto plain = base::base64url_decode(token.substr(0, dot));
  const auto mac = base::base64url_decode(token.substr(dot + 1));
  if (!plain || !mac || mac->size() != kMacBytes) return invalid();
  if (!base::constant_time_equals(*mac, mac_of(key_, *plain))) return invalid();
  const std::vector<std::string_view> parts = parts_of(*plain);
  if (parts.size() != 7 || parts[0] != std::string_view(&kVersion, 1)) return invalid();
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
