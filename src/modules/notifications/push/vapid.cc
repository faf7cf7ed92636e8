#include "modules/notifications/push/vapid.h"

#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "modules/notifications/push/jwt.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {

Vapid::Vapid(P256Key key, std::string subject, const base::Clock& clock)
    : key_(std::move(key)),
      public_(base::base64url_encode(key_.public_bytes())),
      subject_(std::move(subject)),
      clock_(clock) {}

std::string Vapid::authorization(const std::string& origin) {
  const base::Mono now = clock_.mono();
  const std::lock_guard lock(mutex_);
  const auto at = tokens_.find(origin);
  if (at != tokens_.end() && now < at->second.renew_at) return at->second.text;
  std::string claims;
  json::Writer w(claims);
  w.begin_object().key("aud").string(origin);
  w.key("exp").integer(base::to_unix_seconds(clock_.now() + kLives));
  w.key("sub").string(subject_).end_object();
  std::string text =
      "vapid t=" + es256_jwt(key_, R"({"typ":"JWT","alg":"ES256"})", claims) + ", k=" + public_;
  // Many origins are somebody's mischief: they are not worth an order of who goes first.
  if (tokens_.size() >= kMaxOrigins && at == tokens_.end()) tokens_.clear();
  tokens_[origin] = {text, now + kLives / 2};
  return text;
}

}  // namespace ashlar::notifications
