// Admin: the one administrator of this installation, who signs in to the console.
//
//   unclaimed ──offer_claim()──> claim offered ──claim(token, password)──> claimed
//                   ^                  │                                     │ ^
//                   └── 30 minutes ────┘                       reset_password┘─┘ ends all sessions
//
//   (no session) ──claim / sign_in──> session ──sign_out / reset_password / 12 h unused──> ended
//
//  1. offer_claim() gives one token; a newer one kills the older. It is stored hashed, works for 30
//     minutes and once: of two claims at one moment one wins, the other gets already_claimed.
//  2. A session is an opaque token of 256 bits, stored hashed. It lives 12 h from its last use
//  (written
//     at most once an hour) and 7 days in all.
//  3. At most kMaxPasswordChecks run at once; SignInAttempts bounds how many are tried.
//
// Errors beside storage's:
//   kInvalid         invalid_request, field /password (password.h)
//   kUnauthenticated wrong_password; session_ended
//   kForbidden       claim_token_invalid (wrong, used, replaced or expired)
//   kConflict        already_claimed; not_claimed (sign-in before the claim)
//   kTooMany         too_many_attempts
//   kUnavailable     password_checks_busy
// Any thread; claim, sign_in and reset_password take about a tenth of a second.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/security/password.h"
#include "platform/security/sign_in_attempts.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::security {

class Admin {
 public:
  static constexpr base::Seconds kClaimLifetime{30 * 60};
  static constexpr base::Seconds kSessionLifetime{12 * 3600};
  static constexpr base::Seconds kSessionSlide{3600};
  static constexpr base::Seconds kSessionMaxAge{7 * 24 * 3600};
  static constexpr int kMaxPasswordChecks = 2;

  // Everything by reference outlives it.
  Admin(storage::Database& db, const base::Clock& clock, base::Entropy& entropy,
        PasswordCost cost = {});

  base::Result<bool> is_claimed();
  // The token for the console's one-time link; nullopt where a password has been set. Kills the
  // token before it.
  base::Result<std::optional<std::string>> offer_claim();

  // How long a refused caller has to wait (too_many_attempts); filled by claim and sign_in.
  struct Attempt {
    std::string_view address;
    base::Seconds retry_after{0};
  };
  // Both give the token of a new session.
  base::Result<std::string> claim(std::string_view token, std::string_view password,
                                  Attempt& attempt);
  base::Result<std::string> sign_in(std::string_view password, Attempt& attempt);

  base::Status check_session(std::string_view session_token,
                             std::optional<base::Mono> deadline = {});
  base::Status sign_out(std::string_view session_token);  // no session is as good

  // For the command line: sets the password, whether claimed or not, and ends all sessions.
  base::Status reset_password(std::string_view password);

 private:
  base::Status admit(Attempt& attempt);
  base::Result<std::string> hash_bounded(std::string_view password);
  base::Result<bool> verify_bounded(const std::string& hash, std::string_view password);

  storage::Database& db_;
  const base::Clock& clock_;
  base::Entropy& entropy_;
  const PasswordCost cost_;
  SignInAttempts attempts_;
  std::atomic<int> password_checks_{0};
};

}  // namespace ashlar::security
