#include "modules/payments/calls_store.h"

#include <array>

#include "platform/storage/database.h"

namespace ashlar::payments::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr std::int64_t kMaxStory = 2'000;

constexpr Sql kInsertAttempt{
    Audience::kTenant,
    "INSERT INTO payment_attempts (tenant_id, key, subject, part, charge, op, state, renders,"
    " provider, reference, request, outcome, claim_mode, claim_key, sends, asks, at, ask_at,"
    " resolved_at) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18)"};

#define ATTEMPT_COLUMNS                                                                    \
  "key, subject, part, charge, op, state, renders, provider, reference, request, outcome," \
  " claim_mode, claim_key, sends, asks, at, ask_at, resolved_at"
constexpr Sql kFindAttempt{Audience::kTenant,
                           "SELECT " ATTEMPT_COLUMNS
                           " FROM payment_attempts WHERE tenant_id = :tenant AND key = ?1"};
constexpr Sql kListAttempts{Audience::kTenant,
                            "SELECT " ATTEMPT_COLUMNS
                            " FROM payment_attempts WHERE tenant_id = :tenant AND key > ?1"
                            " AND key < ?2 ORDER BY at, key LIMIT ?3"};
constexpr Sql kUpdateAttempt{
    Audience::kTenant,
    "UPDATE payment_attempts SET state = ?2, reference = ?3, outcome = ?4, sends = ?5, asks = ?6,"
    " ask_at = ?7, resolved_at = ?8 WHERE tenant_id = :tenant AND key = ?1"
    " AND state = ?9 AND sends = ?10 AND asks = ?11"};

#define PARTS_BETWEEN                                                        \
  "SELECT part, subject, at FROM payment_attempts WHERE tenant_id = :tenant" \
  " AND op = ?1 AND op IN (0, 3) AND (at, part) > (?2, ?3) AND (at, part) < (?4, ?5)"
constexpr Sql kPartsDown{Audience::kTenant, PARTS_BETWEEN " ORDER BY at DESC, part DESC LIMIT ?6"};
constexpr Sql kPartsUp{Audience::kTenant, PARTS_BETWEEN " ORDER BY at, part LIMIT ?6"};
#define OF_SUBJECT " AND key > ?7 AND key < ?8 AND (?9 = '' OR charge = ?9)"
constexpr Sql kPartsOfDown{Audience::kTenant,
                           PARTS_BETWEEN OF_SUBJECT " ORDER BY at DESC, part DESC LIMIT ?6"};
constexpr Sql kPartsOfUp{Audience::kTenant, PARTS_BETWEEN OF_SUBJECT " ORDER BY at, part LIMIT ?6"};
constexpr Sql kFindPart{Audience::kTenant,
                        "SELECT at FROM payment_attempts WHERE tenant_id = :tenant"
                        " AND key > ?1 AND key < ?2 AND op = ?3 AND part = ?4"};

constexpr Sql kDue{Audience::kPlatform,
                   "SELECT tenant_id, key FROM payment_attempts WHERE ask_at <= ?1"
                   " ORDER BY ask_at LIMIT ?2"};
constexpr Sql kMakeDue{Audience::kPlatform,
                       "UPDATE payment_attempts SET ask_at = ?1 WHERE ask_at > ?1 AND state < 2"};

constexpr Sql kInsertReference{
    Audience::kTenant,
    "INSERT INTO payment_references (provider, reference, tenant_id, subject, part, attempt)"
    " VALUES (?1, ?2, :tenant, ?3, ?4, ?5) ON CONFLICT (provider, reference) DO NOTHING"};
constexpr Sql kFindReference{Audience::kTenant,
                             "SELECT subject, part, attempt FROM payment_references"
                             " WHERE provider = ?1 AND reference = ?2 AND tenant_id = :tenant"};
constexpr Sql kTenantOfReference{Audience::kPlatform,
                                 "SELECT tenant_id FROM payment_references"
                                 " WHERE provider = ?1 AND reference = ?2"};

constexpr Sql kHasNotice{Audience::kTenant,
                         "SELECT 1 FROM payment_notices WHERE provider = ?1 AND id = ?2"
                         " AND tenant_id = :tenant"};
