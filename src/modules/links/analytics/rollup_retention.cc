#include "modules/links/analytics/rollup_retention.h"

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/visitor_salts.h"
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

base::Result<std::int64_t> coarsen(storage::Transaction& tx, Grain from, Grain to, Hour before) {
  std::map<RollupKey, Rollup> coarse;
  std::vector<RollupKey> fine;
  base::Status damaged;
  ASHLAR_TRY(store::old_rollups(tx, from, before, RollupRetention::kBatch,
                                [&](RollupKey key, const std::string& data) {
                                  auto rollup = Rollup::decode(data);
                                  if (!rollup.ok()) {
                                    damaged = std::move(rollup).error();
                                    return;
                                  }
                                  fine.push_back(key);
                                  key.hour = begin_of(to, key.hour);
                                  coarse[std::move(key)].merge(*rollup);
                                }));
  ASHLAR_TRY(damaged);
  for (auto& [key, rollup] : coarse) {
    ASHLAR_ASSIGN(const std::optional<std::string> there, store::find_rollup(tx, key, to));
    if (there) {
      ASHLAR_ASSIGN(const Rollup stored, Rollup::decode(*there));
      rollup.merge(stored);
    }
    rollup.trim(RollupRetention::kMaxValues);
    ASHLAR_TRY(store::put_rollup(tx, key, to, rollup.encode()));
  }
  for (const RollupKey& key : fine) ASHLAR_TRY(store::remove_rollup(tx, key, from));
  return static_cast<std::int64_t>(fine.size());
}

}  // namespace

base::Status RollupRetention::run() {
  const base::Time now = clock_.now();
  for (const auto& [from, to] :
       {std::pair{Grain::kHour, Grain::kDay}, {Grain::kDay, Grain::kMonth}}) {
    const Hour before = limit_of(to, now);
    for (int i = 0; i < kMaxBatches; ++i) {
      ASHLAR_ASSIGN(const std::int64_t rows,
                    db_.write(writer_context(), [&](storage::Transaction& tx) {
                      return coarsen(tx, from, to, before);
                    }));
      if (rows < kBatch) break;
    }
  }
  const std::int64_t today = base::to_unix_seconds(now) / kSecondsOfDay;
  return db_.write(writer_context(), [&](storage::Transaction& tx) {
    return store::forget_salts(tx, today - VisitorSalts::kDaysKept + 1);
  });
}

}  // namespace ashlar::links::analytics
