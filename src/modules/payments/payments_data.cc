// The share of payments in a tenant's data: what is theirs, table by table, as it stands there.
//
// Exported: payments and all their events, customers, methods, payouts, provider calls and notices,
// the balance's entries, disputes, reconciliation, and what the sandbox's bank keeps. Left out:
// claims of Idempotency-Keys, which die within days. Erased: everything. Money records are erased
// with their tenant and never alone (docs/payments.md, "Deleting").
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "modules/payments/payments_module.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using storage::Audience;
using storage::Param;
using storage::Sql;

constexpr std::int64_t kPage = 1'000;

struct Table {
  std::string_view name;
  std::size_t keys;          // so many columns from the first make the primary key, after tenant_id
  std::string_view columns;  // NAME:KIND, as they are selected; i whole number, t text, j JSON
  const Sql* export_page;
  const Sql* erase_some;
};

constexpr Sql kExportPayments{
    Audience::kTenant,
    "SELECT id, created_at, state, amount, captured, refunded, currency, customer, "
    "merchant_reference, expires_at FROM payments WHERE tenant_id = :tenant AND id > ?1 "
    "ORDER BY id LIMIT ?2"};
constexpr Sql kErasePayments{
    Audience::kTenant,
    "DELETE FROM payments WHERE tenant_id = :tenant AND id IN (SELECT id FROM payments "
    "WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportPaymentEvents{
    Audience::kTenant,
    "SELECT subject, no, at, published, type, body, request_id, key FROM payment_events "
    "WHERE tenant_id = :tenant AND (subject, no) > (?1, ?2) ORDER BY subject, no LIMIT ?3"};
constexpr Sql kErasePaymentEvents{
    Audience::kTenant,
    "DELETE FROM payment_events WHERE tenant_id = :tenant AND (subject, no) IN (SELECT "
    "subject, no FROM payment_events WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportPaymentObjects{
    Audience::kTenant,
    "SELECT id, kind, parent, alias, deleted, events, body FROM payment_objects WHERE "
    "tenant_id = :tenant AND id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kErasePaymentObjects{
    Audience::kTenant,
    "DELETE FROM payment_objects WHERE tenant_id = :tenant AND id IN (SELECT id FROM "
    "payment_objects WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportPaymentAttempts{
    Audience::kTenant,
    "SELECT key, subject, part, charge, op, state, provider, reference, request, outcome, "
    "sends, asks, at, resolved_at FROM payment_attempts WHERE tenant_id = :tenant AND key "
    "> ?1 ORDER BY key LIMIT ?2"};
constexpr Sql kErasePaymentAttempts{
    Audience::kTenant,
    "DELETE FROM payment_attempts WHERE tenant_id = :tenant AND key IN (SELECT key FROM "
    "payment_attempts WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportPaymentReferences{
    Audience::kTenant,
    "SELECT subject, provider, reference, part, attempt FROM payment_references WHERE "
    "tenant_id = :tenant AND (subject, provider, reference) > (?1, ?2, ?3) "
    "ORDER BY subject, provider, reference LIMIT ?4"};
constexpr Sql kErasePaymentReferences{
    Audience::kTenant,
    "DELETE FROM payment_references WHERE tenant_id = :tenant AND (provider, reference) "
    "IN (SELECT provider, reference FROM payment_references WHERE tenant_id = :tenant "
    "LIMIT ?1)"};

constexpr Sql kExportPaymentDisputes{
    Audience::kTenant,
    "SELECT id, payment, charge, state, at, due_by FROM payment_disputes WHERE tenant_id "
    "= :tenant AND id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kErasePaymentDisputes{
    Audience::kTenant,
    "DELETE FROM payment_disputes WHERE tenant_id = :tenant AND id IN (SELECT id FROM "
    "payment_disputes WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportPaymentEntries{
    Audience::kTenant,
    "SELECT id, at, kind, source, subject, provider, currency, amount, fee, available_on, "
    "settled FROM payment_entries WHERE tenant_id = :tenant AND id > ?1 ORDER BY id LIMIT "
    "?2"};
constexpr Sql kErasePaymentEntries{
    Audience::kTenant,
    "DELETE FROM payment_entries WHERE tenant_id = :tenant AND id IN (SELECT id FROM "
    "payment_entries WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportPaymentNotices{
    Audience::kTenant,
    "SELECT provider, id, kind, subject, outcome, at FROM payment_notices WHERE tenant_id "
    "= :tenant AND (provider, id) > (?1, ?2) ORDER BY provider, id LIMIT ?3"};
constexpr Sql kErasePaymentNotices{
    Audience::kTenant,
    "DELETE FROM payment_notices WHERE tenant_id = :tenant AND (provider, id) IN (SELECT "
    "provider, id FROM payment_notices WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportSandboxCalls{
    Audience::kTenant,
    "SELECT bank, key, op, asked, fence, at, answer FROM sandbox_calls WHERE tenant_id = "
    ":tenant AND (bank, key) > (?1, ?2) ORDER BY bank, key LIMIT ?3"};
