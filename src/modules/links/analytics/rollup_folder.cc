#include "modules/links/analytics/rollup_folder.h"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/link_subjects.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/click_batch.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/periodic.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

constexpr int kMaxStepsPerRun = 1'000;
constexpr std::size_t kFoldsPerStep = 16;  // without looking again what waits

storage::Context writer_context() {
  return storage::Context::platform(storage::PlatformUse::kClickWriter);
}

// Not an error of ours: another process on this database was quicker.
base::Error taken() {
  return base::fail(base::Code::kConflict, "analytics_batch_taken",
                    "another process folds this batch");
}

bool is_taken(const base::Status& status) {
  return !status.ok() && status.error().code == base::Code::kConflict;
}

// What several batches hold, of links.
struct OfLinks {
  std::vector<ClickCount> counts;
  KeyedRollups visits;
};

base::Result<OfLinks> read_all(storage::Transaction& tx,
                               std::span<const store::BatchInfo> batches) {
  OfLinks all;
  for (const store::BatchInfo& batch : batches) {
    ASHLAR_ASSIGN(const std::optional<std::string> data, store::read_batch(tx, batch.id));
    if (!data) return taken();
    if (batch.level == store::Level::kVisits) {
      ASHLAR_TRY(merge_keyed(*data, all.visits));
    } else {
      ASHLAR_TRY(merge_click_batches(
          {&*data, 1}, [&](const ClickCount& count) { all.counts.push_back(count); }));
    }
  }
  return all;
}

struct Place {
  std::vector<std::string> subjects;  // other than the link itself
  bool gone = false;                  // it was removed: nobody asks for its own roll-ups any more
};
using Places = std::unordered_map<LinkId, Place>;

// Settings that cannot be read go to `damaged`; the link's clicks then have no tag and no owner.
Place place_of(const store::LinkPlace& found, std::vector<std::string>& damaged) {
  LinkSubjects subjects = subjects_of(found);
  if (subjects.damaged) {
    damaged.push_back("links_settings of link " + std::to_string(found.link.value));
  }
  return {std::move(subjects.keys)};
}

base::Result<Places> places_of(storage::Transaction& tx, const OfLinks& all,
                               std::vector<std::string>& damaged) {
  std::vector<LinkId> links;
  for (const ClickCount& count : all.counts) links.push_back(count.link);
  for (const auto& [key, hour] : all.visits) links.push_back(link_of(key.subject));
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  Places places;
  ASHLAR_TRY(store::places_of(tx, links, [&](const store::LinkPlace& found) {
    places[found.link] = place_of(found, damaged);
  }));
  std::erase_if(links, [&](LinkId link) { return places.contains(link); });
  ASHLAR_TRY(store::last_places_of(tx, links, [&](const store::LinkPlace& found) {
    Place& place = places[found.link] = place_of(found, damaged);
    place.gone = true;
  }));
  return places;
}

// Of links whose tenant is gone nothing is left.
KeyedRollups of_all_subjects(OfLinks all, const Places& places) {
  KeyedRollups rollups;
  for (const ClickCount& count : all.counts) {
    const auto place = places.find(count.link);
    if (place == places.end()) continue;
    const std::string id = std::to_string(count.link.value);
    for (const std::string& subject : place->second.subjects) {
      HourOf& hour = rollups[{count.tenant, subject, count.hour}];
      hour.clicks += count.clicks;
      hour.rollup.add_value(Dimension::kLink, id, {count.clicks, 0});
    }
  }
  for (auto& [key, hour] : all.visits) {
    const LinkId link = link_of(key.subject);
    const auto place = places.find(link);
    if (place == places.end()) continue;
    for (const std::string& subject : place->second.subjects) {
      Rollup& rollup = rollups[{key.tenant, subject, key.hour}].rollup;
      rollup.merge(hour.rollup);
      if (hour.rollup.bots() == 0) continue;
      // Its clicks come from the counters.
      rollup.add_value(Dimension::kLink, std::to_string(link.value), {0, hour.rollup.bots()});
    }
    if (!place->second.gone) rollups[key].rollup.merge(hour.rollup);
  }
  return rollups;
}

std::vector<std::string> cut(KeyedRollups rollups) {
  std::vector<std::string> slices(1);
  std::size_t entries = 0;
  for (auto& [key, hour] : rollups) {
    if (entries++ == RollupFolder::kSliceEntries ||
        slices.back().size() >= RollupFolder::kSliceBytes) {
      slices.emplace_back();
      entries = 1;
    }
    hour.rollup.trim();
    append_keyed(slices.back(), key, hour);
  }
  if (slices.back().empty()) slices.pop_back();
  return slices;
}

}  // namespace

RollupFolder::RollupFolder(storage::Database& db, const base::Clock& clock, obs::Registry& metrics,
                           obs::Log& log, std::function<bool()> busy)
    : db_(db),
      clock_(clock),
      log_(log),
      pending_(metrics.make_gauge("ashlar_links_analytics_batches_pending",
                                  "Batches of clicks that wait to be added to the roll-ups.")),
      busy_(std::move(busy)) {}

