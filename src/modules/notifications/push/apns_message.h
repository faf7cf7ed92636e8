// What is said to Apple's push service, and what its answers mean (its "Sending notification
// requests" and "Handling notification responses"). Pure.
//
//   200                                       accepted
//   410 Unregistered, ExpiredToken            drop the token, if it is not newer than `timestamp`
//   400 BadDeviceToken, DeviceTokenNotForTopic quarantine
//   400 IdleTimeout                           retry
//   403 ExpiredProviderToken                  retry, with a new token of ours (apns_token.h)
//   403 other                                 credential
//   429 TooManyRequests                       this device is asked too much
//   429 TooManyProviderTokenUpdates, other    the provider is
//   500, 502, 504                             ambiguous        503: retry
//   other                                     our bug
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/channel.h"
#include "platform/outbound/http2_client.h"

namespace ashlar::notifications {

inline constexpr std::size_t kMaxApnsPayloadBytes = 4096;
inline constexpr std::size_t kMaxCollapseIdBytes = 64;

struct ApnsMessage {
  std::string path;
  std::vector<outbound::Http2Field> fields;  // all but authorization
  std::string payload;
  std::string id;  // apns-id
};

// The members of `content.data` stand beside "aps"; those of its own "aps" are put into ours and
// win. Without title and text it is a background push. Errors: kInvalid push_data (no JSON object),
// payload_too_large, device_token.
base::Result<ApnsMessage> apns_message(const Outgoing& message, std::string_view topic,
                                       base::Time now);

SendResult apns_verdict(const outbound::Answer& answer, base::Time now);

// A UUID (RFC 9562, version 8) that follows from `id`, so that each attempt has the same.
std::string uuid_of(std::string_view id);

}  // namespace ashlar::notifications
