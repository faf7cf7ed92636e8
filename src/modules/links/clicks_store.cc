#include "modules/links/clicks_store.h"

#include <algorithm>
#include <array>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kClaimFlush{Audience::kPlatform,
                          "INSERT INTO links_click_writers (writer, seq, at) VALUES (?1, ?2, ?3)"
                          " ON CONFLICT (writer) DO UPDATE SET seq = excluded.seq, at = excluded.at"
                          " WHERE links_click_writers.seq < excluded.seq RETURNING seq"};
constexpr Sql kForgetWriters{Audience::kPlatform, "DELETE FROM links_click_writers WHERE at < ?1"};
constexpr Sql kForgetWriter{Audience::kPlatform,
                            "DELETE FROM links_click_writers WHERE writer = ?1"};

// Many rows in one statement: ?1 is [[tenant, link, hour, clicks], …], each key once. PostgreSQL
// would turn EXISTS into a join, which loses the order and may read all links.
constexpr Sql kAddCounts{
    Audience::kPlatform,
    "INSERT INTO links_clicks_hourly (tenant_id, link_id, hour, clicks)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)"
    " WHERE EXISTS (SELECT 1 FROM links WHERE tenant_id = value ->> 0)"
    " ON CONFLICT (tenant_id, link_id, hour) DO UPDATE"
    " SET clicks = links_clicks_hourly.clicks + excluded.clicks",
    "INSERT INTO links_clicks_hourly (tenant_id, link_id, hour, clicks)"
    " SELECT (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint,"
    " (value ->> 3)::bigint FROM json_array_elements(?1::text::json)"
    " WHERE (SELECT 1 FROM links WHERE tenant_id = (value ->> 0)::bigint LIMIT 1) IS NOT NULL"
    " ON CONFLICT (tenant_id, link_id, hour) DO UPDATE"
    " SET clicks = links_clicks_hourly.clicks + excluded.clicks"};

// ?1 is [[tenant, link, bots], …], each link once.
constexpr Sql kAddBots{
    Audience::kPlatform,
    "INSERT INTO links_clicks_hourly (tenant_id, link_id, hour, clicks, bots)"
    " SELECT value ->> 0, value ->> 1, 0, 0, value ->> 2 FROM json_each(?1)"
    " WHERE EXISTS (SELECT 1 FROM links WHERE tenant_id = value ->> 0)"
    " ON CONFLICT (tenant_id, link_id, hour) DO UPDATE"
    " SET bots = coalesce(links_clicks_hourly.bots, 0) + excluded.bots",
    "INSERT INTO links_clicks_hourly (tenant_id, link_id, hour, clicks, bots)"
    " SELECT (value ->> 0)::bigint, (value ->> 1)::bigint, 0, 0, (value ->> 2)::bigint"
    " FROM json_array_elements(?1::text::json)"
    " WHERE (SELECT 1 FROM links WHERE tenant_id = (value ->> 0)::bigint LIMIT 1) IS NOT NULL"
    " ON CONFLICT (tenant_id, link_id, hour) DO UPDATE"
    " SET bots = coalesce(links_clicks_hourly.bots, 0) + excluded.bots"};

constexpr Sql kAppendBatch{Audience::kPlatform,
                           "INSERT INTO links_click_batches (level, counted_until, pairs, data)"
                           " VALUES (?1, ?2, ?3, ?4)"};
constexpr Sql kListBatches{Audience::kPlatform,
                           "SELECT id, level, counted_until, pairs FROM links_click_batches"
                           " ORDER BY id LIMIT ?1"};
constexpr Sql kReadBatch{Audience::kPlatform, "SELECT data FROM links_click_batches WHERE id = ?1"};
constexpr Sql kTakeBatch{Audience::kPlatform,
                         "DELETE FROM links_click_batches WHERE id = ?1 RETURNING data"};
constexpr Sql kRemoveBatch{Audience::kPlatform, "DELETE FROM links_click_batches WHERE id = ?1"};

