#include "modules/links/analytics/analytics_store.h"

#include <array>

#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics::store {
namespace {

using storage::Audience;
using storage::Row;
using storage::Sql;

constexpr Sql kAppendBatch{Audience::kPlatform,
                           "INSERT INTO links_analytics_batches (level, counted_until, data)"
                           " VALUES (?1, ?2, ?3)"};
constexpr Sql kListBatches{Audience::kPlatform,
                           "SELECT id, level, counted_until, length(data)"
                           " FROM links_analytics_batches ORDER BY id LIMIT ?1"};
constexpr Sql kReadBatch{Audience::kPlatform,
                         "SELECT data FROM links_analytics_batches WHERE id = ?1"};
constexpr Sql kTakeBatch{Audience::kPlatform,
                         "DELETE FROM links_analytics_batches WHERE id = ?1 RETURNING data"};

// ?1 is [link, …].
constexpr Sql kPlaces{
    Audience::kPlatform,
    "SELECT l.id, l.tenant_id, l.domain_id, s.data FROM links AS l"
    " LEFT JOIN links_settings AS s ON s.link_id = l.id"
    " WHERE l.id IN (SELECT value FROM json_each(?1))",
    "SELECT l.id, l.tenant_id, l.domain_id, s.data FROM links AS l"
    " LEFT JOIN links_settings AS s ON s.link_id = l.id"
    " WHERE l.id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};

// What is removed has the negative of its id.
constexpr Sql kLastPlaces{
    Audience::kPlatform,
    "SELECT -l.id, l.tenant_id, l.domain_id, s.data FROM links AS l"
    " LEFT JOIN links_settings AS s ON s.link_id = l.id"
    " WHERE l.id IN (SELECT -value FROM json_each(?1))",
    "SELECT -l.id, l.tenant_id, l.domain_id, s.data FROM links AS l"
    " LEFT JOIN links_settings AS s ON s.link_id = l.id"
    " WHERE l.id IN (SELECT -(value::bigint) FROM json_array_elements_text(?1::text::json))"};

// ?1 is [[tenant, subject, hour, clicks], …], each key once.
constexpr Sql kAddCounts{
    Audience::kPlatform,
    "INSERT INTO links_analytics_counts (tenant_id, subject, hour, clicks)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)"
    " WHERE EXISTS (SELECT 1 FROM links WHERE tenant_id = value ->> 0)"
    " ON CONFLICT (tenant_id, subject, hour) DO UPDATE"
    " SET clicks = links_analytics_counts.clicks + excluded.clicks",
    "INSERT INTO links_analytics_counts (tenant_id, subject, hour, clicks)"
    " SELECT (value ->> 0)::bigint, value ->> 1, (value ->> 2)::bigint, (value ->> 3)::bigint"
    " FROM json_array_elements(?1::text::json)"
    " WHERE (SELECT 1 FROM links WHERE tenant_id = (value ->> 0)::bigint LIMIT 1) IS NOT NULL"
    " ON CONFLICT (tenant_id, subject, hour) DO UPDATE"
    " SET clicks = links_analytics_counts.clicks + excluded.clicks"};

constexpr Sql kFindRollup{Audience::kPlatform,
                          "SELECT data FROM links_analytics WHERE tenant_id = ?1 AND subject = ?2"
                          " AND grain = ?3 AND hour = ?4"};
constexpr Sql kPutRollup{Audience::kPlatform,
                         "INSERT INTO links_analytics (tenant_id, subject, grain, hour, data)"
                         " SELECT ?1, ?2, ?3, ?4, ?5"
                         " WHERE EXISTS (SELECT 1 FROM links WHERE tenant_id = ?1)"
                         " ON CONFLICT (tenant_id, subject, grain, hour) DO UPDATE"
                         " SET data = excluded.data",
                         "INSERT INTO links_analytics (tenant_id, subject, grain, hour, data)"
                         " SELECT ?1::bigint, ?2::text, ?3::bigint, ?4::bigint, ?5::bytea WHERE"
                         " (SELECT 1 FROM links WHERE tenant_id = ?1::bigint LIMIT 1) IS NOT NULL"
                         " ON CONFLICT (tenant_id, subject, grain, hour) DO UPDATE"
                         " SET data = excluded.data"};
constexpr Sql kOldRollups{Audience::kPlatform,
                          "SELECT tenant_id, subject, hour, data FROM links_analytics"
                          " WHERE grain = ?1 AND hour < ?2 ORDER BY grain, hour LIMIT ?3"};
constexpr Sql kRemoveRollup{Audience::kPlatform,
                            "DELETE FROM links_analytics WHERE tenant_id = ?1 AND subject = ?2"
                            " AND grain = ?3 AND hour = ?4"};

constexpr Sql kFindSalt{Audience::kPlatform, "SELECT salt FROM links_visitor_salts WHERE day = ?1"};
constexpr Sql kAddSalt{Audience::kPlatform,
                       "INSERT INTO links_visitor_salts (day, salt) VALUES (?1, ?2)"
                       " ON CONFLICT DO NOTHING"};
constexpr Sql kForgetSalts{Audience::kPlatform, "DELETE FROM links_visitor_salts WHERE day < ?1"};

constexpr Sql kLinkCounts{Audience::kTenant,
                          "SELECT hour, clicks FROM links_clicks_hourly WHERE tenant_id = :tenant"
                          " AND link_id = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour"};
constexpr Sql kSubjectCounts{Audience::kTenant,
                             "SELECT hour, clicks FROM links_analytics_counts"
                             " WHERE tenant_id = :tenant AND subject = ?1 AND hour >= ?2"
                             " AND hour < ?3 ORDER BY hour"};
constexpr Sql kRollups{Audience::kTenant,
                       "SELECT hour, data FROM links_analytics WHERE tenant_id = :tenant"
                       " AND subject = ?1 AND grain = ?2 AND hour >= ?3 AND hour < ?4"
                       " ORDER BY hour"};
// A fact of the installation, not of a tenant; :tenant is there because the statement runs for one.
constexpr Sql kWaitSince{
    Audience::kTenant, "SELECT min(counted_until) FROM links_analytics_batches WHERE :tenant > 0"};
constexpr Sql kCodes{
    Audience::kTenant,
    "SELECT l.id, l.code, coalesce(d.host, '') FROM links AS l LEFT JOIN links_domains AS d"
    " ON d.id = l.domain_id AND d.tenant_id = :tenant WHERE l.tenant_id = :tenant"
    " AND l.id IN (SELECT value FROM json_each(?1))",
    "SELECT l.id, l.code, coalesce(d.host, '') FROM links AS l LEFT JOIN links_domains AS d"
    " ON d.id = l.domain_id AND d.tenant_id = :tenant WHERE l.tenant_id = :tenant"
    " AND l.id IN (SELECT value::bigint FROM json_array_elements_text(?1::text::json))"};
constexpr Sql kForgetRollups{
    Audience::kTenant, "DELETE FROM links_analytics WHERE tenant_id = :tenant AND subject = ?1"};
constexpr Sql kExportRollups{Audience::kTenant,
                             "SELECT subject, grain, hour, data FROM links_analytics"
                             " WHERE tenant_id = :tenant AND (subject, grain, hour) > (?1, ?2, ?3)"
                             " ORDER BY subject, grain, hour LIMIT ?4"};
constexpr Sql kExportCounts{Audience::kTenant,
                            "SELECT subject, hour, clicks FROM links_analytics_counts"
                            " WHERE tenant_id = :tenant AND (subject, hour) > (?1, ?2)"
                            " ORDER BY subject, hour LIMIT ?3"};
constexpr Sql kEraseRollups{
    Audience::kTenant,
    "DELETE FROM links_analytics WHERE tenant_id = :tenant AND (subject, grain, hour) IN"
    " (SELECT subject, grain, hour FROM links_analytics WHERE tenant_id = :tenant"
    " ORDER BY subject, grain, hour LIMIT ?1)"};
constexpr Sql kEraseCounts{
    Audience::kTenant,
    "DELETE FROM links_analytics_counts WHERE tenant_id = :tenant AND (subject, hour) IN"
    " (SELECT subject, hour FROM links_analytics_counts WHERE tenant_id = :tenant"
    " ORDER BY subject, hour LIMIT ?1)"};

constexpr std::array<const Sql*, 24> kStatements{
    &kLastPlaces, &kForgetRollups, &kAppendBatch,   &kListBatches,  &kReadBatch,     &kTakeBatch,
    &kPlaces,     &kAddCounts,     &kFindRollup,    &kPutRollup,    &kOldRollups,    &kRemoveRollup,
    &kFindSalt,   &kAddSalt,       &kForgetSalts,   &kLinkCounts,   &kSubjectCounts, &kRollups,
    &kWaitSince,  &kCodes,         &kExportRollups, &kExportCounts, &kEraseRollups,  &kEraseCounts};

std::string ids_json(std::span<const LinkId> links) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  for (const LinkId link : links) json.integer(link.value);
  json.end_array();
  return text;
}

base::Status read_places(storage::Transaction& tx, const Sql& sql, std::span<const LinkId> links,
                         const std::function<void(LinkPlace)>& sink) {
  if (links.empty()) return base::ok_status();
  ASHLAR_TRY(tx.query(sql, {ids_json(links)}, [&](const Row& row) {
    sink({LinkId(row.integer(0)), base::TenantId(row.integer(1)), row.integer(2),
          row.maybe_text(3)});
  }));
  return base::ok_status();
}

}  // namespace