constexpr Sql kEraseSandboxCalls{
    Audience::kTenant,
    "DELETE FROM sandbox_calls WHERE tenant_id = :tenant AND (bank, key) IN (SELECT bank, "
    "key FROM sandbox_calls WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportSandboxObjects{
    Audience::kTenant,
    "SELECT bank, reference, due_at, body FROM sandbox_objects WHERE tenant_id = :tenant "
    "AND (bank, reference) > (?1, ?2) ORDER BY bank, reference LIMIT ?3"};
constexpr Sql kEraseSandboxObjects{
    Audience::kTenant,
    "DELETE FROM sandbox_objects WHERE tenant_id = :tenant AND (bank, reference) IN "
    "(SELECT bank, reference FROM sandbox_objects WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportSandboxMoves{
    Audience::kTenant,
    "SELECT bank, id, at, kind, key, reference, about, gross, fee, currency FROM "
    "sandbox_moves WHERE tenant_id = :tenant AND (bank, id) > (?1, ?2) ORDER BY bank, id "
    "LIMIT ?3"};
constexpr Sql kEraseSandboxMoves{
    Audience::kTenant,
    "DELETE FROM sandbox_moves WHERE tenant_id = :tenant AND (bank, id) IN (SELECT bank, "
    "id FROM sandbox_moves WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportSandboxNotices{
    Audience::kTenant,
    "SELECT bank, id, copy, due_at, tries, at, body FROM sandbox_notices WHERE tenant_id "
    "= :tenant AND (bank, id, copy) > (?1, ?2, ?3) ORDER BY bank, id, copy LIMIT ?4"};
constexpr Sql kEraseSandboxNotices{
    Audience::kTenant,
    "DELETE FROM sandbox_notices WHERE tenant_id = :tenant AND (bank, id, copy) IN "
    "(SELECT bank, id, copy FROM sandbox_notices WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportReconcileRuns{
    Audience::kTenant,
    "SELECT id, provider, day, version, state, format, statement_id, asked_by, "
    "items, breaks, open, totals, at FROM reconcile_runs WHERE tenant_id = "
    ":tenant AND id > ?1 ORDER BY id LIMIT ?2"};
constexpr Sql kEraseReconcileRuns{
    Audience::kTenant,
    "DELETE FROM reconcile_runs WHERE tenant_id = :tenant AND id IN (SELECT id FROM "
    "reconcile_runs WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kExportReconcileItems{
    Audience::kTenant,
    "SELECT run, no, provider, day, outcome, state, kind, reference, currency, "
    "description, payment, object, entry, our_amount, our_fee, our_day, their_amount, "
    "their_fee, their_day, line, suspense, bookings, resolution, resolved_run, note, "
    "resolved_by, resolved_at FROM reconcile_items WHERE tenant_id = :tenant AND (run, "
    "no) > (?1, ?2) ORDER BY run, no LIMIT ?3"};
constexpr Sql kEraseReconcileItems{
    Audience::kTenant,
    "DELETE FROM reconcile_items WHERE tenant_id = :tenant AND (run, no) IN (SELECT run, "
    "no FROM reconcile_items WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr Sql kEraseClaims{
    Audience::kTenant,
    "DELETE FROM payment_claims WHERE tenant_id = :tenant AND id IN (SELECT id FROM "
    "payment_claims WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<Table, 14> kTables{
    {{"payments", 1,
      "id:t created_at:i state:i amount:i captured:i refunded:i currency:t customer:t "
      "merchant_reference:t expires_at:i",
      &kExportPayments, &kErasePayments},
     {"payment_events", 2, "subject:t no:i at:i published:i type:t body:j request_id:t key:t",
      &kExportPaymentEvents, &kErasePaymentEvents},
     {"payment_objects", 1, "id:t kind:i parent:t alias:t deleted:i events:i body:j",
      &kExportPaymentObjects, &kErasePaymentObjects},
     {"payment_attempts", 1,
      "key:t subject:t part:t charge:t op:i state:i provider:t reference:t request:t outcome:t "
      "sends:i asks:i at:i resolved_at:i",
      &kExportPaymentAttempts, &kErasePaymentAttempts},
     {"payment_references", 3, "subject:t provider:t reference:t part:t attempt:t",
      &kExportPaymentReferences, &kErasePaymentReferences},
     {"payment_disputes", 1, "id:t payment:t charge:t state:i at:i due_by:i",
      &kExportPaymentDisputes, &kErasePaymentDisputes},
     {"payment_entries", 1,
      "id:t at:i kind:i source:t subject:t provider:t currency:t amount:i fee:i available_on:i "
      "settled:i",
      &kExportPaymentEntries, &kErasePaymentEntries},
     {"payment_notices", 2, "provider:t id:t kind:i subject:t outcome:t at:i",
      &kExportPaymentNotices, &kErasePaymentNotices},
     {"sandbox_calls", 2, "bank:t key:t op:i asked:i fence:i at:i answer:j", &kExportSandboxCalls,
      &kEraseSandboxCalls},
     {"sandbox_objects", 2, "bank:t reference:t due_at:i body:j", &kExportSandboxObjects,
      &kEraseSandboxObjects},
     {"sandbox_moves", 2,
      "bank:t id:t at:i kind:i key:t reference:t about:t gross:i fee:i currency:t",
      &kExportSandboxMoves, &kEraseSandboxMoves},
     {"sandbox_notices", 3, "bank:t id:t copy:i due_at:i tries:i at:i body:j",
      &kExportSandboxNotices, &kEraseSandboxNotices},
     {"reconcile_runs", 1,
      "id:t provider:t day:i version:i state:i format:i statement_id:t asked_by:t "
      "items:i breaks:i open:i totals:j at:i",
      &kExportReconcileRuns, &kEraseReconcileRuns},
     {"reconcile_items", 2,
      "run:t no:i provider:t day:i outcome:i state:i kind:i reference:t currency:t description:t "
      "payment:t object:t entry:t our_amount:i our_fee:i our_day:i their_amount:i their_fee:i "
      "their_day:i line:i suspense:i bookings:i resolution:t resolved_run:t note:t resolved_by:t "
      "resolved_at:i",
      &kExportReconcileItems, &kEraseReconcileItems}}};