// ?1 is [[tenant, link, at, agent, referrer or null], …].
constexpr Sql kAddDetails{
    Audience::kPlatform,
    "INSERT INTO links_clicks (tenant_id, link_id, at, agent, referrer)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)"
    " WHERE EXISTS (SELECT 1 FROM links WHERE tenant_id = value ->> 0)",
    "INSERT INTO links_clicks (tenant_id, link_id, at, agent, referrer)"
    " SELECT (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint,"
    " (value ->> 3)::bigint, value ->> 4 FROM json_array_elements(?1::text::json)"
    " WHERE (SELECT 1 FROM links WHERE tenant_id = (value ->> 0)::bigint LIMIT 1) IS NOT NULL"};
constexpr Sql kTrimDetails{
    Audience::kPlatform,
    "DELETE FROM links_clicks WHERE tenant_id = ?1 AND link_id = ?2 AND id <="
    " (SELECT id FROM links_clicks WHERE tenant_id = ?1 AND link_id = ?2"
    " ORDER BY id DESC LIMIT 1 OFFSET ?3)"};
// Ids rise with time, so the oldest are the first: no index on time is needed.
constexpr Sql kExpireDetails{
    Audience::kPlatform,
    "DELETE FROM links_clicks WHERE id IN (SELECT id FROM (SELECT id, at FROM links_clicks"
    " ORDER BY id LIMIT ?2) AS oldest WHERE at < ?1)"};

