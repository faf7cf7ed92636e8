#include "modules/notifications/provider_account.h"

#include "base/text.h"
#include "platform/security/secret_box.h"

namespace ashlar::notifications {
namespace {

std::string place_of(base::TenantId tenant, ProviderId id) {
  return "notifications:provider:" + tenant.to_string() + ":" + id.to_string();
}

}  // namespace

std::string sealed(const security::SecretBox& box, base::TenantId tenant, ProviderId id,
                   std::string_view settings) {
  return box.seal(settings, place_of(tenant, id));
}

base::Result<std::string> opened_settings(const security::SecretBox& box,
                                          const ProviderAccount& account) {
  auto opened = box.open(account.sealed_settings, place_of(account.tenant, account.id));
  if (opened) return *std::move(opened);
  return base::fail(base::Code::kInternal, "provider_unreadable",
                    "The settings of provider " + account.id.to_string() +
                        " were sealed by another installation; give them again.");
}

bool is_callback_token(const ProviderAccount& account, std::string_view given) {
  const std::string& token = account.callback_token;
  return !token.empty() && base::constant_time_equals(token, given);
}

}  // namespace ashlar::notifications
