// GroupReader: a member of a consumer group: which partitions are ours, and what is in them.
//
// Positions are not its business: it begins each partition where `assigned` says, and commits
// offsets to Kafka only for those who look there (committed_for_show).
//
//   open() ──poll()──> assigned(partitions) ──poll()──> records … ──> revoked(partitions)
//
// One thread at a time; the hooks are called inside poll() and close().
// Errors: kInvalid kafka_setting; kUnavailable kafka_unavailable (also fatal ones: make another).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/kafka/client.h"
#include "platform/kafka/record.h"

struct rd_kafka_topic_partition_list_s;

namespace ashlar::kafka {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct Fetched {
  Record record;
  Place place;
};

struct Bounds {
  std::int64_t low = 0;   // the oldest record kept
  std::int64_t high = 0;  // behind the newest committed one
};

struct GroupReaderOptions {
  Connection connection;
  std::string group;
  std::vector<std::string> topics;
  bool cooperative = true;
  base::Millis session_timeout{10'000};
};

class GroupReader {
 public:
  struct Hooks {
    // The offset to begin at, of each. An error leaves the group: poll() returns it.
    std::function<base::Result<std::vector<std::int64_t>>(const std::vector<TopicPartition>&)>
        assigned;
    std::function<void(const std::vector<TopicPartition>&)> revoked;
  };
  // `log` outlives it.
  static base::Result<std::unique_ptr<GroupReader>> open(const GroupReaderOptions& options,
                                                         Hooks hooks, obs::Log& log);
  ~GroupReader();  // leaves the group
  GroupReader(const GroupReader&) = delete;
  GroupReader& operator=(const GroupReader&) = delete;

  struct Polled {
    std::vector<Fetched> records;
    std::vector<TopicPartition> out_of_range;  // where they were to begin is not there
  };
  // Waits at most `wait` for the first record.
  base::Result<Polled> poll(base::Millis wait, std::size_t max);

  // No records while paused; those assigned meanwhile are paused too.
  void pause();
  void resume();
  base::Result<Bounds> bounds(const TopicPartition& partition);
  // As fetching has last seen them, without asking; unset before.
  [[nodiscard]] std::optional<Bounds> last_bounds(const TopicPartition& partition) const;
  void committed_for_show(const std::map<TopicPartition, std::int64_t>& next_offsets);

 private:
  GroupReader(Hooks hooks, bool cooperative);
  void rebalance(int event, rd_kafka_topic_partition_list_s* partitions);
  void take(rd_kafka_topic_partition_list_s* partitions);
  void pause_all(bool paused);
  friend struct GroupHooks;

  const Hooks hooks_;
  const bool cooperative_;
  bool paused_ = false;
  base::Status broken_;  // why it must be made anew
  Client client_;        // last: its callbacks use the above
};

}  // namespace ashlar::kafka