base::Status append_batch(storage::Transaction& tx, Level level, base::Time counted_until,
                          std::string_view data) {
  ASHLAR_TRY(tx.execute(kAppendBatch, {static_cast<std::int64_t>(level),
                                       base::to_micros(counted_until), storage::Blob{data}}));
  return base::ok_status();
}

base::Result<std::vector<BatchInfo>> list_batches(storage::Transaction& tx, std::int64_t limit) {
  std::vector<BatchInfo> batches;
  ASHLAR_TRY(tx.query(kListBatches, {limit}, [&](const Row& row) {
    batches.push_back({row.integer(0), static_cast<Level>(row.integer(1)),
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

base::Status places_of(storage::Transaction& tx, std::span<const LinkId> links,
                       const std::function<void(LinkPlace)>& sink) {
  return read_places(tx, kPlaces, links, sink);
}

base::Status last_places_of(storage::Transaction& tx, std::span<const LinkId> links,
                            const std::function<void(LinkPlace)>& sink) {
  return read_places(tx, kLastPlaces, links, sink);
}

base::Status add_counts(storage::Transaction& tx, const KeyedRollups& rollups) {
  std::string text;
  json::Writer json(text);
  json.begin_array();
  bool any = false;
  for (const auto& [key, hour] : rollups) {
    if (hour.clicks == 0) continue;
    any = true;
    json.begin_array().integer(key.tenant.value).string(key.subject);
    json.integer(key.hour).integer(hour.clicks).end_array();
  }
  json.end_array();
  if (!any) return base::ok_status();
  ASHLAR_TRY(tx.execute(kAddCounts, {text}));
  return base::ok_status();
}

base::Result<std::optional<std::string>> find_rollup(storage::Transaction& tx, const RollupKey& key,
                                                     Grain grain) {
  std::optional<std::string> data;
  ASHLAR_TRY(tx.query(kFindRollup,
                      {key.tenant.value, key.subject, static_cast<std::int64_t>(grain), key.hour},
                      [&](const Row& row) { data = std::string(row.blob(0)); }));
  return data;
}

base::Status put_rollup(storage::Transaction& tx, const RollupKey& key, Grain grain,
                        std::string_view data) {
  ASHLAR_TRY(
      tx.execute(kPutRollup, {key.tenant.value, key.subject, static_cast<std::int64_t>(grain),
                              key.hour, storage::Blob{data}}));
  return base::ok_status();
}

base::Status old_rollups(storage::Transaction& tx, Grain grain, Hour before, std::int64_t limit,
                         const std::function<void(RollupKey, std::string)>& sink) {
  ASHLAR_TRY(
      tx.query(kOldRollups, {static_cast<std::int64_t>(grain), before, limit}, [&](const Row& row) {
        sink({base::TenantId(row.integer(0)), std::string(row.text(1)), row.integer(2)},
             std::string(row.blob(3)));
      }));
  return base::ok_status();
}

base::Status remove_rollup(storage::Transaction& tx, const RollupKey& key, Grain grain) {
  ASHLAR_TRY(tx.execute(
      kRemoveRollup, {key.tenant.value, key.subject, static_cast<std::int64_t>(grain), key.hour}));
  return base::ok_status();
}

base::Result<std::optional<std::string>> find_salt(storage::Transaction& tx, std::int64_t day) {
  std::optional<std::string> salt;
  ASHLAR_TRY(tx.query(kFindSalt, {day}, [&](const Row& row) { salt = std::string(row.blob(0)); }));
  return salt;
}

base::Status add_salt(storage::Transaction& tx, std::int64_t day, std::string_view salt) {
  ASHLAR_TRY(tx.execute(kAddSalt, {day, storage::Blob{salt}}));
  return base::ok_status();
}

base::Status forget_salts(storage::Transaction& tx, std::int64_t before_day) {
  ASHLAR_TRY(tx.execute(kForgetSalts, {before_day}));
  return base::ok_status();
}

base::Status link_counts(storage::Transaction& tx, LinkId link, Hour from, Hour until,
                         const CountSink& sink) {
  ASHLAR_TRY(tx.query(kLinkCounts, {link.value, from, until},
                      [&](const Row& row) { sink(row.integer(0), row.integer(1)); }));
  return base::ok_status();
}

base::Status subject_counts(storage::Transaction& tx, std::string_view subject, Hour from,
                            Hour until, const CountSink& sink) {
  ASHLAR_TRY(tx.query(kSubjectCounts, {subject, from, until},
                      [&](const Row& row) { sink(row.integer(0), row.integer(1)); }));
  return base::ok_status();
}

base::Status rollups_of(storage::Transaction& tx, std::string_view subject, Grain grain, Hour from,
                        Hour until, const std::function<void(Hour, std::string_view)>& sink) {
  ASHLAR_TRY(tx.query(kRollups, {subject, static_cast<std::int64_t>(grain), from, until},
                      [&](const Row& row) { sink(row.integer(0), row.blob(1)); }));
  return base::ok_status();
}

base::Result<std::optional<base::Time>> batches_wait_since(storage::Transaction& tx) {
  std::optional<base::Time> since;
  ASHLAR_TRY(tx.query(kWaitSince, {}, [&](const Row& row) {
    if (!row.is_null(0)) since = base::from_micros(row.integer(0));
  }));
  return since;
}

base::Status codes_of(storage::Transaction& tx, std::span<const LinkId> links,
                      const std::function<void(LinkId, LinkRef)>& sink) {
  if (links.empty()) return base::ok_status();
  ASHLAR_TRY(tx.query(kCodes, {ids_json(links)}, [&](const Row& row) {
    sink(LinkId(row.integer(0)), {.host = row.text(2), .code = row.text(1)});
  }));
  return base::ok_status();
}

base::Status forget_rollups(storage::Transaction& tx, std::string_view subject) {
  ASHLAR_TRY(tx.execute(kForgetRollups, {subject}));
  return base::ok_status();
}

base::Status export_rollups(storage::Transaction& tx, const ExportedRollup& after,
                            std::int64_t limit, const std::function<void(ExportedRollup)>& sink) {
  ASHLAR_TRY(tx.query(kExportRollups,
                      {after.subject, static_cast<std::int64_t>(after.grain), after.hour, limit},
                      [&](const Row& row) {
                        sink({std::string(row.text(0)), static_cast<Grain>(row.integer(1)),
                              row.integer(2), std::string(row.blob(3))});
                      }));
  return base::ok_status();
}

base::Status export_subject_counts(
    storage::Transaction& tx, std::string_view after_subject, Hour after_hour, std::int64_t limit,
    const std::function<void(std::string, Hour, std::int64_t)>& sink) {
  ASHLAR_TRY(tx.query(kExportCounts, {after_subject, after_hour, limit}, [&](const Row& row) {
    sink(std::string(row.text(0)), row.integer(1), row.integer(2));
  }));
  return base::ok_status();
}

base::Result<std::int64_t> erase_rollups(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseRollups, {limit});
}

base::Result<std::int64_t> erase_subject_counts(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseCounts, {limit});
}

std::span<const Sql* const> analytics_statements() { return kStatements; }

}  // namespace ashlar::links::analytics::store
