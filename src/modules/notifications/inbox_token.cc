#include "modules/notifications/inbox_token.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "modules/notifications/signed_text.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kVersion = "inbox-1";
constexpr std::size_t kParts = 7;

}  // namespace

InboxTokens::InboxTokens(std::string secret) : secret_(std::move(secret)) {
  CHECK(secret_.size() == kSecretBytes);
}

std::string InboxTokens::make(const InboxToken& t) const {
  const std::array<std::string, kParts> parts{std::string(kVersion),
                                              t.tenant.to_string(),
                                              t.tenant_name,
                                              t.user,
                                              std::to_string(t.key.value),
                                              std::to_string(base::to_micros(t.made)),
                                              std::to_string(base::to_micros(t.expires))};
  return std::string(kInboxTokenPrefix) + signed_text(secret_, parts);
}

std::optional<InboxToken> InboxTokens::read(std::string_view text) const {
  if (!text.starts_with(kInboxTokenPrefix)) return std::nullopt;
  const auto parts = opened_text(secret_, text.substr(kInboxTokenPrefix.size()));
  if (!parts || parts->size() != kParts || parts->front() != kVersion) return std::nullopt;
  InboxToken token;
  token.tenant = base::TenantId(number_of((*parts)[1]));
  token.tenant_name = (*parts)[2];
  token.user = (*parts)[3];
  token.key = security::KeyId(number_of((*parts)[4]));
  token.made = base::from_micros(number_of((*parts)[5]));
  token.expires = base::from_micros(number_of((*parts)[6]));
  if (!token.tenant.is_set()) return std::nullopt;
  return token;
}

}  // namespace ashlar::notifications
