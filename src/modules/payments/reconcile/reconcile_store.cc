#include "modules/payments/reconcile/reconcile_store.h"

#include <array>
#include <limits>

#include "modules/payments/reconcile/run_totals.h"
#include "platform/storage/database.h"

namespace ashlar::payments::reconcile::store {
namespace {

using storage::Audience;
using storage::Blob;
using storage::Param;
using storage::Row;
using storage::Sql;

#define RUN_COLUMNS                                                                 \
  "id, provider, day, version, state, format, hash, statement_id, asked_by, items," \
  " breaks, open, totals, at"
#define ITEM_COLUMNS                                                                         \
  "run, no, provider, day, outcome, state, kind, reference, currency, description, payment," \
  " object, entry, our_amount, our_fee, our_day, their_amount, their_fee, their_day, line,"  \
  " suspense, bookings, resolution, resolved_run, note, resolved_by, resolved_at"

constexpr Sql kInsertRun{Audience::kTenant,
                         "INSERT INTO reconcile_runs (tenant_id, " RUN_COLUMNS
                         ") VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                         " ?13, ?14) ON CONFLICT DO NOTHING"};
constexpr Sql kUpdateRun{Audience::kTenant,
                         "UPDATE reconcile_runs SET state = ?2, items = ?3, breaks = ?4,"
                         " open = ?5, totals = ?6, at = ?7"
                         " WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kDeleteRun{Audience::kTenant,
                         "DELETE FROM reconcile_runs WHERE tenant_id = :tenant AND id = ?1"
                         " AND state = 0"};
constexpr Sql kDeleteItems{Audience::kTenant,
                           "DELETE FROM reconcile_items WHERE tenant_id = :tenant AND run = ?1"};
constexpr Sql kFindRun{Audience::kTenant, "SELECT " RUN_COLUMNS
                                          " FROM reconcile_runs"
                                          " WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kLatest{Audience::kTenant,
                      "SELECT " RUN_COLUMNS
                      " FROM reconcile_runs WHERE tenant_id = :tenant AND provider = ?1"
                      " AND day = ?2 ORDER BY version DESC LIMIT 1"};
constexpr Sql kListRuns{Audience::kTenant,
                        "SELECT " RUN_COLUMNS
                        " FROM reconcile_runs WHERE tenant_id = :tenant"
                        " AND (day < ?1 OR (day = ?1 AND id < ?2))"
                        " AND (?3 = '' OR provider = ?3) ORDER BY day DESC, id DESC LIMIT ?4"};
constexpr Sql kInsertItem{
    Audience::kTenant,
    "INSERT INTO reconcile_items (tenant_id, " ITEM_COLUMNS
    ") VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
    " ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)"};
constexpr Sql kUpdateItem{
    Audience::kTenant,
    "UPDATE reconcile_items SET outcome = ?3, state = ?4, payment = ?5, object = ?6, entry = ?7,"
    " our_amount = ?8, our_fee = ?9, our_day = ?10, suspense = ?11, bookings = ?12,"
    " resolution = ?13, resolved_run = ?14, note = ?15, resolved_by = ?16, resolved_at = ?17"
    " WHERE tenant_id = :tenant AND run = ?1 AND no = ?2"};
constexpr Sql kFindItem{Audience::kTenant, "SELECT " ITEM_COLUMNS
                                           " FROM reconcile_items"
                                           " WHERE tenant_id = :tenant AND run = ?1 AND no = ?2"};
// -1: any.
constexpr Sql kListItems{Audience::kTenant,
                         "SELECT " ITEM_COLUMNS
                         " FROM reconcile_items WHERE tenant_id = :tenant AND run = ?1"
                         " AND no > ?2 AND (?3 = -1 OR outcome = ?3) AND (?4 = -1 OR state = ?4)"
                         " AND outcome <> ?5 ORDER BY no LIMIT ?6"};
constexpr Sql kListOpen{
    Audience::kTenant,
    "SELECT " ITEM_COLUMNS
    " FROM reconcile_items WHERE tenant_id = :tenant AND state = 1 AND (?1 = '' OR provider = ?1)"
    " AND (day > ?2 OR (day = ?2 AND (run > ?3 OR (run = ?3 AND no > ?4))))"
    " ORDER BY day, run, no LIMIT ?5"};
constexpr Sql kOpenWith{
    Audience::kTenant,
    "SELECT " ITEM_COLUMNS
    " FROM reconcile_items WHERE tenant_id = :tenant AND state = 1 AND provider = ?1"
    " AND outcome = ?2 AND run <> ?3 ORDER BY day, run, no LIMIT ?4"};
constexpr Sql kAppeared{
    Audience::kTenant,
    "SELECT " ITEM_COLUMNS
    " FROM reconcile_items WHERE tenant_id = :tenant AND provider = ?1 AND our_day IS NOT NULL"
    " AND resolved_run = ?2 AND resolution = 'appeared' AND state = 2 ORDER BY run, no"};
constexpr Sql kClaimed{Audience::kTenant,
                       "SELECT entry FROM reconcile_items WHERE tenant_id = :tenant"
                       " AND provider = ?1 AND our_day >= ?2 AND our_day <= ?3 AND state <> 3"
                       " AND outcome <> 1 AND run <> ?4"};
constexpr Sql kAddOpen{Audience::kTenant,
                       "UPDATE reconcile_runs SET open = open + ?2"
                       " WHERE tenant_id = :tenant AND id = ?1"};
constexpr Sql kReplaceItems{Audience::kTenant,
                            "UPDATE reconcile_items SET state = 3, suspense = 0"
                            " WHERE tenant_id = :tenant AND run = ?1"};
constexpr std::array<const Sql*, 17> kStatements{
    &kInsertRun, &kUpdateRun,  &kDeleteRun,  &kDeleteItems,  &kFindRun,   &kLatest,
    &kListRuns,  &kInsertItem, &kUpdateItem, &kFindItem,     &kListItems, &kListOpen,
    &kOpenWith,  &kAppeared,   &kClaimed,    &kReplaceItems, &kAddOpen};

std::int64_t micros(Day day) { return base::to_micros(start_of(day)); }
Day day_at(std::int64_t micros) { return day_of(base::from_micros(micros)); }
template <class Enum>
std::int64_t number(Enum value) {
  return static_cast<std::int64_t>(value);
}
Param maybe(const std::optional<Half>& half, Money Half::* member) {
  return half ? Param((*half).*member) : Param(nullptr);
}
Param maybe_day(const std::optional<Half>& half) {
  return half ? Param(micros(half->day)) : Param(nullptr);
}
Param maybe_time(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}

std::optional<Half> read_half(const Row& row, int first) {
  if (row.is_null(first)) return std::nullopt;
  return Half{row.integer(first), row.integer(first + 1), day_at(row.integer(first + 2))};
}

Item read_item(const Row& row) {
  Item item;
  item.run = row.text(0);
  item.no = row.integer(1);
  item.provider = row.text(2);
  item.day = day_at(row.integer(3));
  item.outcome = static_cast<Outcome>(row.integer(4));
  item.state = static_cast<ItemState>(row.integer(5));
  item.kind = static_cast<LineKind>(row.integer(6));
  item.reference = row.text(7);
  item.currency = row.text(8);
  item.description = row.text(9);
  item.payment = row.text(10);
  item.object = row.text(11);
  item.entry = row.text(12);
  item.ours = read_half(row, 13);
  item.theirs = read_half(row, 16);
  item.row = row.integer(19);
  item.suspense = row.integer(20);
  item.bookings = row.integer(21);
  item.resolution = row.text(22);
  item.resolved_run = row.text(23);
  item.note = row.text(24);
  item.by = row.text(25);
  if (!row.is_null(26)) item.resolved_at = base::from_micros(row.integer(26));
  return item;
}

base::Result<std::vector<Item>> items_of(storage::Transaction& tx, const Sql& sql,
                                         std::initializer_list<Param> params) {
  std::vector<Item> items;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) { items.push_back(read_item(row)); }));
  return items;
}

