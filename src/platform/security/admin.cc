#include "platform/security/admin.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "platform/security/admin_store.h"
#include "platform/security/digest.h"
#include "platform/security/settings_store.h"
#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

using base::Code;
using storage::Context;
using storage::Transaction;

constexpr std::string_view kPasswordSetting = "admin.password";
constexpr std::string_view kClaimSetting =
    "admin.claim";  // hash of the token, then its expiry in micros

Context admin_context(std::optional<base::Mono> deadline = {}) {
  return Context::platform(storage::PlatformUse::kTenantAdmin, deadline);
}

std::string claim_setting(std::string_view token, base::Time expires_at) {
  return sha256(token) + std::to_string(base::to_micros(expires_at));
}

bool claim_matches(std::string_view setting, std::string_view token, base::Time now) {
  if (setting.size() <= kSha256Bytes) return false;
  const std::string_view digits = setting.substr(kSha256Bytes);
  std::int64_t expires_at = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), expires_at);
  if (parsed.ec != std::errc()) return false;
  return base::constant_time_equals(setting.substr(0, kSha256Bytes), sha256(token)) &&
         base::to_micros(now) < expires_at;
}

base::Status check_claim(Transaction& tx, std::string_view token, base::Time now) {
  ASHLAR_ASSIGN(const auto password, find_setting(tx, kPasswordSetting));
  if (password) {
    return base::fail(Code::kConflict, "already_claimed",
                      "the console has its administrator: sign in");
  }
  ASHLAR_ASSIGN(const auto claim, find_setting(tx, kClaimSetting));
  if (!claim || !claim_matches(*claim, token, now)) {
    return base::fail(
        Code::kForbidden, "claim_token_invalid",
        "this link was used, replaced or has expired; a start of Ashlar prints a new one");
  }
  return base::ok_status();
}

base::Status open_session(Transaction& tx, std::string_view token, base::Time now) {
  ASHLAR_TRY(erase_sessions_expired_by(tx, now));
  return insert_session(tx, sha256(token), {now, now + Admin::kSessionLifetime});
}

base::Error wrong_password() {
  return base::fail(Code::kUnauthenticated, "wrong_password", "the password is wrong");
}

base::Error session_ended() {
  return base::fail(Code::kUnauthenticated, "session_ended",
                    "this session has ended: sign in again");
}

// One of the few places where a password may be hashed; empty where all are taken.
class PasswordCheckSlot {
 public:
  explicit PasswordCheckSlot(std::atomic<int>& taken)
      : taken_(taken), mine_(taken.fetch_add(1) < Admin::kMaxPasswordChecks) {}
  ~PasswordCheckSlot() { taken_.fetch_sub(1); }
  PasswordCheckSlot(const PasswordCheckSlot&) = delete;
  PasswordCheckSlot& operator=(const PasswordCheckSlot&) = delete;

  [[nodiscard]] base::Status status() const {
    if (mine_) return base::ok_status();
    return base::fail(Code::kUnavailable, "password_checks_busy",
                      "others are signing in; try again in a second");
  }

 private:
  std::atomic<int>& taken_;
  const bool mine_;
};

}  // namespace

Admin::Admin(storage::Database& db, const base::Clock& clock, base::Entropy& entropy,
             PasswordCost cost)
    : db_(db),
      clock_(clock),
      entropy_(entropy),
      cost_(cost),
      attempts_({entropy.u64(), entropy.u64()}) {}

base::Result<bool> Admin::is_claimed() {
  ASHLAR_ASSIGN(const auto password, db_.read(admin_context(), [](Transaction& tx) {
    return find_setting(tx, kPasswordSetting);
  }));
  return password.has_value();
}

base::Result<std::optional<std::string>> Admin::offer_claim() {
  const std::string token = random_token(entropy_);
  const std::string setting = claim_setting(token, clock_.now() + kClaimLifetime);
  return db_.write(admin_context(),
                   [&](Transaction& tx) -> base::Result<std::optional<std::string>> {
                     ASHLAR_ASSIGN(const auto password, find_setting(tx, kPasswordSetting));
                     if (password) return std::optional<std::string>();
                     ASHLAR_TRY(put_setting(tx, kClaimSetting, setting));
                     return std::optional(token);
                   });
}

base::Status Admin::admit(Attempt& attempt) {
  const auto wait = attempts_.admit(attempt.address, clock_.mono());
  if (!wait) return base::ok_status();
  attempt.retry_after = *wait;
  return base::fail(Code::kTooMany, "too_many_attempts",
                    "too many attempts; try again in " + std::to_string(wait->count()) + " s");
}

