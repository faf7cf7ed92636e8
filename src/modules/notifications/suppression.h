// Suppression: an address to which nothing goes, or nothing of one category, and why.
//
// A value; any thread.
#pragma once

#include <string>

#include "base/time.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

struct Suppression {
  // As they are written down; a tenant's own calls may give kUnsubscribe and kManual only.
  static constexpr const char* kHardBounce = "hard_bounce";
  static constexpr const char* kComplaint = "complaint";
  static constexpr const char* kStop = "stop";
  static constexpr const char* kUnsubscribe = "unsubscribe";
  static constexpr const char* kManual = "manual";

  Channel channel = Channel::kEmail;
  std::string address;   // normalised (recipient.h)
  std::string category;  // empty: every category, and what has none
  std::string reason;
  std::string source;  // "api", "page", a provider's name
  std::string detail;  // for the person who looks
  base::Time created_at{};
};

}  // namespace ashlar::notifications