base::Result<std::vector<Run>> runs_of(storage::Transaction& tx, const Sql& sql,
                                       std::initializer_list<Param> params) {
  std::vector<Run> runs;
  std::vector<std::string> totals;
  ASHLAR_TRY(tx.query(sql, params, [&](const Row& row) {
    Run run;
    run.id = row.text(0);
    run.provider = row.text(1);
    run.day = day_at(row.integer(2));
    run.version = row.integer(3);
    run.state = static_cast<RunState>(row.integer(4));
    run.format = static_cast<StatementFormat>(row.integer(5));
    run.hash = row.blob(6);
    run.statement_id = row.text(7);
    run.by = row.text(8);
    run.items = row.integer(9);
    run.breaks = row.integer(10);
    run.open = row.integer(11);
    totals.emplace_back(row.text(12));
    run.at = base::from_micros(row.integer(13));
    runs.push_back(std::move(run));
  }));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    ASHLAR_ASSIGN(runs[i].totals, totals_of_text(totals[i]));
  }
  return runs;
}

template <class T>
std::optional<T> first_of(std::vector<T> found) {
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace

base::Result<bool> insert_run(storage::Transaction& tx, const Run& run) {
  const std::string totals = totals_text(run.totals);
  ASHLAR_ASSIGN(
      const std::int64_t rows,
      tx.execute(kInsertRun, {run.id, run.provider, micros(run.day), run.version, number(run.state),
                              number(run.format), Blob{run.hash}, run.statement_id, run.by,
                              run.items, run.breaks, run.open, totals, base::to_micros(run.at)}));
  return rows == 1;
}

base::Status update_run(storage::Transaction& tx, const Run& run) {
  const std::string totals = totals_text(run.totals);
  ASHLAR_TRY(tx.execute(kUpdateRun, {run.id, number(run.state), run.items, run.breaks, run.open,
                                     totals, base::to_micros(run.at)}));
  return base::ok_status();
}

base::Status delete_run(storage::Transaction& tx, std::string_view id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kDeleteRun, {id}));
  if (rows == 0) return base::ok_status();
  ASHLAR_TRY(tx.execute(kDeleteItems, {id}));
  return base::ok_status();
}

