// PositionsStore: every line of SQL about what is consumed from Kafka: positions and parked
// records; and the relay's two small tables. No rules here.
//
// Functions run in the caller's transaction under PlatformUse::kEvents. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/event.h"
#include "platform/kafka/record.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::kafka::store {

// --- Positions of a consumer ---------------------------------------------------------------------
struct Partition {
  std::string_view consumer, topic;
  std::int32_t partition = 0;
};
struct Claim {
  std::int64_t epoch = 0;
  std::int64_t next_offset = kNone;  // kNone: nothing was consumed yet
  static constexpr std::int64_t kNone = -1;
};
// A new epoch: whoever had it before is fenced.
base::Result<Claim> claim(storage::Transaction& tx, const Partition& partition,
                          std::string_view owner, base::Time now);
// From `claim.next_offset` to `next_offset`. Errors: kConflict consumer_fenced.
base::Status move(storage::Transaction& tx, const Partition& partition, const Claim& claim,
                  std::int64_t next_offset, base::Time now);
base::Result<std::optional<Claim>> find(storage::Transaction& tx, const Partition& partition);
// Errors: kConflict consumer_fenced.
base::Status check_epoch(storage::Transaction& tx, const Partition& partition, std::int64_t epoch);

// --- Parked records ------------------------------------------------------------------------------
struct Parked {
  std::int64_t id = 0;
  std::int64_t offset = 0;
  int attempts = 0;
  base::Time next_at{};
  std::string record_key, error;
  base::Time changed_at{};
  events::Event event;
};
inline constexpr std::int64_t kBehind = std::int64_t{1} << 62;  // next_at of who is not the first
enum class ParkedState : std::uint8_t { kWaiting = 0, kDead = 1 };
struct NewParked {
  const events::Event& event;
  std::string_view record_key;
  std::int64_t offset = 0;
  int attempts = 0;
  ParkedState state = ParkedState::kWaiting;
  base::Time next_at{};  // base::from_micros(kBehind): behind another of its key
  std::string_view error;
};
base::Status park(storage::Transaction& tx, const Partition& partition, const NewParked& parked,
                  base::Time now);
base::Result<bool> any_waiting(storage::Transaction& tx, const Partition& partition);
base::Result<bool> has_waiting(storage::Transaction& tx, const Partition& partition,
                               std::string_view record_key);
// Those whose time has come: of each key the first at most.
base::Result<std::vector<Parked>> due(storage::Transaction& tx, const Partition& partition,
                                      base::Time now, std::int64_t limit);
// Takes it out. Errors, here and of fail_parked(): kConflict consumer_fenced: it is not there any
// more, so what goes with it was done.
base::Status unpark(storage::Transaction& tx, std::int64_t id);
// The first of the key becomes due: after the one before it has gone.
base::Status promote(storage::Transaction& tx, const Partition& partition,
                     std::string_view record_key, base::Time now);
struct Failure {
  int attempts = 0;
  ParkedState state = ParkedState::kWaiting;
  base::Time next_at{};
  std::string_view error;
};
base::Status fail_parked(storage::Transaction& tx, std::int64_t id, const Failure& failure,
                         base::Time now);
base::Result<std::vector<Parked>> list_dead(storage::Transaction& tx, std::string_view consumer,
                                            std::int64_t after, std::int64_t limit);
base::Result<bool> revive(storage::Transaction& tx, std::string_view consumer, std::int64_t id,
                          base::Time now);
struct ParkedCounts {
  std::int64_t waiting = 0, dead = 0;
};
base::Result<ParkedCounts> count_parked(storage::Transaction& tx, std::string_view consumer);

// --- The relay -----------------------------------------------------------------------------------
// The id of this database as a source of the shard; `fresh` where it has none yet.
base::Result<std::string> source_id(storage::Transaction& tx, std::string_view shard,
                                    std::string_view fresh);
base::Status refuse(storage::Transaction& tx, std::string_view shard, const events::Event& event,
                    std::string_view error, base::Time now);

// For the test that knows every statement.
std::span<const storage::Sql* const> statements();

}  // namespace ashlar::kafka::store