base::Result<std::string> Admin::hash_bounded(std::string_view password) {
  const PasswordCheckSlot slot(password_checks_);
  ASHLAR_TRY(slot.status());
  return hash_password(password, cost_, entropy_);
}

base::Result<bool> Admin::verify_bounded(const std::string& hash, std::string_view password) {
  const PasswordCheckSlot slot(password_checks_);
  ASHLAR_TRY(slot.status());
  return verify_password(hash, password);
}

base::Result<std::string> Admin::claim(std::string_view token, std::string_view password,
                                       Attempt& attempt) {
  ASHLAR_TRY(check_password_rules(password));
  ASHLAR_TRY(admit(attempt));
  // Looked at twice: here so that a guess does not cost a password hash, and where it counts, in
  // the transaction that uses the token up.
  ASHLAR_TRY(db_.read(admin_context(),
                      [&](Transaction& tx) { return check_claim(tx, token, clock_.now()); }));
  ASHLAR_ASSIGN(const std::string hash, hash_bounded(password));
  const std::string session = random_token(entropy_);
  const base::Status opened = db_.write(admin_context(), [&](Transaction& tx) -> base::Status {
    const base::Time now = clock_.now();
    ASHLAR_TRY(check_claim(tx, token, now));
    ASHLAR_TRY(put_setting(tx, kPasswordSetting, hash));
    ASHLAR_TRY(erase_setting(tx, kClaimSetting));
    return open_session(tx, session, now);
  });
  ASHLAR_TRY(opened);
  attempts_.give_back(attempt.address, clock_.mono());
  return session;
}

base::Result<std::string> Admin::sign_in(std::string_view password, Attempt& attempt) {
  ASHLAR_TRY(admit(attempt));
  ASHLAR_ASSIGN(const auto hash, db_.read(admin_context(), [](Transaction& tx) {
    return find_setting(tx, kPasswordSetting);
  }));
  if (!hash) {
    return base::fail(Code::kConflict, "not_claimed",
                      "nobody has set a password yet: use the one-time link");
  }
  if (!check_password_rules(password).ok()) return wrong_password();
  base::Result<bool> right = verify_bounded(*hash, password);
  if (!right.ok()) {  // nothing was learnt, so it was no guess
    attempts_.give_back(attempt.address, clock_.mono());
    return std::move(right).error();
  }
  if (!*right) return wrong_password();
  std::string rehashed;
  if (needs_rehash(*hash, cost_)) {
    ASHLAR_ASSIGN(rehashed, hash_bounded(password));
  }
  const std::string session = random_token(entropy_);
  const base::Status opened = db_.write(admin_context(), [&](Transaction& tx) -> base::Status {
    // A reset may have come between: the old password must not open a session after it.
    ASHLAR_ASSIGN(const auto current, find_setting(tx, kPasswordSetting));
    if (current != hash) return wrong_password();
    if (!rehashed.empty()) ASHLAR_TRY(put_setting(tx, kPasswordSetting, rehashed));
    return open_session(tx, session, clock_.now());
  });
  ASHLAR_TRY(opened);
  attempts_.give_back(attempt.address, clock_.mono());
  return session;
}

base::Status Admin::check_session(std::string_view session_token,
                                  std::optional<base::Mono> deadline) {
  const std::string hash = sha256(session_token);
  ASHLAR_ASSIGN(const auto session, db_.read(admin_context(deadline), [&](Transaction& tx) {
    return find_session(tx, hash);
  }));
  const base::Time now = clock_.now();
  if (!session || now >= session->expires_at) return session_ended();
  const base::Time extended =
      std::min(now + kSessionLifetime, session->created_at + kSessionMaxAge);
  if (extended < session->expires_at + kSessionSlide) return base::ok_status();
  return db_.write(admin_context(deadline),
                   [&](Transaction& tx) { return extend_session(tx, hash, extended); });
}

base::Status Admin::sign_out(std::string_view session_token) {
  const std::string hash = sha256(session_token);
  return db_.write(admin_context(), [&](Transaction& tx) { return erase_session(tx, hash); });
}

base::Status Admin::reset_password(std::string_view password) {
  ASHLAR_TRY(check_password_rules(password));
  ASHLAR_ASSIGN(const std::string hash, hash_bounded(password));
  return db_.write(admin_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(put_setting(tx, kPasswordSetting, hash));
    ASHLAR_TRY(erase_setting(tx, kClaimSetting));
    return erase_all_sessions(tx);
  });
}

}  // namespace ashlar::security
