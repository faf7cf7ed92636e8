#include "modules/payments/open_work.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.h"
#include "modules/payments/reads.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using storage::Audience;
using storage::Sql;

constexpr Sql kCalls{Audience::kPlatform,
                     "SELECT state, count(*), min(at) FROM payment_attempts "
                     "WHERE ask_at IS NOT NULL GROUP BY state"};
// A claim that is not finished waits for a call that is open: those are few, claims are many.
constexpr Sql kClaims{Audience::kPlatform,
                      "SELECT count(*) FROM payment_attempts AS a CROSS JOIN payment_claims AS c"
                      " WHERE a.ask_at IS NOT NULL AND a.claim_key <> ''"
                      " AND c.tenant_id = a.tenant_id AND c.mode = a.claim_mode"
                      " AND c.key = a.claim_key AND c.attempt = a.key AND c.point < 5"};
constexpr std::array<const Sql*, 2> kStatements{&kCalls, &kClaims};

// Those of one CallState.
struct Calls {
  std::int64_t count = 0, oldest = 0;

  [[nodiscard]] double age_s(std::int64_t now) const {
    constexpr double kMicros = 1e6;
    return count == 0 ? 0 : std::max(static_cast<double>(now - oldest) / kMicros, 0.0);
  }
};
constexpr std::size_t kOpenStates = 3;  // all but kResolved

}  // namespace

OpenWork::OpenWork(storage::Database& db, const base::Clock& clock, obs::Registry& metrics)
    : db_(db),
      clock_(clock),
      unknown_(metrics.make_gauge("ashlar_payments_unknown",
                                  "Calls of providers whose outcome is not known, of all.")),
      unknown_age_(metrics.make_gauge("ashlar_payments_unknown_age_seconds",
                                      "How old the oldest of them is.")),
      unresolved_age_(metrics.make_gauge(
          "ashlar_payments_unresolved_age_seconds",
          "How old the oldest call is that is under way or whose outcome is not known.")),
      calls_(metrics.make_gauge("ashlar_payments_calls_open",
                                "Calls of providers that are stored and not ended, of all.")),
      claims_(metrics.make_gauge("ashlar_payments_claims_open",
                                 "Requests under an Idempotency-Key that are at work, of all.")) {}

base::Status OpenWork::look() {
  std::array<Calls, kOpenStates> calls;
  std::int64_t all = 0, claims = 0;
  const auto context = storage::Context::platform(storage::PlatformUse::kPayments);
  ASHLAR_TRY(db_.read(context, [&](storage::Transaction& tx) -> base::Status {
    calls = {};
    all = 0;
    ASHLAR_TRY(tx.query(kCalls, {}, [&](const storage::Row& row) {
      all += row.integer(1);
      const auto state = static_cast<std::size_t>(row.integer(0));
      if (state < calls.size()) calls[state] = {row.integer(1), row.integer(2)};
    }));
    ASHLAR_TRY(tx.query(kClaims, {}, [&](const storage::Row& row) { claims = row.integer(0); }));
    return base::ok_status();
  }));
  const std::int64_t now = base::to_micros(clock_.now());
  const Calls& open = calls[static_cast<std::size_t>(CallState::kOpen)];
  const Calls& unknown = calls[static_cast<std::size_t>(CallState::kUnknown)];
  unknown_.set(static_cast<double>(unknown.count));
  unknown_age_.set(unknown.age_s(now));
  unresolved_age_.set(std::max(unknown.age_s(now), open.age_s(now)));
  calls_.set(static_cast<double>(all));
  claims_.set(static_cast<double>(claims));
  return base::ok_status();
}

std::span<const Sql* const> open_work_statements() { return kStatements; }

}  // namespace ashlar::payments
