// PositionTopic: where each shard of a relay stands, in a compacted topic of one partition.
//
// read() answers the last committed position of a shard. It reads as read_committed does, backwards
// in growing pieces, and does not answer before it has seen all up to the end of the topic at the
// time of the call (its high watermark): a transaction that is still open below that end is waited
// for. Together with Producer::init() that makes the answer the truth (relay.h, 2).
//
// Errors: kUnavailable kafka_unavailable (no broker, or the end was not reached by the deadline or
// before `stopping`);
// kConflict kafka_topic (not compacted, more than one partition, or what is in it cannot be read).
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/log_reader.h"
#include "platform/kafka/client.h"
#include "platform/kafka/record.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::kafka {

struct ShardPosition {
  std::string source;  // id of the database
  events::LogPosition position;
};

// {"source":…,"seq":…,"from":…,"to":…}, keyed by the shard.
Record position_record(const std::string& topic, const std::string& shard,
                       const ShardPosition& position);
std::optional<ShardPosition> parse_position(const std::string& value);

base::Result<std::optional<ShardPosition>> read_position(const Connection& connection,
                                                         const std::string& topic,
                                                         const std::string& shard,
                                                         const base::Clock& clock, obs::Log& log,
                                                         const std::atomic<bool>& stopping,
                                                         base::Mono deadline);

}  // namespace ashlar::kafka
