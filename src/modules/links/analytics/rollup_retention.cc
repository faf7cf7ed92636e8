#include "modules/links/analytics/rollup_retention.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/visitor_salts.h"
#include "platform/observability/log.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

using store::Grain;

constexpr Hour kHoursOfDay = 24;
constexpr std::int64_t kSecondsOfDay = 86'400;

storage::Context writer_context() {
  return storage::Context::platform(storage::PlatformUse::kClickWriter);
}

Hour first_of_month(Hour hour) {
  const std::chrono::sys_days day{std::chrono::days{hour / kHoursOfDay}};
  const std::chrono::year_month_day date{day};
  const std::chrono::sys_days first{date.year() / date.month() / 1};
  return first.time_since_epoch().count() * kHoursOfDay;
}

Hour begin_of(Grain coarser, Hour hour) {
  return coarser == Grain::kDay ? hour / kHoursOfDay * kHoursOfDay : first_of_month(hour);
}

// Whole days and months alone: one that is rolled up in part would be known twice over, by its
// coarse row and by fine ones, and counted so all the same, but no report could show its hours.
Hour limit_of(Grain coarser, base::Time now) {
  const base::Seconds kept =
      coarser == Grain::kDay ? RollupRetention::kHoursKept : RollupRetention::kDaysKept;
  return begin_of(coarser, hour_of(now - kept));
}

struct Coarsened {
  std::int64_t moved = 0;
  std::int64_t damaged = 0;  // and left where they are
};

base::Result<Coarsened> coarsen(storage::Transaction& tx, Grain from, Grain to, Hour before) {
  std::map<RollupKey, Rollup> coarse;
  std::vector<RollupKey> fine;
  Coarsened done;
  ASHLAR_TRY(store::old_rollups(tx, from, before, RollupRetention::kBatch,
                                [&](RollupKey key, const std::string& data) {
                                  const auto rollup = Rollup::decode(data);
                                  if (!rollup.ok()) {
                                    ++done.damaged;
                                    return;
                                  }
                                  fine.push_back(key);
                                  key.hour = begin_of(to, key.hour);
                                  coarse[std::move(key)].merge(*rollup);
                                }));
  std::set<RollupKey> stuck;  // a damaged row is in their way
  for (auto& [key, rollup] : coarse) {
    ASHLAR_ASSIGN(const std::optional<std::string> there, store::find_rollup(tx, key, to));
    if (there) {
      const auto stored = Rollup::decode(*there);
      if (!stored.ok()) {
        ++done.damaged;
        stuck.insert(key);
        continue;
      }
      rollup.merge(*stored);
    }
    rollup.trim();
    ASHLAR_TRY(store::put_rollup(tx, key, to, rollup.encode()));
  }
  for (const RollupKey& key : fine) {
    if (stuck.contains({key.tenant, key.subject, begin_of(to, key.hour)})) continue;
    ASHLAR_TRY(store::remove_rollup(tx, key, from));
    ++done.moved;
  }
  return done;
}

}  // namespace

base::Status RollupRetention::run() {
  const base::Time now = clock_.now();
  for (const auto& [from, to] :
       {std::pair{Grain::kHour, Grain::kDay}, {Grain::kDay, Grain::kMonth}}) {
    const Hour before = limit_of(to, now);
    std::int64_t damaged = 0;
    for (int i = 0; i < kMaxBatches; ++i) {
      ASHLAR_ASSIGN(const Coarsened done,
                    db_.write(writer_context(), [&](storage::Transaction& tx) {
                      return coarsen(tx, from, to, before);
                    }));
      damaged = std::max(damaged, done.damaged);  // the same ones each time
      if (done.moved == 0 || done.moved + done.damaged < kBatch) break;
    }
    if (damaged > 0) {
      log_.error(
          "rows of links_analytics are damaged and stay as they are",
          {{"grain", std::to_string(static_cast<int>(from))}, {"rows", std::to_string(damaged)}});
    }
  }
  const std::int64_t today = base::to_unix_seconds(now) / kSecondsOfDay;
  return db_.write(writer_context(), [&](storage::Transaction& tx) {
    return store::forget_salts(tx, today - VisitorSalts::kDaysKept + 1);
  });
}

}  // namespace ashlar::links::analytics
