#include "modules/webhooks/signing_keys.h"

#include <algorithm>
#include <utility>

#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/security/digest.h"
#include "platform/security/secret_box.h"

namespace ashlar::webhooks {
namespace {

std::string place_of(base::TenantId tenant, EndpointId endpoint) {
  return "webhooks:" + tenant.to_string() + ":" + endpoint.to_string();
}

}  // namespace

SigningKeys::SigningKeys(outbound::SigningKey first) { keys_.push_back({std::move(first), {}}); }

void SigningKeys::rotate(outbound::SigningKey key, base::Time now, base::Seconds overlap) {
  std::erase_if(keys_, [now](const Entry& entry) { return entry.until && *entry.until <= now; });
  const base::Time until = now + std::clamp(overlap, base::Seconds{0}, kMaxOverlap);
  for (Entry& entry : keys_) entry.until = entry.until ? std::min(*entry.until, until) : until;
  keys_.insert(keys_.begin(), {std::move(key), std::nullopt});
  if (keys_.size() > kMaxKeys) keys_.resize(kMaxKeys, keys_.front());
}

std::vector<outbound::SigningKey> SigningKeys::at(base::Time now) const {
  std::vector<outbound::SigningKey> keys;
  for (const Entry& entry : keys_) {
    if (!entry.until || *entry.until > now) keys.push_back(entry.key);
  }
  return keys;
}

std::string SigningKeys::seal(const security::SecretBox& box, base::TenantId tenant,
                              EndpointId endpoint) const {
  std::string text;
  json::Writer writer(text);
  writer.begin_array();
  for (const Entry& entry : keys_) {
    writer.begin_object().key("key").string(entry.key.to_text());
    if (entry.until) writer.key("until").integer(base::to_micros(*entry.until));
    writer.end_object();
  }
  writer.end_array();
  std::string sealed = box.seal(text, place_of(tenant, endpoint));
  security::wipe(text);
  return sealed;
}

std::optional<SigningKeys> SigningKeys::open(const security::SecretBox& box,
                                             std::string_view sealed, base::TenantId tenant,
                                             EndpointId endpoint) {
  std::optional<std::string> text = box.open(sealed, place_of(tenant, endpoint));
  if (!text) return std::nullopt;
  const auto value = json::parse(*text);
  security::wipe(*text);
  if (!value.ok() || value->if_array() == nullptr) return std::nullopt;
  SigningKeys keys;
  for (const json::Value& item : *value->if_array()) {
    const json::Value* const key_text = item.find("key");
    const json::Value* const until = item.find("until");
    if (key_text == nullptr || key_text->if_string() == nullptr) return std::nullopt;
    auto key = outbound::SigningKey::parse(*key_text->if_string());
    if (!key) return std::nullopt;
    Entry entry{std::move(*key), std::nullopt};
    if (until != nullptr && until->if_integer() != nullptr) {
      entry.until = base::from_micros(*until->if_integer());
    }
    keys.keys_.push_back(std::move(entry));
  }
  if (keys.keys_.empty()) return std::nullopt;
  return keys;
}

}  // namespace ashlar::webhooks
