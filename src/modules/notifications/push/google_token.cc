#include "modules/notifications/push/google_token.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kScope = "https://www.googleapis.com/auth/firebase.messaging";
constexpr base::Seconds kAssertionLives{3600};
constexpr std::int64_t kShortestLifeS = 60;
constexpr std::int64_t kLongestLifeS = 24 * 3600;
constexpr base::Seconds kPauseAfterFailure{1};
constexpr base::Seconds kPauseAfterRefusal{30};
constexpr std::size_t kMaxTokenBytes = 8192;

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

TokenAnswer read_token_answer(const PushAnswer& answer, base::Time now) {
  TokenAnswer read;
  if (!answer.answer) {
    read.why = without_answer(answer);
    read.why.verdict = Verdict::kRetry;  // of the message nothing was said yet
    read.why.detail = "no access token: " + read.why.detail;
    return read;
  }
  const int status = answer.answer->status;
  const auto body = json::parse(answer.answer->body);
  const json::Value* token = body.ok() ? body->find("access_token") : nullptr;
  if (status == 200 && token != nullptr && token->if_string() != nullptr &&
      is_token(*token->if_string())) {
    const json::Value* lives = body->find("expires_in");
    const std::int64_t* seconds = lives == nullptr ? nullptr : lives->if_integer();
    read.bearer = "Bearer " + *token->if_string();
    read.lives = base::Seconds(std::clamp<std::int64_t>(seconds == nullptr ? 3600 : *seconds,
                                                        kShortestLifeS, kLongestLifeS));
    return read;
  }
  const bool refused = status >= 400 && status < 500 && status != 429 && status != 408;
  read.why.verdict = refused ? Verdict::kCredential : Verdict::kRetry;
  read.why.status = status;
  const json::Value* error = body.ok() ? body->find("error") : nullptr;
  if (error != nullptr && error->if_string() != nullptr) {
    read.why.code = detail_of(*error->if_string());
  }
  const json::Value* more = body.ok() ? body->find("error_description") : nullptr;
  const bool says_more = more != nullptr && more->if_string() != nullptr;
  read.why.detail = detail_of("no access token: " + (says_more ? *more->if_string() : ""));
  read.why.retry_after = outbound::retry_after_of(*answer.answer, now);
  return read;
}

GoogleToken::GoogleToken(ServiceAccount account, RsaKey key, PushDoor door,
                         const base::Clock& clock)
    : account_(std::move(account)), key_(std::move(key)), door_(door), clock_(clock) {}

void GoogleToken::with(base::Mono deadline, Use use) {
  const base::Mono now = clock_.mono();
  std::string bearer;
  SendResult why;
  bool asks = false;
  {
    const std::lock_guard lock(mutex_);
    if (!bearer_.empty() && now < ends_) bearer = bearer_;
    if (now >= renew_at_ && !asking_ && now >= paused_until_) asks = asking_ = true;
    if (bearer.empty()) {
      const bool may_wait = now + kTimeout <= deadline && waiting_.size() < kMaxWaiting;
      if (asking_ && may_wait) {
        waiting_.push_back(std::exchange(use, nullptr));
      } else {
        why = failure_;
        if (asking_) {
          why.verdict = Verdict::kRetry;
          why.detail = "no time to wait for an access token";
        }
      }
    }
  }
  if (use) use(bearer, why);
  if (asks) ask_for_token();
}

bool GoogleToken::refused(const std::string& bearer) {
  const base::Mono now = clock_.mono();
  const std::lock_guard lock(mutex_);
  if (bearer != bearer_) return true;
  if (now < refusable_at_) return false;
  refusable_at_ = now + kBetweenRefusals;
  bearer_.clear();
  renew_at_ = ends_ = {};
  return true;
}

std::string GoogleToken::assertion() const {
  std::string header;
  json::Writer h(header);
  h.begin_object().key("alg").string("RS256").key("typ").string("JWT");
  if (!account_.private_key_id.empty()) h.key("kid").string(account_.private_key_id);
  h.end_object();
  const std::int64_t now = base::to_unix_seconds(clock_.now());
  std::string claims;
  json::Writer c(claims);
  c.begin_object().key("iss").string(account_.client_email).key("scope").string(kScope);
  c.key("aud").string(account_.token_uri).key("iat").integer(now);
  c.key("exp").integer(now + kAssertionLives.count()).end_object();
  return rs256_jwt(key_, header, claims);
}

void GoogleToken::ask_for_token() {
  outbound::Http2Request request{
      .url = account_.token_uri,
      .fields = {{"content-type", "application/x-www-form-urlencoded"}},
      .body = "grant_type=" + base::percent_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") +
              "&assertion=" + assertion(),
      .deadline = clock_.mono() + kTimeout};
  ask(door_, std::move(request),
      [self = shared_from_this()](const PushAnswer& answer) { self->on_answer(answer); });
}

void GoogleToken::on_answer(const PushAnswer& answer) {
  const TokenAnswer read = read_token_answer(answer, clock_.now());
  const base::Mono now = clock_.mono();
  std::vector<Use> waiting;
  {
    const std::lock_guard lock(mutex_);
    asking_ = false;
    waiting.swap(waiting_);
    if (!read.bearer.empty()) {
      bearer_ = read.bearer;
      ends_ = now + read.lives;
      renew_at_ = ends_ - std::min(kEarly, read.lives / 4);
    } else {
      failure_ = read.why;
      const bool refused = read.why.verdict == Verdict::kCredential;
      paused_until_ = now + (refused ? kPauseAfterRefusal : kPauseAfterFailure);
    }
  }
  for (const Use& use : waiting) use(read.bearer, read.why);
}

}  // namespace ashlar::notifications
