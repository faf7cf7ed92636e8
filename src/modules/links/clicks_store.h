// ClicksStore: every line of SQL about clicks. No rules here.
//
// Functions run in the caller's transaction. Writing is done without a tenant
// (PlatformUse::kClickWriter); reading for one. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/links/click_count.h"
#include "modules/links/click_detail.h"
#include "modules/links/link_ref.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::store {

// --- Writing: PlatformUse::kClickWriter
// ------------------------------------------------------------

// Records that flush `seq` of `writer` happens in this transaction. False: it has happened before.
base::Result<bool> claim_flush(storage::Transaction& tx, std::int64_t writer, std::int64_t seq,
                               base::Time at);
base::Status forget_writers(storage::Transaction& tx, base::Time last_seen_before);
base::Status forget_writer(storage::Transaction& tx, std::int64_t writer);

// Adds to the hourly counters and to the totals. Counts of tenants that have no link (any more) are
// left out: erasing a tenant takes its links first and its counters last. REQUIRES: sorted.
base::Status add_counts(storage::Transaction& tx, std::span<const ClickCount> counts);

// Adds to the totals how many of their clicks were bots'. (No hours here.) Of tenants without links
// as above.
base::Status add_bots(storage::Transaction& tx, std::span<const ClickCount> bots);

enum class BatchLevel : std::int64_t { kRaw = 0, kSliced = 1 };
struct BatchInfo {
  std::int64_t id = 0;
  BatchLevel level = BatchLevel::kRaw;
  base::Time counted_until;
  std::int64_t pairs = 0;
};
base::Status append_batch(storage::Transaction& tx, BatchLevel level, base::Time counted_until,
                          std::int64_t pairs, std::string_view data);
// The oldest `limit`, oldest first.
base::Result<std::vector<BatchInfo>> list_batches(storage::Transaction& tx, std::int64_t limit);
base::Result<std::optional<std::string>> read_batch(storage::Transaction& tx, std::int64_t id);
// Removes it and gives its data; nullopt: somebody else has taken it.
base::Result<std::optional<std::string>> take_batch(storage::Transaction& tx, std::int64_t id);
// False: somebody else has taken it.
base::Result<bool> remove_batch(storage::Transaction& tx, std::int64_t id);

base::Status add_details(storage::Transaction& tx, std::span<const DetailEntry> details);
// Keeps the newest `keep` details of a link.
base::Status trim_details(storage::Transaction& tx, base::TenantId tenant, LinkId link,
                          std::int64_t keep);
// Removes details older than `before`, the first `limit` at most; how many.
base::Result<std::int64_t> expire_details(storage::Transaction& tx, base::Time before,
                                          std::int64_t limit);

// Which links, and their totals, for the live feed.
struct NamedTotal {
  LinkId link;
  std::string domain_host;  // "": the installation's own
  std::string code;
  std::int64_t clicks = 0;
};
base::Result<std::vector<NamedTotal>> name_links(storage::Transaction& tx,
                                                 std::span<const LinkId> links);

// --- Reading: for a tenant
// -------------------------------------------------------------------------

base::Result<std::int64_t> total_clicks(storage::Transaction& tx, LinkId link);
// Of those that have any.
base::Status totals_of(storage::Transaction& tx, std::span<const LinkId> links,
                       const std::function<void(LinkId, std::int64_t clicks)>& sink);
// The same, with how many of the clicks were bots'. Of these the detail tells, so they are an
// estimate where not all of it is kept (clicks.h, 4); and they may be counted before the click
// itself, of which no more are told than there are.
struct ClickTotal {
  std::int64_t clicks = 0;
  std::int64_t bots = 0;
};
base::Status totals_with_bots(storage::Transaction& tx, std::span<const LinkId> links,
                              const std::function<void(LinkId, ClickTotal)>& sink);
base::Status hourly_clicks(storage::Transaction& tx, LinkId link, Hour from,
                           const std::function<void(Hour, std::int64_t clicks)>& sink);
// All clicks up to there are in the counters; nullopt: no batch waits.
base::Result<std::optional<base::Time>> batches_wait_since(storage::Transaction& tx);

struct StoredClick {
  std::int64_t id = 0;
  base::Time at;
  AgentClass agent = AgentClass::kOther;
  std::optional<std::string> referrer;
};
base::Result<std::vector<StoredClick>> list_details(storage::Transaction& tx, LinkId link,
                                                    std::int64_t before, std::int64_t limit);

// Takes away a link's counters and details.
base::Status forget_clicks(storage::Transaction& tx, LinkId link);

// The counters after that of (link, hour), `limit` at most, in order, without the totals.
base::Status export_counts(storage::Transaction& tx, LinkId after_link, Hour after_hour,
                           std::int64_t limit,
                           const std::function<void(const ClickCount&, LinkRef)>& sink);
base::Result<std::int64_t> erase_details(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_counts(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> click_statements();

}  // namespace ashlar::links::store
