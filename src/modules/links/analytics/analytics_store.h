// AnalyticsStore: every line of SQL about what clicks add up to. No rules here.
//
// Functions run in the caller's transaction. Writing is done without a tenant
// (PlatformUse::kClickWriter); reading and erasing for one. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/link_ref.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::analytics::store {

// --- Writing: PlatformUse::kClickWriter -----------------------------------------------------

enum class Level : std::int64_t {
  kCounts = 0,  // of links, as in links_click_batches.data
  kVisits = 1,  // KeyedRollups of links alone
  kSlice = 2,   // KeyedRollups of all subjects, cut by RollupFolder
};
struct BatchInfo {
  std::int64_t id = 0;
  Level level = Level::kCounts;
  base::Time counted_until;
  std::int64_t bytes = 0;
};
base::Status append_batch(storage::Transaction& tx, Level level, base::Time counted_until,
                          std::string_view data);
// The oldest `limit`, oldest first.
base::Result<std::vector<BatchInfo>> list_batches(storage::Transaction& tx, std::int64_t limit);
// nullopt: somebody else has taken it. take_batch() removes it.
base::Result<std::optional<std::string>> read_batch(storage::Transaction& tx, std::int64_t id);
base::Result<std::optional<std::string>> take_batch(storage::Transaction& tx, std::int64_t id);

// What a link belongs to just now.
struct LinkPlace {
  LinkId link;
  base::TenantId tenant;
  std::int64_t domain = 0;
  std::optional<std::string> settings{};  // as stored
};
// Of those that there still are.
base::Status places_of(storage::Transaction& tx, std::span<const LinkId> links,
                       const std::function<void(LinkPlace)>& sink);
// Of those that were removed: what they belonged to then (settings_store.h, keep_place()).
base::Status last_places_of(storage::Transaction& tx, std::span<const LinkId> links,
                            const std::function<void(LinkPlace)>& sink);

// Of all these functions that write for a subject: nothing of a tenant that has no link (any more)
// is written: erasing a tenant takes its links first and these last.
base::Status add_counts(storage::Transaction& tx, const KeyedRollups& rollups);

enum class Grain : std::int64_t { kHour = 0, kDay = 1, kMonth = 2 };
base::Result<std::optional<std::string>> find_rollup(storage::Transaction& tx, const RollupKey& key,
                                                     Grain grain);
base::Status put_rollup(storage::Transaction& tx, const RollupKey& key, Grain grain,
                        std::string_view data);
// The oldest `limit` of a grain that begin before `before`, oldest first.
base::Status old_rollups(storage::Transaction& tx, Grain grain, Hour before, std::int64_t limit,
                         const std::function<void(RollupKey, std::string data)>& sink);
base::Status remove_rollup(storage::Transaction& tx, const RollupKey& key, Grain grain);

base::Result<std::optional<std::string>> find_salt(storage::Transaction& tx, std::int64_t day);
// What is there stays.
base::Status add_salt(storage::Transaction& tx, std::int64_t day, std::string_view salt);
base::Status forget_salts(storage::Transaction& tx, std::int64_t before_day);

// --- Reading: for a tenant -------------------------------------------------------------------

using CountSink = std::function<void(Hour, std::int64_t clicks)>;
// Both: hours in [from, until), oldest first.
base::Status link_counts(storage::Transaction& tx, LinkId link, Hour from, Hour until,
                         const CountSink& sink);
base::Status subject_counts(storage::Transaction& tx, std::string_view subject, Hour from,
                            Hour until, const CountSink& sink);
// Those of a grain that begin in [from, until), oldest first.
base::Status rollups_of(storage::Transaction& tx, std::string_view subject, Grain grain, Hour from,
                        Hour until, const std::function<void(Hour, std::string_view data)>& sink);
// All clicks up to there are in the roll-ups; nullopt: no batch waits.
base::Result<std::optional<base::Time>> batches_wait_since(storage::Transaction& tx);
base::Status codes_of(storage::Transaction& tx, std::span<const LinkId> links,
                      const std::function<void(LinkId, LinkRef)>& sink);

// Takes away those of a subject, of all grains.
base::Status forget_rollups(storage::Transaction& tx, std::string_view subject);

// All of the tenant's after `after`, in order of subject, grain and hour.
struct ExportedRollup {
  std::string subject;
  Grain grain = Grain::kHour;
  Hour hour = 0;
  std::string data;
};
base::Status export_rollups(storage::Transaction& tx, const ExportedRollup& after,
                            std::int64_t limit, const std::function<void(ExportedRollup)>& sink);
base::Status export_subject_counts(
    storage::Transaction& tx, std::string_view after_subject, Hour after_hour, std::int64_t limit,
    const std::function<void(std::string subject, Hour, std::int64_t clicks)>& sink);

base::Result<std::int64_t> erase_rollups(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_subject_counts(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> analytics_statements();

}  // namespace ashlar::links::analytics::store
