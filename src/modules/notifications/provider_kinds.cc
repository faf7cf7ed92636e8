// The kinds of providers there are: a row each.
#include <algorithm>

#include "modules/notifications/mail/smtp_provider.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/push/apns.h"
#include "modules/notifications/push/fcm.h"
#include "modules/notifications/push/web_push.h"
#include "modules/notifications/web/http_provider.h"
#include "modules/notifications/web/ses_provider.h"
#include "modules/notifications/web/slack_provider.h"
#include "modules/notifications/web/twilio_provider.h"

namespace ashlar::notifications {

const std::vector<ProviderKind>& provider_kinds() {
  static const std::vector<ProviderKind> kKinds{smtp_kind(),    apns_kind(),   fcm_kind(),
                                                webpush_kind(), twilio_kind(), slack_kind(),
                                                http_kind(),    ses_kind()};
  return kKinds;
}

const ProviderKind* provider_kind(std::string_view type) {
  const std::vector<ProviderKind>& kinds = provider_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const ProviderKind& kind) { return kind.type == type; });
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace ashlar::notifications
