#include "modules/payments/providers/sandbox_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::payments::store {
namespace {

using base::Result;
using base::Status;
using storage::Audience;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr Sql kOpenBook{Audience::kPlatform,
                        "INSERT INTO sandbox_banks (bank, seq) VALUES (?1, 0)"
                        " ON CONFLICT (bank) DO NOTHING"};
constexpr Sql kLockBook{Audience::kPlatform,
                        "UPDATE sandbox_banks SET seq = seq + 1 WHERE bank = ?1"};

// ?2 is [[tenant, key or reference], …]: found one by one by the primary key.
constexpr Sql kLoadCalls{
    Audience::kPlatform,
    "SELECT c.tenant_id, c.key, c.op, c.asked, c.fence, c.at, c.answer"
    " FROM json_each(?2) AS j CROSS JOIN sandbox_calls AS c"
    " WHERE c.tenant_id = j.value ->> 0 AND c.bank = ?1 AND c.key = j.value ->> 1",
    "SELECT c.tenant_id, c.key, c.op, c.asked, c.fence, c.at, c.answer"
    " FROM json_array_elements(?2::text::json) AS j"
    " JOIN sandbox_calls AS c ON c.tenant_id = (j.value ->> 0)::bigint AND c.bank = ?1"
    " AND c.key = j.value ->> 1"};
constexpr Sql kLoadObjects{
    Audience::kPlatform,
    "SELECT o.tenant_id, o.reference, o.due_at, o.body"
    " FROM json_each(?2) AS j CROSS JOIN sandbox_objects AS o"
    " WHERE o.tenant_id = j.value ->> 0 AND o.bank = ?1 AND o.reference = j.value ->> 1",
    "SELECT o.tenant_id, o.reference, o.due_at, o.body"
    " FROM json_array_elements(?2::text::json) AS j"
    " JOIN sandbox_objects AS o ON o.tenant_id = (j.value ->> 0)::bigint AND o.bank = ?1"
    " AND o.reference = j.value ->> 1"};
constexpr Sql kLoadDue{Audience::kPlatform,
                       "SELECT tenant_id, reference, due_at, body FROM sandbox_objects"
                       " WHERE bank = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3"};

// ?2 is an array of rows.
constexpr Sql kPutCalls{
    Audience::kPlatform,
    "INSERT INTO sandbox_calls (tenant_id, bank, key, op, asked, fence, at, answer)"
    " SELECT value ->> 0, ?1, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,"
    " value ->> 6 FROM json_each(?2) WHERE true ON CONFLICT (tenant_id, bank, key) DO UPDATE"
    " SET op = excluded.op, asked = excluded.asked, fence = excluded.fence, at = excluded.at,"
    " answer = excluded.answer",
    "INSERT INTO sandbox_calls (tenant_id, bank, key, op, asked, fence, at, answer)"
    " SELECT (value ->> 0)::bigint, ?1, value ->> 1, (value ->> 2)::bigint,"
    " (value ->> 3)::bigint, (value ->> 4)::bigint, (value ->> 5)::bigint, value ->> 6"
    " FROM json_array_elements(?2::text::json) ON CONFLICT (tenant_id, bank, key) DO UPDATE"
    " SET op = excluded.op, asked = excluded.asked, fence = excluded.fence, at = excluded.at,"
    " answer = excluded.answer"};
constexpr Sql kPutObjects{
    Audience::kPlatform,
    "INSERT INTO sandbox_objects (tenant_id, bank, reference, due_at, body)"
    " SELECT value ->> 0, ?1, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2) WHERE true"
    " ON CONFLICT (tenant_id, bank, reference) DO UPDATE"
    " SET due_at = excluded.due_at, body = excluded.body",
    "INSERT INTO sandbox_objects (tenant_id, bank, reference, due_at, body)"
    " SELECT (value ->> 0)::bigint, ?1, value ->> 1, (value ->> 2)::bigint, value ->> 3"
    " FROM json_array_elements(?2::text::json) ON CONFLICT (tenant_id, bank, reference) DO UPDATE"
    " SET due_at = excluded.due_at, body = excluded.body"};
constexpr Sql kAddMoves{
    Audience::kPlatform,
    "INSERT INTO sandbox_moves (tenant_id, bank, id, at, kind, key, reference, about, gross, fee,"
    " currency) SELECT value ->> 0, ?1, value ->> 1, value ->> 2, value ->> 3, value ->> 4,"
    " value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9 FROM json_each(?2)",
    "INSERT INTO sandbox_moves (tenant_id, bank, id, at, kind, key, reference, about, gross, fee,"
    " currency) SELECT (value ->> 0)::bigint, ?1, value ->> 1, (value ->> 2)::bigint,"
    " (value ->> 3)::bigint, value ->> 4, value ->> 5, value ->> 6, (value ->> 7)::bigint,"
    " (value ->> 8)::bigint, value ->> 9 FROM json_array_elements(?2::text::json)"};

constexpr Sql kPutNotice{
    Audience::kPlatform,
    "INSERT INTO sandbox_notices (tenant_id, bank, id, copy, due_at, tries, at, body)"
    " VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (tenant_id, bank, id, copy) DO UPDATE"
    " SET due_at = excluded.due_at, tries = excluded.tries"};
constexpr Sql kDueNotices{Audience::kPlatform,
                          "SELECT tenant_id, id, copy, due_at, tries, at, body FROM sandbox_notices"
                          " WHERE bank = ?1 AND due_at <= ?2 ORDER BY due_at, id LIMIT ?3"};
constexpr Sql kForgetNotices{Audience::kPlatform,
                             "DELETE FROM sandbox_notices WHERE bank = ?1 AND due_at IS NULL"
                             " AND at < ?2"};
constexpr Sql kNextDue{
    Audience::kPlatform,
    "SELECT (SELECT min(due_at) FROM sandbox_objects WHERE bank = ?1 AND due_at IS NOT NULL),"
    " (SELECT min(due_at) FROM sandbox_notices WHERE bank = ?1 AND due_at IS NOT NULL)"};

constexpr Sql kViewCall{Audience::kTenant,
                        "SELECT op, asked, fence, at, answer FROM sandbox_calls"
                        " WHERE tenant_id = :tenant AND bank = ?1 AND key = ?2"};
constexpr Sql kViewMoves{Audience::kTenant,
                         "SELECT count(*), coalesce(sum(gross), 0) FROM sandbox_moves"
                         " WHERE tenant_id = :tenant AND bank = ?1 AND key = ?2",
                         "SELECT count(*), coalesce(sum(gross), 0)::bigint FROM sandbox_moves"
                         " WHERE tenant_id = :tenant AND bank = ?1 AND key = ?2"};
constexpr Sql kMoves{Audience::kTenant,
                     "SELECT id, kind, key, reference, about, gross, fee, currency, at"
                     " FROM sandbox_moves WHERE tenant_id = :tenant AND bank = ?1 AND at >= ?2"
                     " AND at < ?3 AND (at, id) > (?4, ?5) ORDER BY at, id LIMIT ?6"};
constexpr Sql kBalances{Audience::kTenant,
                        "SELECT currency, sum(gross - fee) FROM sandbox_moves"
                        " WHERE tenant_id = :tenant AND bank = ?1 AND at < ?2 GROUP BY currency",
                        "SELECT currency, sum(gross - fee)::bigint FROM sandbox_moves"
                        " WHERE tenant_id = :tenant AND bank = ?1 AND at < ?2 GROUP BY currency"};
// A refund that failed has moved there and back under its key.
constexpr Sql kMovedTwice{
    Audience::kTenant,
    "SELECT count(*) FROM (SELECT key FROM sandbox_moves WHERE tenant_id = :tenant AND bank = ?1"
    " AND key <> '' GROUP BY key, kind HAVING count(*) > 1) AS twice"};

constexpr std::array<const Sql*, 5> kStatements{&kViewCall, &kViewMoves, &kMoves, &kBalances,
                                                &kMovedTwice};

std::string array_of(const Places& places) {
  std::string out;
  json::Writer json(out);
  json.begin_array();
  for (const auto& [tenant, name] : places) {
    json.begin_array().integer(tenant.value).string(name).end_array();
  }
  json.end_array();
  return out;
}

std::optional<base::Time> maybe_time(const Row& row, int column) {
  const auto micros = row.maybe_integer(column);
  return micros ? std::optional(base::from_micros(*micros)) : std::nullopt;
}

// An error inside a callback comes out of the statement.
class Reading {
 public:
  template <class F>
  storage::RowSink each(F read) {
    return [this, read](const Row& row) {
      if (!status_.ok()) return;
      status_ = read(row);
    };
  }
  Status take(const Result<std::int64_t>& done) {
    if (!done.ok()) return done.error();
    return status_;
  }

