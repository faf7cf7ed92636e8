#include "app/throttle_accounts.h"

#include <string>
#include <utility>

#include "base/clock.h"
#include "platform/runtime/event_loop.h"
#include "platform/runtime/worker_pool.h"
#include "platform/security/api_keys.h"

namespace ashlar::app {
namespace {

constexpr std::string_view kScope = "limits:check";
constexpr base::Millis kDeadline{2'000};

base::Result<base::TenantId> account_of(const security::Principal& who) {
  if (who.has_scope(kScope)) return who.tenant;
  return base::fail(base::Code::kForbidden, "missing_scope", "the key needs limits:check");
}

base::Error unavailable() {
  return base::fail(base::Code::kUnavailable, "overloaded", "no worker is free to look up the key");
}

}  // namespace

void ThrottleAccounts::authenticate(std::string_view user, std::string_view password,
                                    runtime::EventLoop& loop, Done done) {
  static_cast<void>(user);  // a key says whose it is
  if (const auto who = keys_.authenticate_cached(password)) return done(account_of(*who));
  const base::Mono deadline = clock_.mono() + kDeadline;
  const auto answer = [&loop, done](base::Result<base::TenantId> account) {
    loop.post([done, account = std::move(account)] { done(account); });
  };
  const bool taken = workers_.submit(
      {.run =
           [this, answer, deadline, key = std::string(password)] {
             const auto who = keys_.authenticate(key, deadline);
             answer(who.ok() ? account_of(**who) : base::Result<base::TenantId>(who.error()));
           },
       .expired = [answer] { answer(unavailable()); },
       .deadline = deadline});
  if (!taken) done(unavailable());
}

}  // namespace ashlar::app
