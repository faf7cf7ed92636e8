// KuttStats: the clicks of a link as Kutt shows them: by hour of the last day, by day of the last
// week and month, by month of the last year; and of the clicks that were kept one by one (about
// the newest thousand) from where and with what they came.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/clicks_store.h"
#include "platform/json/writer.h"

namespace ashlar::links::kutt {

struct KuttSpan {
  std::vector<std::int64_t> views;  // oldest first
  std::map<std::string, std::int64_t> browsers, referrers;
};

struct KuttStats {
  KuttSpan day, week, month, year;
};

base::Result<KuttStats> read_stats(storage::Transaction& tx, LinkId link, base::Time now);
// The members lastDay, lastWeek, lastMonth and lastYear.
void write_stats(json::Writer& out, const KuttStats& stats);

}  // namespace ashlar::links::kutt