constexpr Sql kInsertNotice{
    Audience::kTenant,
    "INSERT INTO payment_notices (provider, id, tenant_id, kind, subject, outcome, at)"
    " VALUES (?1, ?2, :tenant, ?3, ?4, ?5, ?6) ON CONFLICT (provider, id) DO NOTHING"};
constexpr Sql kListNotices{Audience::kTenant,
                           "SELECT provider, id, subject, outcome, kind, at FROM payment_notices"
                           " WHERE tenant_id = :tenant AND subject = ?1 ORDER BY at, id LIMIT ?2"};

constexpr Sql kReapNotices{
    Audience::kPlatform,
    "DELETE FROM payment_notices WHERE (provider, id) IN (SELECT provider, id"
    " FROM payment_notices WHERE at < ?1 ORDER BY at LIMIT ?2)"};

constexpr std::array<const Sql*, 18> kStatements{
    &kInsertAttempt, &kFindAttempt,     &kListAttempts,  &kUpdateAttempt,     &kPartsDown,
    &kPartsUp,       &kPartsOfDown,     &kPartsOfUp,     &kFindPart,          &kDue,
    &kMakeDue,       &kInsertReference, &kFindReference, &kTenantOfReference, &kHasNotice,
    &kInsertNotice,  &kListNotices,     &kReapNotices};

Param nullable(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}
std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

AttemptRow attempt_row(const Row& row) {
  AttemptRow attempt;
  attempt.call.key = row.text(0);
  attempt.call.subject = row.text(1);
  attempt.call.part = row.text(2);
  attempt.charge = row.text(3);
  attempt.call.op = static_cast<ProviderOp>(row.integer(4));
  attempt.call.state = static_cast<CallState>(row.integer(5));
  attempt.renders = static_cast<Renders>(row.integer(6));
  attempt.call.provider = row.text(7);
  attempt.call.reference = row.text(8);
  attempt.call.request = row.text(9);
  attempt.call.outcome = row.text(10);
  attempt.claim_mode = row.text(11);
  attempt.claim_key = row.text(12);
  attempt.call.sends = row.integer(13);
  attempt.call.asks = row.integer(14);
  attempt.call.at = base::from_micros(row.integer(15));
  attempt.ask_at = maybe_time(row, 16);
  attempt.call.resolved_at = maybe_time(row, 17);
  return attempt;
}

}  // namespace

base::Status insert_attempt(storage::Transaction& tx, const AttemptRow& attempt) {
  const CallRow& call = attempt.call;
  ASHLAR_TRY(tx.execute(
      kInsertAttempt,
      {call.key, call.subject, call.part, attempt.charge, static_cast<std::int64_t>(call.op),
       static_cast<std::int64_t>(call.state), static_cast<std::int64_t>(attempt.renders),
       call.provider, call.reference, call.request, call.outcome, attempt.claim_mode,
       attempt.claim_key, call.sends, call.asks, base::to_micros(call.at), nullable(attempt.ask_at),
       nullable(call.resolved_at)}));
  return base::ok_status();
}

base::Result<std::optional<AttemptRow>> find_attempt(storage::Transaction& tx,
                                                     std::string_view key) {
  std::optional<AttemptRow> attempt;
  ASHLAR_TRY(tx.query(kFindAttempt, {key}, [&](const Row& row) { attempt = attempt_row(row); }));
  return attempt;
}

base::Result<bool> update_attempt(storage::Transaction& tx, const AttemptRow& attempt,
                                  const AttemptRow& seen) {
  const CallRow& call = attempt.call;
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kUpdateAttempt,
                 {call.key, static_cast<std::int64_t>(call.state), call.reference, call.outcome,
                  call.sends, call.asks, nullable(attempt.ask_at), nullable(call.resolved_at),
                  static_cast<std::int64_t>(seen.call.state), seen.call.sends, seen.call.asks}));
  return rows == 1;
}

base::Result<std::vector<AttemptRow>> list_attempts(storage::Transaction& tx,
                                                    std::string_view subject) {
  std::vector<AttemptRow> attempts;
  const std::string from = std::string(subject) + ":";
  const std::string until = std::string(subject) + ";";
  ASHLAR_TRY(tx.query(kListAttempts, {from, until, kMaxStory},
                      [&](const Row& row) { attempts.push_back(attempt_row(row)); }));
  return attempts;
}

