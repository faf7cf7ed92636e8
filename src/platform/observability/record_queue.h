// RecordQueue: bounded queue of short byte records from many threads to one; log lines, spans.
//
// push() appends to the lane of the calling thread's shard (thread_shard.h) under that lane's own
// lock, which only the consumer contends for, and only to swap buffers. A full lane refuses and
// counts. The consumer sleeps while there is nothing, and lets records gather before it takes them,
// so that a stream of records costs a wake-up per batch, not one per record.
//
//   waiting --push()--> busy      the consumer then lingers:
//   lingering --push() fills a lane by half, flush(), close(), or the time is up--> busy
//
// Invariants:
//   1. Memory is at most 2 * kShards * Limits::lane_bytes, plus 16 bytes a record.
//   2. Records of one lane leave in the order in which they came; lanes are merged by stamp.
//   3. Every refused record is in the next Batch's `refused`.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/observability/thread_shard.h"

namespace ashlar::obs {

class RecordQueue {
 public:
  struct Limits {
    std::size_t lane_bytes;
    std::size_t lane_records;
  };

  // What one drain() took; reusing it keeps its buffers.
  class Batch {
   public:
    std::vector<std::string_view> records;  // into `lanes_`
    std::uint64_t refused = 0;

   private:
    friend class RecordQueue;
    struct Entry {
      std::int64_t stamp;
      std::size_t length;
    };
    struct Content {
      std::string bytes;
      std::vector<Entry> entries;
    };
    std::array<Content, kShards> lanes_;
  };

  explicit RecordQueue(Limits limits) : limits_(limits) {}
  RecordQueue(const RecordQueue&) = delete;
  RecordQueue& operator=(const RecordQueue&) = delete;

  // Any thread; false: full. `stamp` orders records of different threads.
  bool push(std::int64_t stamp, std::string_view record);
  // Any thread but the consumer's: blocks until the consumer is done with all that was pushed
  // before.
  void flush();
  // Makes wait() return false from now on.
  void close();

  // The consumer's loop:  do { open = wait(linger); drain(batch); …; done_with_batch(); } while
  // (open);
  bool wait(base::Millis linger);
  void drain(Batch& out);
  void done_with_batch();

 private:
  enum class State : std::uint8_t { kBusy, kWaiting, kLingering };

  struct alignas(kCacheLineBytes) Lane {
    std::mutex mutex;
    Batch::Content content;     // guarded by mutex
    std::uint64_t refused = 0;  // guarded by mutex
  };
  struct Fill {
    bool any = false;
    bool half = false;
  };

  [[nodiscard]] bool is_half_full(const Batch::Content& content) const;
  [[nodiscard]] Fill fill();
  void wake();
  static void merge(Batch& batch);

  const Limits limits_;
  std::array<Lane, kShards> lanes_;
  std::atomic<State> state_{State::kBusy};

  std::mutex mutex_;  // taken before a lane's, never while holding one
  std::condition_variable wake_;
  std::condition_variable done_;
  bool closed_ = false;  // these four guarded by mutex_
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t flush_taken_ = 0;
  std::uint64_t flush_done_ = 0;
};

}  // namespace ashlar::obs