base::Result<std::optional<Run>> find_run(storage::Transaction& tx, std::string_view id) {
  ASHLAR_ASSIGN(std::vector<Run> found, runs_of(tx, kFindRun, {id}));
  return first_of(std::move(found));
}

base::Result<std::optional<Run>> latest_run(storage::Transaction& tx, std::string_view provider,
                                            Day day) {
  ASHLAR_ASSIGN(std::vector<Run> found, runs_of(tx, kLatest, {provider, micros(day)}));
  return first_of(std::move(found));
}

base::Result<std::vector<Run>> list_runs(storage::Transaction& tx, std::string_view provider,
                                         const std::optional<RunPlace>& before,
                                         std::int64_t limit) {
  const std::int64_t day = before ? micros(before->day) : std::numeric_limits<std::int64_t>::max();
  const std::string_view id = before ? std::string_view(before->id) : std::string_view();
  return runs_of(tx, kListRuns, {day, id, provider, limit});
}

base::Status insert_item(storage::Transaction& tx, const Item& item) {
  ASHLAR_TRY(tx.execute(kInsertItem, {item.run,
                                      item.no,
                                      item.provider,
                                      micros(item.day),
                                      number(item.outcome),
                                      number(item.state),
                                      number(item.kind),
                                      item.reference,
                                      item.currency,
                                      item.description,
                                      item.payment,
                                      item.object,
                                      item.entry,
                                      maybe(item.ours, &Half::amount),
                                      maybe(item.ours, &Half::fee),
                                      maybe_day(item.ours),
                                      maybe(item.theirs, &Half::amount),
                                      maybe(item.theirs, &Half::fee),
                                      maybe_day(item.theirs),
                                      item.row,
                                      item.suspense,
                                      item.bookings,
                                      item.resolution,
                                      item.resolved_run,
                                      item.note,
                                      item.by,
                                      maybe_time(item.resolved_at)}));
  return base::ok_status();
}

base::Status update_item(storage::Transaction& tx, const Item& item) {
  ASHLAR_TRY(tx.execute(
      kUpdateItem,
      {item.run, item.no, number(item.outcome), number(item.state), item.payment, item.object,
       item.entry, maybe(item.ours, &Half::amount), maybe(item.ours, &Half::fee),
       maybe_day(item.ours), item.suspense, item.bookings, item.resolution, item.resolved_run,
       item.note, item.by, maybe_time(item.resolved_at)}));
  return base::ok_status();
}

base::Result<std::optional<Item>> find_item(storage::Transaction& tx, std::string_view run,
                                            std::int64_t no) {
  ASHLAR_ASSIGN(std::vector<Item> found, items_of(tx, kFindItem, {run, no}));
  return first_of(std::move(found));
}

base::Result<std::vector<Item>> list_items(storage::Transaction& tx, std::string_view run,
                                           const ItemFilter& filter, std::int64_t after,
                                           std::int64_t limit) {
  const std::int64_t outcome = filter.outcome ? number(*filter.outcome) : -1;
  const std::int64_t state = filter.state ? number(*filter.state) : -1;
  const std::int64_t but_not = filter.breaks_only ? number(Outcome::kMatched) : -1;
  return items_of(tx, kListItems, {run, after, outcome, state, but_not, limit});
}

base::Result<std::vector<Item>> list_open(storage::Transaction& tx, std::string_view provider,
                                          const std::optional<ItemPlace>& after,
                                          std::int64_t limit) {
  const std::int64_t day = after ? micros(after->day) : std::numeric_limits<std::int64_t>::min();
  const std::string_view run = after ? std::string_view(after->run) : std::string_view();
  return items_of(tx, kListOpen, {provider, day, run, after ? after->no : std::int64_t{0}, limit});
}

base::Result<std::vector<Item>> open_with(storage::Transaction& tx, std::string_view provider,
                                          Outcome outcome, std::string_view but_not,
                                          std::int64_t limit) {
  return items_of(tx, kOpenWith, {provider, number(outcome), but_not, limit});
}

base::Result<std::vector<Item>> appeared_by(storage::Transaction& tx, std::string_view provider,
                                            std::string_view run) {
  return items_of(tx, kAppeared, {provider, run});
}

base::Result<std::set<std::string>> claimed_entries(storage::Transaction& tx,
                                                    std::string_view provider, Day from, Day to,
                                                    std::string_view but_not) {
  std::set<std::string> entries;
  ASHLAR_TRY(tx.query(kClaimed, {provider, micros(from), micros(to), but_not},
                      [&](const Row& row) { entries.emplace(row.text(0)); }));
  return entries;
}

base::Status add_open(storage::Transaction& tx, std::string_view run, std::int64_t more) {
  ASHLAR_TRY(tx.execute(kAddOpen, {run, more}));
  return base::ok_status();
}

base::Status mark_replaced(storage::Transaction& tx, std::string_view run) {
  ASHLAR_TRY(tx.execute(kReplaceItems, {run}));
  return base::ok_status();
}

std::span<const Sql* const> statements() { return kStatements; }

}  // namespace ashlar::payments::reconcile::store