base::Result<std::vector<PartRow>> list_parts(storage::Transaction& tx, ProviderOp op,
                                              const PartRange& range) {
  std::vector<PartRow> parts;
  const auto sink = [&](const Row& row) {
    parts.push_back({std::string(row.text(0)), std::string(row.text(1)), row.integer(2)});
  };
  const auto kind = static_cast<std::int64_t>(op);
  if (range.subject.empty()) {
    ASHLAR_TRY(tx.query(
        range.newest_first ? kPartsDown : kPartsUp,
        {kind, range.after.at, range.after.part, range.before.at, range.before.part, range.limit},
        sink));
  } else {
    const std::string from = range.subject + ":";
    const std::string until = range.subject + ";";
    ASHLAR_TRY(tx.query(range.newest_first ? kPartsOfDown : kPartsOfUp,
                        {kind, range.after.at, range.after.part, range.before.at, range.before.part,
                         range.limit, from, until, range.charge},
                        sink));
  }
  return parts;
}

base::Result<std::optional<PartPlace>> find_part(storage::Transaction& tx, ProviderOp op,
                                                 std::string_view subject, std::string_view part) {
  const std::string from = std::string(subject) + ":";
  const std::string until = std::string(subject) + ";";
  std::optional<PartPlace> place;
  ASHLAR_TRY(
      tx.query(kFindPart, {from, until, static_cast<std::int64_t>(op), part},
               [&](const Row& row) { place = PartPlace{row.integer(0), std::string(part)}; }));
  return place;
}

base::Result<std::vector<DueCall>> due_calls(storage::Transaction& tx, base::Time now,
                                             std::int64_t limit) {
  std::vector<DueCall> due;
  ASHLAR_TRY(tx.query(kDue, {base::to_micros(now), limit}, [&](const Row& row) {
    due.push_back({base::TenantId(row.integer(0)), std::string(row.text(1))});
  }));
  return due;
}

base::Result<std::int64_t> make_calls_due(storage::Transaction& tx, base::Time now) {
  return tx.execute(kMakeDue, {base::to_micros(now)});
}

base::Result<bool> insert_reference(storage::Transaction& tx, const ReferenceRow& reference) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kInsertReference, {reference.provider, reference.reference, reference.subject,
                                    reference.part, reference.attempt}));
  return rows == 1;
}

base::Result<std::optional<ReferenceRow>> find_reference(storage::Transaction& tx,
                                                         std::string_view provider,
                                                         std::string_view reference) {
  std::optional<ReferenceRow> found;
  ASHLAR_TRY(tx.query(kFindReference, {provider, reference}, [&](const Row& row) {
    found =
        ReferenceRow{std::string(provider),    std::string(reference),   tx.context().tenant_id(),
                     std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))};
  }));
  return found;
}

base::Result<std::optional<base::TenantId>> tenant_of_reference(storage::Transaction& tx,
                                                                std::string_view provider,
                                                                std::string_view reference) {
  std::optional<base::TenantId> tenant;
  ASHLAR_TRY(tx.query(kTenantOfReference, {provider, reference},
                      [&](const Row& row) { tenant = base::TenantId(row.integer(0)); }));
  return tenant;
}

base::Result<bool> has_notice(storage::Transaction& tx, std::string_view provider,
                              std::string_view id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.query(kHasNotice, {provider, id}, [](const Row&) {}));
  return rows > 0;
}

base::Result<bool> insert_notice(storage::Transaction& tx, const NoticeRow& notice) {
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kInsertNotice, {notice.provider, notice.id, static_cast<std::int64_t>(notice.kind),
                                 notice.subject, notice.outcome, base::to_micros(notice.at)}));
  return rows == 1;
}

base::Result<std::vector<NoticeRow>> list_notices(storage::Transaction& tx,
                                                  std::string_view subject) {
  std::vector<NoticeRow> notices;
  ASHLAR_TRY(tx.query(kListNotices, {subject, kMaxStory}, [&](const Row& row) {
    notices.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
                       std::string(row.text(3)), static_cast<NoticeKind>(row.integer(4)),
                       base::from_micros(row.integer(5))});
  }));
  return notices;
}

base::Result<std::int64_t> reap_notices(storage::Transaction& tx, base::Time until,
                                        std::int64_t limit) {
  return tx.execute(kReapNotices, {base::to_micros(until), limit});
}

std::span<const Sql* const> call_statements() { return kStatements; }

}  // namespace ashlar::payments::store