 private:
  Status status_;
};

Status read_call(const Row& row, int first, SandboxCall& call) {
  call.op = static_cast<ProviderOp>(row.integer(first));
  call.asked = row.integer(first + 1);
  call.fence = base::from_micros(row.integer(first + 2));
  call.at = base::from_micros(row.integer(first + 3));
  return read_json(row.text(first + 4), call);
}

Status read_object(const Row& row, SandboxBook& book) {
  ASHLAR_ASSIGN(SandboxObject object, object_of_json(row.text(3)));
  object.due_at = maybe_time(row, 2);
  book.load_object(base::TenantId(row.integer(0)), std::string(row.text(1)), std::move(object));
  return base::ok_status();
}

template <class T, class F>
Status put_rows(Transaction& tx, const Sql& sql, std::string_view bank,
                const SandboxBook::Rows<T>& rows, F write) {
  std::string out;
  json::Writer json(out);
  json.begin_array();
  bool any = false;
  for (const auto& [place, row] : rows) {
    if (!row.dirty) continue;
    any = true;
    json.begin_array().integer(place.first.value).string(place.second);
    write(json, row.value);
    json.end_array();
  }
  json.end_array();
  if (any) ASHLAR_TRY(tx.execute(sql, {bank, out}));
  return base::ok_status();
}

std::string rows_of(const std::vector<SandboxMove>& moves) {
  std::string out;
  json::Writer json(out);
  json.begin_array();
  for (const SandboxMove& move : moves) {
    json.begin_array().integer(move.tenant.value).string(move.id);
    json.integer(base::to_micros(move.at)).integer(static_cast<std::int64_t>(move.kind));
    json.string(move.key).string(move.reference).string(move.about);
    json.integer(move.gross).integer(move.fee).string(move.currency).end_array();
  }
  json.end_array();
  return out;
}

}  // namespace

