// EventsStore: every line of SQL about events, their consumers and what these have parked. No
// rules here.
//
// Functions run in the caller's transaction: append() in either kind, list_of_tenant() and erase()
// in a tenant's, the others under PlatformUse::kEvents. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/events/consumers.h"
#include "platform/events/event.h"
#include "platform/events/log_reader.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::events::store {

// Its seq is given here. As the transaction's tenant, or as event.tenant in a platform one.
base::Result<EventSeq> append(storage::Transaction& tx, const Event& event, std::string_view data);
// On the platform. Their numbers are given here, in their order.
base::Status append_all(storage::Transaction& tx, std::span<Event> events);

// --- The log -------------------------------------------------------------------------------------
base::Result<std::vector<Event>> events_after(storage::Transaction& tx, std::int64_t seq,
                                              std::string_view types, std::int64_t limit);
base::Result<std::vector<Event>> events_of(storage::Transaction& tx,
                                           std::span<const std::int64_t> seqs);
base::Result<std::int64_t> last_seq(storage::Transaction& tx);  // 0: there is none
// PostgreSQL only: the present snapshot, and the numbers of a window.
base::Result<std::string> snapshot(storage::Transaction& tx);
base::Result<std::vector<std::int64_t>> window_seqs(storage::Transaction& tx, const LogPosition& at,
                                                    std::string_view types, std::int64_t limit);

struct TenantQuery {
  std::string_view type{}, aggregate_type{}, aggregate_id{};  // "": any; type as a pattern
  std::int64_t before = 0;
  std::int64_t limit = 20;
};
base::Result<std::vector<Event>> list_of_tenant(storage::Transaction& tx, const TenantQuery& query);

// --- Consumers -----------------------------------------------------------------------------------
struct ConsumerRow {
  std::string name, types, owner;
  LogPosition position;
  std::int64_t epoch = 0;
  base::Time lease_until{};
};
// Nothing happens where the consumer is there already, but for its types.
base::Status add_consumer(storage::Transaction& tx, std::string_view name, std::string_view types,
                          const LogPosition& position, base::Time now);
base::Result<std::vector<ConsumerRow>> list_consumers(storage::Transaction& tx);
base::Result<std::optional<ConsumerRow>> find_consumer(storage::Transaction& tx,
                                                       std::string_view name);

struct Lease {
  std::string_view consumer, owner;
  std::int64_t epoch = 0;
  base::Time until{}, now{};
  bool anyhow = false;  // also one that is another's
};
// nullopt: another has it.
base::Result<std::optional<ConsumerRow>> take_lease(storage::Transaction& tx, const Lease& lease);
base::Status end_lease(storage::Transaction& tx, const Lease& lease);
// Sets the position and renews the lease. Whether anything is parked; kConflict consumer_fenced:
// the epoch is another's.
base::Result<bool> move(storage::Transaction& tx, const Lease& lease, const LogPosition& position);
// Whoever changes what is parked from outside calls it, so that it does not cross the consumer's.
base::Status touch_consumer(storage::Transaction& tx, std::string_view name);

// --- Parked --------------------------------------------------------------------------------------
inline constexpr std::int64_t kBehind = std::int64_t{1} << 62;  // next_at of who is not the first

struct Parked {
  std::int64_t id = 0;
  int attempts = 0;
  base::TenantId tenant;
  std::string consumer, key, error;
  base::Time changed_at{};
  std::optional<Event> event;  // none: it is gone
};
struct Failure {
  int attempts = 0;
  std::optional<base::Time> next_at;  // none: it is dead
  std::string_view error;
  base::Time now{};
};
base::Result<std::vector<std::string>> parked_among(storage::Transaction& tx,
                                                    std::string_view consumer,
                                                    std::span<const std::string> keys);
base::Status park(storage::Transaction& tx, std::string_view consumer, const Event& event,
                  const Failure& failure);
base::Status park_behind(storage::Transaction& tx, std::string_view consumer,
                         std::span<const std::int64_t> seqs, base::Time now);
base::Result<std::vector<Parked>> due(storage::Transaction& tx, std::string_view consumer,
                                      base::Time now, std::int64_t limit);
// The first of the key and those behind it; none where `first` is not the first any more.
base::Result<std::vector<Parked>> parked_of(storage::Transaction& tx, std::string_view consumer,
                                            std::string_view key, std::int64_t first,
                                            std::int64_t limit);
// Those of the key up to `last`.
base::Status unpark(storage::Transaction& tx, std::string_view consumer, std::string_view key,
                    std::int64_t last);
// False: it is not there any more.
base::Result<bool> fail_parked(storage::Transaction& tx, std::int64_t id, const Failure& failure);
// The first of the key becomes due.
base::Status promote(storage::Transaction& tx, std::string_view consumer, std::string_view key,
                     base::Time now);
// The first of each key that has none due or waiting.
base::Status promote_all(storage::Transaction& tx, std::string_view consumer, base::Time now);

// Dead ones by rising id; consumer "": of all.
base::Result<std::vector<Parked>> list_dead(storage::Transaction& tx, std::string_view consumer,
                                            std::int64_t after, std::int64_t limit);
// Takes it out; nullopt: there is none.
base::Result<std::optional<Parked>> take_dead(storage::Transaction& tx, std::int64_t id);
struct ParkedCounts {
  std::int64_t parked = 0, dead = 0;
};
base::Result<ParkedCounts> count_parked(storage::Transaction& tx, std::string_view consumer);

// Of the events up to `position` those that fit, after `seq`, at most `limit`.
base::Result<std::vector<std::int64_t>> replayable(storage::Transaction& tx,
                                                   const LogPosition& position,
                                                   std::string_view types, const ReplayRange& range,
                                                   std::int64_t seq, std::int64_t limit);

// --- Lag and retention ---------------------------------------------------------------------------
struct Lag {
  std::int64_t events = 0;  // at most kMostCounted
  std::optional<base::Time> oldest;
};
inline constexpr std::int64_t kMostCounted = 100'000;
base::Result<Lag> lag(storage::Transaction& tx, const LogPosition& position,
                      std::string_view types);

// The next `limit` numbers after `seq`: until which the events may go, and whether to look further.
struct Expiry {
  std::int64_t last = 0;  // 0: none may go
  bool more = false;
};
base::Result<Expiry> expiry(storage::Transaction& tx, std::int64_t seq, base::Time before,
                            std::int64_t limit);
// But for those that are parked or dead; how many.
base::Result<std::int64_t> expire(storage::Transaction& tx, std::int64_t after, std::int64_t last);
base::Result<std::int64_t> expire_dead(storage::Transaction& tx, base::Time before,
                                       std::int64_t limit);
base::Result<std::int64_t> forget_consumers(storage::Transaction& tx, base::Time seen_before);
base::Result<base::Micros> oldest_transaction(storage::Transaction& tx);  // PostgreSQL only

// What is parked first, then the log.
base::Result<std::int64_t> erase(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_parked(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::vector<const storage::Sql*> statements();
std::span<const storage::Sql* const> parked_statements();

}  // namespace ashlar::events::store