// ?1 is [link, …].
constexpr Sql kNameLinks{
    Audience::kPlatform,
    "SELECT l.id, l.code, coalesce(h.clicks, 0), d.host FROM links AS l"
    " LEFT JOIN links_clicks_hourly AS h"
    " ON h.tenant_id = l.tenant_id AND h.link_id = l.id AND h.hour = 0"
    " LEFT JOIN links_domains AS d ON d.id = l.domain_id"
    " WHERE l.id IN (SELECT value FROM json_each(?1))",
    "SELECT l.id, l.code, coalesce(h.clicks, 0), d.host FROM links AS l"
    " LEFT JOIN links_clicks_hourly AS h"
    " ON h.tenant_id = l.tenant_id AND h.link_id = l.id AND h.hour = 0"
    " LEFT JOIN links_domains AS d ON d.id = l.domain_id"
    " WHERE l.id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};

constexpr Sql kTotalClicks{Audience::kTenant,
                           "SELECT clicks FROM links_clicks_hourly"
                           " WHERE tenant_id = :tenant AND link_id = ?1 AND hour = 0"};
constexpr Sql kTotals{
    Audience::kTenant,
    "SELECT link_id, clicks FROM links_clicks_hourly WHERE tenant_id = :tenant AND hour = 0"
    " AND link_id IN (SELECT value FROM json_each(?1))",
    "SELECT link_id, clicks FROM links_clicks_hourly WHERE tenant_id = :tenant AND hour = 0"
    " AND link_id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};
constexpr Sql kTotalsWithBots{
    Audience::kTenant,
    "SELECT link_id, clicks, coalesce(bots, 0) FROM links_clicks_hourly"
    " WHERE tenant_id = :tenant AND hour = 0 AND link_id IN (SELECT value FROM json_each(?1))",
    "SELECT link_id, clicks, coalesce(bots, 0) FROM links_clicks_hourly"
    " WHERE tenant_id = :tenant AND hour = 0"
    " AND link_id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};
constexpr Sql kHourly{Audience::kTenant,
                      "SELECT hour, clicks FROM links_clicks_hourly"
                      " WHERE tenant_id = :tenant AND link_id = ?1 AND hour >= ?2 ORDER BY hour"};
// A fact of the installation, not of a tenant; :tenant is there because the statement runs for one.
constexpr Sql kWaitSince{Audience::kTenant,
                         "SELECT min(counted_until) FROM links_click_batches WHERE :tenant > 0"};
constexpr Sql kListDetails{Audience::kTenant,
                           "SELECT id, at, agent, referrer FROM links_clicks"
                           " WHERE tenant_id = :tenant AND link_id = ?1 AND id < ?2"
                           " ORDER BY id DESC LIMIT ?3"};
constexpr Sql kForgetCounts{Audience::kTenant,
                            "DELETE FROM links_clicks_hourly WHERE tenant_id = :tenant"
                            " AND link_id = ?1"};
constexpr Sql kForgetDetails{Audience::kTenant,
                             "DELETE FROM links_clicks WHERE tenant_id = :tenant AND link_id = ?1"};
constexpr Sql kExportCounts{
    Audience::kTenant,
    "SELECT h.tenant_id, h.link_id, h.hour, h.clicks, l.code, d.host FROM links_clicks_hourly AS h"
    " JOIN links AS l ON l.id = h.link_id AND l.tenant_id = :tenant"
    " LEFT JOIN links_domains AS d ON d.id = l.domain_id AND d.tenant_id = :tenant"
    " WHERE h.tenant_id = :tenant AND (h.link_id, h.hour) > (?1, ?2) AND h.hour > 0"
    " ORDER BY h.link_id, h.hour LIMIT ?3"};
constexpr Sql kEraseDetails{Audience::kTenant,
                            "DELETE FROM links_clicks WHERE tenant_id = :tenant AND id IN"
                            " (SELECT id FROM links_clicks WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseCounts{
    Audience::kTenant,
    "DELETE FROM links_clicks_hourly WHERE tenant_id = :tenant AND (link_id, hour) IN"
    " (SELECT link_id, hour FROM links_clicks_hourly WHERE tenant_id = :tenant"
    " ORDER BY link_id, hour LIMIT ?1)"};

constexpr std::array<const Sql*, 25> kStatements{
    &kAddBots,       &kTotalsWithBots, &kForgetCounts, &kForgetDetails, &kClaimFlush,
    &kForgetWriters, &kForgetWriter,   &kAddCounts,    &kAppendBatch,   &kListBatches,
    &kReadBatch,     &kTakeBatch,      &kRemoveBatch,  &kAddDetails,    &kTrimDetails,
    &kExpireDetails, &kNameLinks,      &kTotalClicks,  &kTotals,        &kHourly,
    &kWaitSince,     &kListDetails,    &kExportCounts, &kEraseDetails,  &kEraseCounts};

void write_count(json::Writer& json, const ClickCount& count, Hour hour, std::int64_t clicks) {
  json.begin_array().integer(count.tenant.value).integer(count.link.value);
  json.integer(hour).integer(clicks).end_array();
}

// Each link's total first, then its hours: the order of the table's key.
std::string counts_json(std::span<const ClickCount> counts) {
  std::string text;
  text.reserve(counts.size() * 64);
  json::Writer json(text);
  json.begin_array();
  for (std::size_t begin = 0; begin < counts.size();) {
    std::size_t end = begin;
    std::int64_t total = 0;
    while (end < counts.size() && counts[end].tenant == counts[begin].tenant &&
           counts[end].link == counts[begin].link) {
      total += counts[end++].clicks;
    }
    write_count(json, counts[begin], links::kTotal, total);
    for (; begin < end; ++begin)
      write_count(json, counts[begin], counts[begin].hour, counts[begin].clicks);
  }
  json.end_array();
  return text;
}

std::string ids_json(std::span<const LinkId> links) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const LinkId link : links) json.integer(link.value);
  json.end_array();
  return text;
}

}  // namespace

base::Result<bool> claim_flush(storage::Transaction& tx, std::int64_t writer, std::int64_t seq,
                               base::Time at) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.query(kClaimFlush, {writer, seq, base::to_micros(at)}, [](const Row&) {}));
  return rows == 1;
}