struct Column {
  std::string_view name;
  char kind = 't';
};

std::vector<Column> columns_of(const Table& table) {
  std::vector<Column> columns;
  for (std::string_view rest = table.columns; !rest.empty();) {
    const std::size_t colon = rest.find(':');
    columns.push_back({rest.substr(0, colon), rest[colon + 1]});
    rest.remove_prefix(std::min(colon + 3, rest.size()));
  }
  return columns;
}

// Where a page ends: the values of the key's columns.
using Position = std::vector<std::variant<std::int64_t, std::string>>;

void write_value(json::Writer& json, const storage::Row& row, int i, char kind) {
  if (row.is_null(i)) {
    json.null();
  } else if (kind == 'i') {
    json.integer(row.integer(i));
  } else if (kind == 'j') {
    json.raw(row.text(i));
  } else {
    json.string(row.text(i));
  }
}

std::string line_of(const Table& table, const std::vector<Column>& columns,
                    const storage::Row& row) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("payments").key("table").string(table.name);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    json.key(columns[i].name);
    write_value(json, row, static_cast<int>(i), columns[i].kind);
  }
  json.end_object();
  return line;
}

Position first_position(const Table& table, const std::vector<Column>& columns) {
  Position position;
  for (std::size_t i = 0; i < table.keys; ++i) {
    if (columns[i].kind == 'i') {
      position.emplace_back(INT64_MIN);
    } else {
      position.emplace_back(std::string());
    }
  }
  return position;
}

Param param_of(const std::variant<std::int64_t, std::string>& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return std::string_view(*std::get_if<std::string>(&value));
}

base::Result<std::int64_t> query_page(storage::Transaction& tx, const Table& table,
                                      const Position& after, const storage::RowSink& sink) {
  const Sql& sql = *table.export_page;
  switch (after.size()) {
    case 1:
      return tx.query(sql, {param_of(after[0]), kPage}, sink);
    case 2:
      return tx.query(sql, {param_of(after[0]), param_of(after[1]), kPage}, sink);
    case 3:
      return tx.query(sql, {param_of(after[0]), param_of(after[1]), param_of(after[2]), kPage},
                      sink);
    default:
      break;
  }
  CHECK(false);
}

base::Status export_table(storage::Transaction& tx, const Table& table,
                          const security::LineSink& sink) {
  const std::vector<Column> columns = columns_of(table);
  Position after = first_position(table, columns);
  while (true) {
    std::vector<std::string> lines;
    Position last = after;
    ASHLAR_ASSIGN(const std::int64_t seen,
                  query_page(tx, table, after, [&](const storage::Row& row) {
                    lines.push_back(line_of(table, columns, row));
                    for (std::size_t i = 0; i < table.keys; ++i) {
                      const int at = static_cast<int>(i);
                      if (columns[i].kind == 'i') {
                        last[i] = row.integer(at);
                      } else {
                        last[i] = std::string(row.text(at));
                      }
                    }
                  }));
    for (const std::string& line : lines) ASHLAR_TRY(sink(line));
    if (seen < kPage) return base::ok_status();
    after = std::move(last);
  }
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  for (const Table& table : kTables) ASHLAR_TRY(export_table(tx, table, sink));
  return base::ok_status();
}

// Claims first: from then on nothing of what was asked goes on.
base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t claims, tx.execute(kEraseClaims, {limit}));
  if (claims > 0) return claims;
  for (const Table& table : kTables) {
    ASHLAR_ASSIGN(const std::int64_t erased, tx.execute(*table.erase_some, {limit}));
    if (erased > 0) return erased;
  }
  return 0;
}

}  // namespace

security::TenantData payments_tenant_data() { return {"payments", export_all, erase_some}; }

}  // namespace ashlar::payments
