// CampaignText: what a campaign says, made ready once for many readers: no database is asked for
// each of them.
//
// Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/channel.h"
#include "platform/json/value.h"

namespace ashlar::storage {
class Transaction;
}
namespace ashlar::zone {
class TimeZone;
}

namespace ashlar::notifications {

class NotificationTemplate;
class Templates;

class CampaignText {
 public:
  // In the caller's transaction, for its tenant. kInvalid content_malformed, data_malformed;
  // kNotFound template_version_not_found.
  static base::Result<CampaignText> make(storage::Transaction& tx, Templates& templates,
                                         const CampaignMessage& message);

  // A bit for each Channel that it has something for: content has for all.
  [[nodiscard]] std::uint8_t channels() const;

  struct Reader {
    std::string_view locale;  // empty: the template's own
    const zone::TimeZone& zone;
    std::string_view data;  // JSON object whose members go before the campaign's; empty: none
  };
  // Any error: this message never will be rendered for this reader (template_lacks_channel …).
  [[nodiscard]] base::Result<Rendered> render(Channel channel, const Reader& reader) const;

 private:
  std::shared_ptr<const NotificationTemplate> template_;  // null: content_
  Rendered content_;
  json::Value data_;
};

}  // namespace ashlar::notifications
