#include "modules/links/analytics/analytics_data.h"

#include <string>
#include <utility>
#include <vector>

#include "modules/links/analytics/analytics_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

constexpr std::int64_t kPage = 500;

void begin_line(json::Writer& json, std::string_view table, std::string_view subject, Hour hour) {
  json.begin_object().key("module").string("links").key("table").string(table);
  json.key("subject").string(subject);
  json.key("hour").string(base::format_rfc3339(start_of(hour)));
}

std::string_view name_of(store::Grain grain) {
  switch (grain) {
    case store::Grain::kDay:
      return "day";
    case store::Grain::kMonth:
      return "month";
    case store::Grain::kHour:
      break;
  }
  return "hour";
}

base::Result<std::string> rollup_line(const store::ExportedRollup& row) {
  ASHLAR_ASSIGN(const Rollup rollup, Rollup::decode(row.data));
  std::string line;
  json::Writer json(line);
  begin_line(json, "analytics", row.subject, row.hour);
  json.key("grain").string(name_of(row.grain)).key("kept").integer(rollup.kept());
  json.key("clicks").integer(rollup.clicks()).key("bots").integer(rollup.bots());
  json.key("visitors").integer(rollup.visitors().estimate()).key("values").begin_object();
  for (const Dimension dimension : all_dimensions()) {
    json.key(analytics::name_of(dimension)).begin_object();
    rollup.each_value(dimension, [&](std::string_view value, const Tally& tally) {
      json.key(value).integer(tally.clicks);
    });
    json.end_object();
  }
  json.end_object().end_object();
  return line;
}

base::Status send(const std::vector<std::string>& lines, const security::LineSink& sink) {
  for (const std::string& line : lines) ASHLAR_TRY(sink(line));
  return base::ok_status();
}

base::Status export_counts(storage::Transaction& tx, const security::LineSink& sink) {
  std::vector<std::string> lines;
  std::string subject;
  Hour last = 0;
  do {
    lines.clear();
    ASHLAR_TRY(store::export_subject_counts(tx, std::string(subject), last, kPage,
                                            [&](std::string of, Hour hour, std::int64_t clicks) {
                                              std::string& line = lines.emplace_back();
                                              json::Writer json(line);
                                              begin_line(json, "analytics_counts", of, hour);
                                              json.key("clicks").integer(clicks).end_object();
                                              subject = std::move(of);
                                              last = hour;
                                            }));
    ASHLAR_TRY(send(lines, sink));
  } while (!lines.empty());
  return base::ok_status();
}

}  // namespace

base::Status export_analytics(storage::Transaction& tx, const security::LineSink& sink) {
  ASHLAR_TRY(export_counts(tx, sink));
  std::vector<store::ExportedRollup> rows;
  store::ExportedRollup last;
  do {
    rows.clear();
    ASHLAR_TRY(store::export_rollups(
        tx, last, kPage, [&](store::ExportedRollup row) { rows.push_back(std::move(row)); }));
    for (const store::ExportedRollup& row : rows) {
      ASHLAR_ASSIGN(const std::string line, rollup_line(row));
      ASHLAR_TRY(sink(line));
    }
    if (!rows.empty()) last = rows.back();
  } while (!rows.empty());
  return base::ok_status();
}

base::Result<std::int64_t> erase_analytics(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t rollups, store::erase_rollups(tx, limit));
  if (rollups > 0) return rollups;
  return store::erase_subject_counts(tx, limit);
}

}  // namespace ashlar::links::analytics
