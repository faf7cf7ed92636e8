#include "modules/payments/open_work.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using storage::Audience;
using storage::Sql;

// CallState 1: unknown.
constexpr Sql kCalls{Audience::kPlatform,
                     "SELECT state = 1, count(*), min(at) FROM payment_attempts "
                     "WHERE ask_at IS NOT NULL GROUP BY state = 1",
                     "SELECT CASE WHEN state = 1 THEN 1::BIGINT ELSE 0::BIGINT END, count(*), "
                     "min(at) FROM payment_attempts WHERE ask_at IS NOT NULL GROUP BY 1"};
// A claim that is not finished waits for a call that is open: those are few, claims are many.
constexpr Sql kClaims{Audience::kPlatform,
                      "SELECT count(*) FROM payment_attempts AS a CROSS JOIN payment_claims AS c"
                      " WHERE a.ask_at IS NOT NULL AND a.claim_key <> ''"
                      " AND c.tenant_id = a.tenant_id AND c.mode = a.claim_mode"
                      " AND c.key = a.claim_key AND c.attempt = a.key AND c.point < 5"};
constexpr std::array<const Sql*, 2> kStatements{&kCalls, &kClaims};

}  // namespace

OpenWork::OpenWork(storage::Database& db, const base::Clock& clock, obs::Registry& metrics)
    : db_(db),
      clock_(clock),
      unknown_(metrics.make_gauge("ashlar_payments_unknown",
                                  "Calls of providers whose outcome is not known, of all.")),
      unknown_age_(metrics.make_gauge("ashlar_payments_unknown_age_seconds",
                                      "How old the oldest of them is.")),
      calls_(metrics.make_gauge("ashlar_payments_calls_open",
                                "Calls of providers that are stored and not ended, of all.")),
      claims_(metrics.make_gauge("ashlar_payments_claims_open",
                                 "Requests under an Idempotency-Key that are at work, of all.")) {}

base::Status OpenWork::look() {
  std::int64_t unknown = 0, open = 0, claims = 0, oldest = 0;
  const auto context = storage::Context::platform(storage::PlatformUse::kPayments);
  ASHLAR_TRY(db_.read(context, [&](storage::Transaction& tx) -> base::Status {
    unknown = open = claims = oldest = 0;
    ASHLAR_TRY(tx.query(kCalls, {}, [&](const storage::Row& row) {
      open += row.integer(1);
      if (row.integer(0) != 1) return;
      unknown = row.integer(1);
      oldest = row.integer(2);
    }));
    ASHLAR_TRY(tx.query(kClaims, {}, [&](const storage::Row& row) { claims = row.integer(0); }));
    return base::ok_status();
  }));
  constexpr double kMicros = 1e6;
  const auto age = static_cast<double>(base::to_micros(clock_.now()) - oldest) / kMicros;
  unknown_.set(static_cast<double>(unknown));
  unknown_age_.set(unknown == 0 ? 0 : std::max(age, 0.0));
  calls_.set(static_cast<double>(open));
  claims_.set(static_cast<double>(claims));
  return base::ok_status();
}

std::span<const Sql* const> open_work_statements() { return kStatements; }

}  // namespace ashlar::payments