Status lock_book(Transaction& tx, std::string_view bank) {
  ASHLAR_ASSIGN(const std::int64_t locked, tx.execute(kLockBook, {bank}));
  if (locked == 1) return base::ok_status();
  ASHLAR_TRY(tx.execute(kOpenBook, {bank}));
  ASHLAR_TRY(tx.execute(kLockBook, {bank}));
  return base::ok_status();
}

Status load_calls(Transaction& tx, std::string_view bank, const Places& keys, SandboxBook& book) {
  if (keys.empty()) return base::ok_status();
  Reading reading;
  return reading.take(
      tx.query(kLoadCalls, {bank, array_of(keys)}, reading.each([&](const Row& row) -> Status {
        SandboxCall call;
        ASHLAR_TRY(read_call(row, 2, call));
        book.load_call(base::TenantId(row.integer(0)), std::string(row.text(1)), std::move(call));
        return base::ok_status();
      })));
}

Status load_objects(Transaction& tx, std::string_view bank, const Places& references,
                    SandboxBook& book) {
  if (references.empty()) return base::ok_status();
  Reading reading;
  return reading.take(
      tx.query(kLoadObjects, {bank, array_of(references)},
               reading.each([&](const Row& row) { return read_object(row, book); })));
}

Result<std::vector<SandboxBook::Place>> load_due(Transaction& tx, std::string_view bank,
                                                 base::Time now, std::int64_t limit,
                                                 SandboxBook& book) {
  std::vector<SandboxBook::Place> due;
  Reading reading;
  ASHLAR_TRY(reading.take(
      tx.query(kLoadDue, {bank, base::to_micros(now), limit}, reading.each([&](const Row& row) {
        due.emplace_back(base::TenantId(row.integer(0)), std::string(row.text(1)));
        return read_object(row, book);
      }))));
  return due;
}

Status save_book(Transaction& tx, std::string_view bank, const SandboxBook& book) {
  ASHLAR_TRY(
      put_rows(tx, kPutCalls, bank, book.calls(), [](json::Writer& json, const SandboxCall& call) {
        json.integer(static_cast<std::int64_t>(call.op)).integer(call.asked);
        json.integer(base::to_micros(call.fence));
        json.integer(base::to_micros(call.at)).string(to_json(call));
      }));
  ASHLAR_TRY(put_rows(tx, kPutObjects, bank, book.objects(),
                      [](json::Writer& json, const SandboxObject& object) {
                        if (object.due_at) {
                          json.integer(base::to_micros(*object.due_at));
                        } else {
                          json.null();
                        }
                        json.string(to_json(object));
                      }));
  if (book.moves().empty()) return base::ok_status();
  ASHLAR_TRY(tx.execute(kAddMoves, {bank, rows_of(book.moves())}));
  return base::ok_status();
}

