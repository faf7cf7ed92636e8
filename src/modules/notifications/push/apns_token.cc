#include "modules/notifications/push/apns_token.h"

#include <utility>

#include "base/clock.h"
#include "modules/notifications/push/jwt.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {

ApnsToken::ApnsToken(P256Key key, std::string key_id, std::string team_id, const base::Clock& clock)
    : key_(std::move(key)),
      key_id_(std::move(key_id)),
      team_id_(std::move(team_id)),
      clock_(clock) {}

std::string ApnsToken::bearer() {
  const base::Mono now = clock_.mono();
  const std::lock_guard lock(mutex_);
  if (!bearer_.empty() && now - made_at_ < kKept) return bearer_;
  std::string header;
  json::Writer(header)
      .begin_object()
      .key("alg")
      .string("ES256")
      .key("kid")
      .string(key_id_)
      .end_object();
  std::string claims;
  json::Writer(claims)
      .begin_object()
      .key("iss")
      .string(team_id_)
      .key("iat")
      .integer(base::to_unix_seconds(clock_.now()))
      .end_object();
  bearer_ = "bearer " + es256_jwt(key_, header, claims);
  made_at_ = now;
  return bearer_;
}

bool ApnsToken::expired(const std::string& bearer) {
  const base::Mono now = clock_.mono();
  const std::lock_guard lock(mutex_);
  if (bearer != bearer_) return true;  // another one has taken its place meanwhile
  if (now - made_at_ < kMinAge) return false;
  bearer_.clear();
  return true;
}

}  // namespace ashlar::notifications