base::Status forget_writers(storage::Transaction& tx, base::Time last_seen_before) {
  ASHLAR_TRY(tx.execute(kForgetWriters, {base::to_micros(last_seen_before)}));
  return base::ok_status();
}

base::Status forget_writer(storage::Transaction& tx, std::int64_t writer) {
  ASHLAR_TRY(tx.execute(kForgetWriter, {writer}));
  return base::ok_status();
}

base::Status add_counts(storage::Transaction& tx, std::span<const ClickCount> counts) {
  if (counts.empty()) return base::ok_status();
  ASHLAR_TRY(tx.execute(kAddCounts, {counts_json(counts)}));
  return base::ok_status();
}

base::Status add_bots(storage::Transaction& tx, std::span<const ClickCount> bots) {
  if (bots.empty()) return base::ok_status();
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const ClickCount& each : bots) {
    json.begin_array().integer(each.tenant.value).integer(each.link.value);
    json.integer(each.clicks).end_array();
  }
  json.end_array();
  ASHLAR_TRY(tx.execute(kAddBots, {text}));
  return base::ok_status();
}

base::Status append_batch(storage::Transaction& tx, BatchLevel level, base::Time counted_until,
                          std::int64_t pairs, std::string_view data) {
  ASHLAR_TRY(
      tx.execute(kAppendBatch, {static_cast<std::int64_t>(level), base::to_micros(counted_until),
                                pairs, storage::Blob{data}}));
  return base::ok_status();
}

base::Result<std::vector<BatchInfo>> list_batches(storage::Transaction& tx, std::int64_t limit) {
  std::vector<BatchInfo> batches;
  ASHLAR_TRY(tx.query(kListBatches, {limit}, [&](const Row& row) {
    batches.push_back({row.integer(0), row.integer(1) == 0 ? BatchLevel::kRaw : BatchLevel::kSliced,
                       base::from_micros(row.integer(2)), row.integer(3)});
  }));
  return batches;
}

base::Result<std::optional<std::string>> read_batch(storage::Transaction& tx, std::int64_t id) {
  std::optional<std::string> data;
  ASHLAR_TRY(tx.query(kReadBatch, {id}, [&](const Row& row) { data = std::string(row.blob(0)); }));
  return data;
}

base::Result<std::optional<std::string>> take_batch(storage::Transaction& tx, std::int64_t id) {
  std::optional<std::string> data;
  ASHLAR_TRY(tx.query(kTakeBatch, {id}, [&](const Row& row) { data = std::string(row.blob(0)); }));
  return data;
}

base::Result<bool> remove_batch(storage::Transaction& tx, std::int64_t id) {
  ASHLAR_ASSIGN(const std::int64_t rows, tx.execute(kRemoveBatch, {id}));
  return rows == 1;
}

base::Status add_details(storage::Transaction& tx, std::span<const DetailEntry> details) {
  if (details.empty()) return base::ok_status();
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const DetailEntry& detail : details) {
    json.begin_array().integer(detail.tenant.value).integer(detail.link.value);
    json.integer(base::to_micros(detail.at)).integer(static_cast<std::int64_t>(detail.agent));
    if (detail.referrer_bytes == 0) {
      json.null();
    } else {
      json.string(detail.referrer_host());
    }
    json.end_array();
  }
  json.end_array();
  ASHLAR_TRY(tx.execute(kAddDetails, {text}));
  return base::ok_status();
}

base::Status trim_details(storage::Transaction& tx, base::TenantId tenant, LinkId link,
                          std::int64_t keep) {
  ASHLAR_TRY(tx.execute(kTrimDetails, {tenant.value, link.value, keep}));
  return base::ok_status();
}

base::Result<std::int64_t> expire_details(storage::Transaction& tx, base::Time before,
                                          std::int64_t limit) {
  return tx.execute(kExpireDetails, {base::to_micros(before), limit});
}