Result<std::vector<StoredNotice>> due_notices(Transaction& tx, std::string_view bank,
                                              base::Time now, std::int64_t limit) {
  std::vector<StoredNotice> due;
  ASHLAR_TRY(tx.query(kDueNotices, {bank, base::to_micros(now), limit}, [&](const Row& row) {
    due.push_back({.tenant = base::TenantId(row.integer(0)),
                   .id = std::string(row.text(1)),
                   .copy = static_cast<int>(row.integer(2)),
                   .tries = static_cast<int>(row.integer(4)),
                   .at = base::from_micros(row.integer(5)),
                   .due_at = maybe_time(row, 3),
                   .body = std::string(row.text(6))});
  }));
  return due;
}

Status put_notice(Transaction& tx, std::string_view bank, const StoredNotice& notice) {
  const storage::Param due =
      notice.due_at ? storage::Param(base::to_micros(*notice.due_at)) : storage::Param(nullptr);
  ASHLAR_TRY(tx.execute(kPutNotice,
                        {bank, notice.tenant.value, notice.id, std::int64_t{notice.copy}, due,
                         std::int64_t{notice.tries}, base::to_micros(notice.at), notice.body}));
  return base::ok_status();
}

Status forget_notices(Transaction& tx, std::string_view bank, base::Time before) {
  ASHLAR_TRY(tx.execute(kForgetNotices, {bank, base::to_micros(before)}));
  return base::ok_status();
}

Result<std::optional<base::Time>> next_due(Transaction& tx, std::string_view bank,
                                           bool with_notices) {
  std::optional<base::Time> next;
  ASHLAR_TRY(tx.query(kNextDue, {bank}, [&](const Row& row) {
    const auto object = maybe_time(row, 0);
    const auto notice = with_notices ? maybe_time(row, 1) : std::nullopt;
    next = object && notice ? std::min(*object, *notice) : object ? object : notice;
  }));
  return next;
}

Result<std::optional<KeyView>> view_key(Transaction& tx, std::string_view bank,
                                        const std::string& key) {
  std::optional<KeyView> view;
  Reading reading;
  ASHLAR_TRY(reading.take(tx.query(kViewCall, {bank, key}, reading.each([&](const Row& row) {
    view.emplace();
    return read_call(row, 0, view->call);
  }))));
  if (!view) return view;
  ASHLAR_TRY(tx.query(kViewMoves, {bank, key}, [&](const Row& row) {
    view->moves = row.integer(0);
    view->gross = row.integer(1);
  }));
  return view;
}

Result<std::vector<SandboxMove>> moves_between(Transaction& tx, std::string_view bank,
                                               base::Time from, base::Time to,
                                               const MovePlace& after, std::int64_t limit) {
  std::vector<SandboxMove> moves;
  ASHLAR_TRY(tx.query(kMoves,
                      {bank, base::to_micros(from), base::to_micros(to), base::to_micros(after.at),
                       after.id, limit},
                      [&](const Row& row) {
                        SandboxMove move;
                        move.tenant = tx.context().tenant_id();
                        move.id = row.text(0);
                        move.kind = static_cast<MoveKind>(row.integer(1));
                        move.key = row.text(2);
                        move.reference = row.text(3);
                        move.about = row.text(4);
                        move.gross = row.integer(5);
                        move.fee = row.integer(6);
                        move.currency = row.text(7);
                        move.at = base::from_micros(row.integer(8));
                        moves.push_back(std::move(move));
                      }));
  return moves;
}

Result<std::map<std::string, std::int64_t>> balances_before(Transaction& tx, std::string_view bank,
                                                            base::Time at) {
  std::map<std::string, std::int64_t> balances;
  ASHLAR_TRY(tx.query(kBalances, {bank, base::to_micros(at)}, [&](const Row& row) {
    balances[std::string(row.text(0))] = row.integer(1);
  }));
  return balances;
}

Result<std::int64_t> keys_moved_twice(Transaction& tx, std::string_view bank) {
  std::int64_t count = 0;
  ASHLAR_TRY(tx.query(kMovedTwice, {bank}, [&](const Row& row) { count = row.integer(0); }));
  return count;
}

std::span<const Sql* const> sandbox_statements() { return kStatements; }

}  // namespace ashlar::payments::store
