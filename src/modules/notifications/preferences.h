// Preferences: a recipient's wishes and quiet hours, from their JSON to what the rules take.
//
//   {"all": true, "channels": {"sms": false}, "categories": {"marketing": {"*": true,
//    "email": false}, "news": false}}
//   {"from": "22:00", "to": "07:00", "days": ["fri", "sat"], "channels": ["push", "sms"]}
//                                                                     or a list of such
//
// What the API takes is exactly what can be read here: it is checked before it is kept. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/channel_choices.h"
#include "modules/notifications/rules.h"

namespace ashlar::json {
class Value;
}

namespace ashlar::notifications {

inline constexpr std::size_t kMaxPreferencesBytes = 16 * 1024;
inline constexpr std::size_t kMaxQuietSpans = 14;

// kInvalid preferences_invalid, quiet_hours_invalid with the member's JSON pointer below `field`.
base::Result<ChannelChoices> choices_of(const json::Value& preferences, std::string_view field);
base::Status check_quiet_hours(const json::Value& quiet_hours, std::string_view field);

// Of what is kept (empty text: none).
base::Result<ChannelChoices> choices_of(std::string_view preferences);
// The hours in which this channel is to be silent, noisy channels or not: `channels` has its bit.
base::Result<QuietHours> quiet_hours_for(std::string_view quiet_hours, Channel channel);

// The same wishes as JSON, in the shape above.
std::string to_preferences(const ChannelChoices& choices);
// With this one wish instead of what it says; an empty category: every category; no channel: every
// one.
ChannelChoices with_choice(const ChannelChoices& choices, std::string_view category,
                           std::optional<Channel> channel, Choice choice);

}  // namespace ashlar::notifications