base::Result<std::vector<NamedTotal>> name_links(storage::Transaction& tx,
                                                 std::span<const LinkId> links) {
  std::vector<NamedTotal> named;
  ASHLAR_TRY(tx.query(kNameLinks, {ids_json(links)}, [&](const Row& row) {
    named.push_back({.link = LinkId(row.integer(0)),
                     .domain_host = row.maybe_text(3).value_or(""),
                     .code = std::string(row.text(1)),
                     .clicks = row.integer(2)});
  }));
  return named;
}

base::Result<std::int64_t> total_clicks(storage::Transaction& tx, LinkId link) {
  std::int64_t total = 0;
  ASHLAR_TRY(tx.query(kTotalClicks, {link.value}, [&](const Row& row) { total = row.integer(0); }));
  return total;
}

base::Status totals_of(storage::Transaction& tx, std::span<const LinkId> links,
                       const std::function<void(LinkId, std::int64_t)>& sink) {
  if (links.empty()) return base::ok_status();
  ASHLAR_TRY(tx.query(kTotals, {ids_json(links)},
                      [&](const Row& row) { sink(LinkId(row.integer(0)), row.integer(1)); }));
  return base::ok_status();
}

base::Status totals_with_bots(storage::Transaction& tx, std::span<const LinkId> links,
                              const std::function<void(LinkId, ClickTotal)>& sink) {
  if (links.empty()) return base::ok_status();
  ASHLAR_TRY(tx.query(kTotalsWithBots, {ids_json(links)}, [&](const Row& row) {
    const std::int64_t clicks = row.integer(1);
    sink(LinkId(row.integer(0)), {clicks, std::min(clicks, row.integer(2))});
  }));
  return base::ok_status();
}

base::Status hourly_clicks(storage::Transaction& tx, LinkId link, Hour from,
                           const std::function<void(Hour, std::int64_t)>& sink) {
  ASHLAR_TRY(tx.query(kHourly, {link.value, from},
                      [&](const Row& row) { sink(row.integer(0), row.integer(1)); }));
  return base::ok_status();
}

base::Result<std::optional<base::Time>> batches_wait_since(storage::Transaction& tx) {
  std::optional<base::Time> since;
  ASHLAR_TRY(tx.query(kWaitSince, {}, [&](const Row& row) {
    if (!row.is_null(0)) since = base::from_micros(row.integer(0));
  }));
  return since;
}

base::Result<std::vector<StoredClick>> list_details(storage::Transaction& tx, LinkId link,
                                                    std::int64_t before, std::int64_t limit) {
  std::vector<StoredClick> clicks;
  ASHLAR_TRY(tx.query(kListDetails, {link.value, before, limit}, [&](const Row& row) {
    clicks.push_back({row.integer(0), base::from_micros(row.integer(1)),
                      agent_from_stored(row.integer(2)), row.maybe_text(3)});
  }));
  return clicks;
}

base::Status forget_clicks(storage::Transaction& tx, LinkId link) {
  ASHLAR_TRY(tx.execute(kForgetCounts, {link.value}));
  ASHLAR_TRY(tx.execute(kForgetDetails, {link.value}));
  return base::ok_status();
}

base::Status export_counts(storage::Transaction& tx, LinkId after_link, Hour after_hour,
                           std::int64_t limit,
                           const std::function<void(const ClickCount&, LinkRef)>& sink) {
  ASHLAR_TRY(tx.query(kExportCounts, {after_link.value, after_hour, limit}, [&](const Row& row) {
    sink({base::TenantId(row.integer(0)), LinkId(row.integer(1)), row.integer(2), row.integer(3)},
         {.host = row.is_null(5) ? std::string_view{} : row.text(5), .code = row.text(4)});
  }));
  return base::ok_status();
}

base::Result<std::int64_t> erase_details(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseDetails, {limit});
}

base::Result<std::int64_t> erase_counts(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseCounts, {limit});
}

std::span<const Sql* const> click_statements() { return kStatements; }

}  // namespace ashlar::links::store
