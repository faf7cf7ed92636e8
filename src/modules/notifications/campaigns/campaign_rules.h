// CampaignRules: whether and when one of a campaign's audience gets it: the rules (rules.h) as they
// hold for all of a chunk, asked for each member. A campaign is never gathered into a digest.
//
// Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/category.h"
#include "modules/notifications/rules.h"

namespace ashlar::zone {
class TimeZone;
class ZoneDirectory;
}  // namespace ashlar::zone

namespace ashlar::notifications {

struct Recipient;

class CampaignRules {
 public:
  // `category`: not kept, then all its defaults. The directory outlives it. Errors: what is kept
  // cannot be read.
  static base::Result<CampaignRules> make(zone::ZoneDirectory& zones, Category category,
                                          std::optional<base::Time> expires_at);

  struct Facts {
    const Recipient* recipient = nullptr;  // null: a bare address
    Channel channel = Channel::kEmail;
    bool has_address = true;
    std::string_view suppression{};  // empty: nothing says so
    // What caps count: ascending, of the longest window. Without `asks_caps` they are not asked.
    bool asks_caps = false;
    std::span<const base::Time> sent{};
  };
  [[nodiscard]] base::Result<Decision> decide(const Facts& facts, base::Time now) const;

  // The reader's; UTC where there is none that is known.
  [[nodiscard]] std::shared_ptr<const zone::TimeZone> zone_of(const Recipient* recipient) const;
  // Zero: nothing is capped.
  [[nodiscard]] base::Micros longest_cap() const;
  [[nodiscard]] const Category& category() const { return category_; }

 private:
  zone::ZoneDirectory* zones_ = nullptr;
  Category category_;
  Category::Settings settings_;
  std::optional<base::Time> expires_at_;
  std::shared_ptr<const zone::TimeZone> utc_, window_zone_;
};

}  // namespace ashlar::notifications
