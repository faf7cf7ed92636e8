// PreferenceLinks: the links by which a reader changes what they get, or ends it with one click,
// without signing in: who holds the link may.
//
//   <public url>/n/<token>               the page (GET changes nothing: scanners follow links)
//   <public url>/n/<token>/unsubscribe   POST: one-click (RFC 8058)
//
// Their tokens are signed_text.h's.
//
// Immutable once made; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

// Whose wishes, and about what.
struct PreferenceSubject {
  base::TenantId tenant;
  std::string user_id;                // or else
  Channel channel = Channel::kEmail;  // of the message; with it
  std::string address;                // a bare address, normalised
  std::string category;               // of the message; empty: none
  base::Time expires_at{};
};

class PreferenceLinks {
 public:
  static constexpr base::Seconds kLife{400 * 24 * 3600};  // mails are opened late

  // `key`: the installation's, for nothing else. `public_url` without a slash at its end.
  PreferenceLinks(std::string key, std::string public_url);

  // expires_at is kLife after `made_at`, the message's own time: it has one link at each attempt.
  [[nodiscard]] std::string page_for(PreferenceSubject subject, base::Time made_at) const;
  [[nodiscard]] std::string unsubscribe_for(PreferenceSubject subject, base::Time made_at) const;

  // kNotFound preference_link_invalid, preference_link_expired.
  [[nodiscard]] base::Result<PreferenceSubject> open(std::string_view token, base::Time now) const;

 private:
  [[nodiscard]] std::string token_of(const PreferenceSubject& subject) const;

  std::string key_, public_url_;
};

}  // namespace ashlar::notifications
