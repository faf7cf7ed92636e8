// Recipient: a person of the tenant's who can be told: addresses, language, hours, wishes.
//
// Addresses are kept in one form, so that what bounces, complains or unsubscribes is found by
// equality: a mail address without space around it and with its domain in lower case (the part
// before the @ is the receiver's own business); a phone number as E.164 ("+4915112345678").
//
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

inline constexpr std::size_t kMaxUserIdBytes = 128;
inline constexpr std::size_t kMaxAddressBytes = 320;
inline constexpr std::size_t kMaxAttributesBytes = 8 * 1024;

struct Recipient {
  std::string user_id;
  std::string email{}, phone{};  // normalised; empty: none
  std::string name{};            // display name; may be empty
  std::string locale{};          // BCP 47; empty: the tenant's own language
  std::string time_zone{};       // IANA's name; empty: UTC
  std::string quiet_hours{};     // JSON, preferences.h; empty: none
  std::string preferences{};     // JSON, preferences.h; empty: no choice made
  std::string attributes = "{}";
  std::int64_t version = 0;  // 0: there is no such recipient
  base::Time created_at{}, updated_at{};

  // Where a channel reaches them without a device: mail and SMS; the user's id for the inbox.
  [[nodiscard]] std::string_view address(Channel channel) const;
};

// kInvalid email_invalid, phone_invalid with the given field. A phone number may be given with
// spaces, dashes, dots, slashes and brackets, but begins with + or 00 and its country.
base::Result<std::string> normalized_email(std::string_view given, std::string_view field);
base::Result<std::string> normalized_phone(std::string_view given, std::string_view field);
// As the channel wants it; where it has no form of its own, as it is (at most kMaxAddressBytes).
base::Result<std::string> normalized_address(Channel channel, std::string_view given,
                                             std::string_view field);

// 1 to kMaxUserIdBytes of visible ASCII: kInvalid user_id_invalid.
base::Status check_user_id(std::string_view user_id, std::string_view field);
// A name of a topic, segment or category: [A-Za-z0-9][A-Za-z0-9_.:-]{0,63}. kInvalid name_invalid.
base::Status check_name(std::string_view name, std::string_view field);

}  // namespace ashlar::notifications
