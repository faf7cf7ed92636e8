// CallsStore: the SQL of calls to providers, of what providers call our things, and of what they
// told by themselves.
//
// Functions run in the caller's transaction for its tenant, those of sweeps under
// PlatformUse::kPayments. Stateless. Errors: storage's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/reads.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments::store {

// What a request that waits for a call is answered with.
enum class Renders : std::uint8_t {
  kNothing,  // nobody waits: our own doing
  kPayment,
  kNewPayment,
  kCharge,
  kRefund,
  kDispute,
  kPayout
};

struct AttemptRow {
  CallRow call;
  std::string charge;  // that it belongs to
  Renders renders = Renders::kNothing;
  std::string claim_mode, claim_key;  // empty: no key was given
  std::optional<base::Time> ask_at;   // when the provider is asked; nullopt: it is resolved
};
base::Status insert_attempt(storage::Transaction& tx, const AttemptRow& attempt);
base::Result<std::optional<AttemptRow>> find_attempt(storage::Transaction& tx,
                                                     std::string_view key);
// State, reference, outcome, sends, asks, ask_at, resolved_at; where state, sends and asks are
// still those of `seen`. False: somebody else has gone on with it, and nothing is changed.
base::Result<bool> update_attempt(storage::Transaction& tx, const AttemptRow& attempt,
                                  const AttemptRow& seen);
base::Result<std::vector<AttemptRow>> list_attempts(storage::Transaction& tx,
                                                    std::string_view subject);

// Parts that calls of `op` made, between two places, bounds not among them.
struct PartPlace {
  std::int64_t at = 0;
  std::string part;
};
struct PartRange {
  PartPlace after, before;
  bool newest_first = true;
  std::int64_t limit = 0;
  std::string subject, charge;  // only theirs; empty: all
};
struct PartRow {
  std::string part, subject;
  std::int64_t at = 0;
};
base::Result<std::vector<PartRow>> list_parts(storage::Transaction& tx, ProviderOp op,
                                              const PartRange& range);
base::Result<std::optional<PartPlace>> find_part(storage::Transaction& tx, ProviderOp op,
                                                 std::string_view subject, std::string_view part);

struct DueCall {
  base::TenantId tenant;
  std::string key;
};
// Platform: calls that are to be asked about, the longest due first.
base::Result<std::vector<DueCall>> due_calls(storage::Transaction& tx, base::Time now,
                                             std::int64_t limit);
// Platform: all that are open or unknown are due from now on. How many.
base::Result<std::int64_t> make_calls_due(storage::Transaction& tx, base::Time now);

struct ReferenceRow {
  std::string provider, reference;
  base::TenantId tenant;
  std::string subject, part, attempt;
};
// False: it has a meaning already, and keeps it.
base::Result<bool> insert_reference(storage::Transaction& tx, const ReferenceRow& reference);
base::Result<std::optional<ReferenceRow>> find_reference(storage::Transaction& tx,
                                                         std::string_view provider,
                                                         std::string_view reference);
// Platform: of any tenant.
base::Result<std::optional<base::TenantId>> tenant_of_reference(storage::Transaction& tx,
                                                                std::string_view provider,
                                                                std::string_view reference);

base::Result<bool> has_notice(storage::Transaction& tx, std::string_view provider,
                              std::string_view id);
// False: it was told before.
base::Result<bool> insert_notice(storage::Transaction& tx, const NoticeRow& notice);
base::Result<std::vector<NoticeRow>> list_notices(storage::Transaction& tx,
                                                  std::string_view subject);
// Platform: removes at most `limit` of those that were told before `until`. How many.
base::Result<std::int64_t> reap_notices(storage::Transaction& tx, base::Time until,
                                        std::int64_t limit);

std::span<const storage::Sql* const> call_statements();

}  // namespace ashlar::payments::store