RollupFolder::~RollupFolder() = default;

base::Result<std::vector<store::BatchInfo>> RollupFolder::waiting() {
  ASHLAR_ASSIGN(auto batches, db_.read(writer_context(), [](storage::Transaction& tx) {
    return store::list_batches(tx, kMaxBatches);
  }));
  pending_.set(static_cast<std::int64_t>(batches.size()));
  return batches;
}

base::Status RollupFolder::advance(const std::vector<store::BatchInfo>& batches) {
  const base::Mono started = clock_.mono();
  base::Status status;
  std::size_t folds = 0;
  for (const store::BatchInfo& batch : batches) {
    if (batch.level != store::Level::kSlice || folds == kFoldsPerStep || !status.ok()) continue;
    status = fold(batch.id);
    ++folds;
  }
  if (folds == 0) status = slice(batches);
  const base::Mono ended = clock_.mono();
  rest_until_ = ended + (ended - started) * (kDutyDivisor - 1);
  return is_taken(status) ? base::ok_status() : status;
}

// Reading and adding up happen outside the write transaction: it would hold up everybody else's.
base::Status RollupFolder::slice(const std::vector<store::BatchInfo>& batches) {
  std::size_t taken_batches = 0;
  std::int64_t bytes = 0;
  base::Time counted_until = batches.front().counted_until;
  for (const store::BatchInfo& batch : batches) {
    bytes += batch.bytes;
    if (taken_batches > 0 && bytes > kMaxBytes) break;
    counted_until = std::min(counted_until, batch.counted_until);
    ++taken_batches;
  }
  const std::span sliced(batches.data(), taken_batches);
  std::vector<std::string> slices;
  std::vector<std::string> damaged;
  ASHLAR_TRY(db_.read(writer_context(), [&](storage::Transaction& tx) -> base::Status {
    damaged.clear();
    ASHLAR_ASSIGN(OfLinks all, read_all(tx, sliced));
    ASHLAR_ASSIGN(const Places places, places_of(tx, all, damaged));
    slices = cut(of_all_subjects(std::move(all), places));
    return base::ok_status();
  }));
  tell_damaged(damaged);
  return db_.write(writer_context(), [&](storage::Transaction& tx) -> base::Status {
    for (const store::BatchInfo& batch : sliced) {
      ASHLAR_ASSIGN(const std::optional<std::string> data, store::take_batch(tx, batch.id));
      if (!data) return taken();
    }
    for (const std::string& data : slices) {
      ASHLAR_TRY(store::append_batch(tx, store::Level::kSlice, counted_until, data));
    }
    return base::ok_status();
  });
}

base::Status RollupFolder::fold(std::int64_t batch) {
  std::vector<std::string> damaged;
  ASHLAR_TRY(db_.write(writer_context(), [&](storage::Transaction& tx) -> base::Status {
    damaged.clear();
    ASHLAR_ASSIGN(const std::optional<std::string> data, store::take_batch(tx, batch));
    if (!data) return taken();
    KeyedRollups rollups;
    ASHLAR_TRY(merge_keyed(*data, rollups));
    ASHLAR_TRY(store::add_counts(tx, rollups));
    for (auto& [key, hour] : rollups) {
      ASHLAR_ASSIGN(const std::optional<std::string> before,
                    store::find_rollup(tx, key, store::Grain::kHour));
      if (before) {
        const auto stored = Rollup::decode(*before);
        if (stored.ok()) {
          hour.rollup.merge(*stored);
        } else {
          damaged.push_back("links_analytics of " + key.subject + ", hour " +
                            std::to_string(key.hour) + ": begun anew");
        }
      }
      hour.rollup.trim();
      ASHLAR_TRY(store::put_rollup(tx, key, store::Grain::kHour, hour.rollup.encode()));
    }
    return base::ok_status();
  }));
  tell_damaged(damaged);
  return base::ok_status();
}

void RollupFolder::tell_damaged(const std::vector<std::string>& rows) {
  if (rows.empty()) return;
  log_.error("rows of analytics are damaged",
             {{"row", rows.front()}, {"rows", std::to_string(rows.size())}});
}

base::Result<bool> RollupFolder::step() {
  ASHLAR_ASSIGN(const std::vector<store::BatchInfo> batches, waiting());
  if (batches.empty()) return false;
  ASHLAR_TRY(advance(batches));
  return true;
}

base::Status RollupFolder::run() {
  for (int i = 0; i < kMaxStepsPerRun; ++i) {
    if (busy_() && clock_.mono() < rest_until_) break;
    ASHLAR_ASSIGN(const bool more, step());
    if (!more) break;
  }
  return base::ok_status();
}

void RollupFolder::start() {
  thread_ = std::make_unique<runtime::Periodic>("clicks-rollup", kInterval, [this] {
    const base::Status status = run();
    if (status.ok()) return;
    log_.warn("analytics wait: batches of clicks could not be rolled up",
              {{"reason", status.error().reason}, {"detail", status.error().detail}});
  });
}

void RollupFolder::stop() {
  if (thread_) thread_->stop();
}

}  // namespace ashlar::links::analytics
