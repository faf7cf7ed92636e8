// OutboxReader: the whole log of events, for a reader that keeps its position elsewhere (Kafka's
// relay keeps it in Kafka, in the transaction that writes the events there).
//
// Promises
//  1. read(p) answers the events that come after p in the order of the log, and the position behind
//     the last of them. Who goes from position to position meets every event once, also those that
//     commit late: on PostgreSQL only what a snapshot sees that has no older transaction running.
//  2. Within a key in the order of commits.
//  3. A position is text, at most kMaxPositionBytes, good for as long as the database lives, for
//     any process. It changes only where events were read: an idle log makes no new positions.
//  4. Events behind the position that passed() has told last for a name are kept (Consumers, 6).
//
// Errors beside storage's: kConflict event_position_unknown: the position is of another log, or of
// one that was set back (an older backup): reading on would leave out events. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/events/event.h"

namespace ashlar::events {

inline constexpr std::size_t kMaxPositionBytes = 64 * 1024;

class OutboxReader {
 public:
  struct Batch {
    std::vector<Event> events;  // empty: there is nothing behind the position now
    std::string position;       // behind the last of them
    bool more = false;          // there may be more already
  };

  virtual ~OutboxReader() = default;
  // Where the log begins now (the oldest event kept), or where it ends.
  virtual base::Result<std::string> oldest() = 0;
  virtual base::Result<std::string> newest() = 0;
  // At most `max_events`, and no more than fit into `max_bytes` of data (but one at least).
  virtual base::Result<Batch> read(const std::string& after, int max_events,
                                   std::size_t max_bytes) = 0;
  // The reader `name` has dealt with all up to `position`: for what is kept, and for the lag that
  // Consumers::list() shows.
  virtual base::Status passed(const std::string& name, const std::string& position) = 0;
};

}  // namespace ashlar::events
