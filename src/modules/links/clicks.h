// Clicks: redirects are counted without waiting for anything, and written soon after.
//
//   redirect --count()--> buffer of its I/O thread --flush()--> database --fold--> hourly counters
//
// count() appends to memory, and keep() what is told of a click; flush(), every kFlushInterval,
// takes all buffers, adds clicks up per (link, hour) and commits them in one transaction: straight
// into the hourly counters where there are at most kDirectPairs, else as one row of
// links_click_batches, which ClickFolder (click_folder.h) adds to the counters later.
//
// Promises
//  1. count() and keep() never wait for a disk or for a lock held across I/O; count() < 25 ns.
//  2. A click that was recorded is counted exactly once, unless
//       - the process dies before its flush: at most kFlushInterval and the time of one commit (<=
//       1 s);
//       - the database refuses writes for so long that kMaxPairs distinct (link, hour) wait, or a
//         buffer and its overflow are both full. These are in ashlar_links_clicks_dropped_total.
//     A commit whose answer was lost is not done twice: each flush has a number
//     (links_click_writers).
//  3. After stop() nothing recorded before it is in memory only (if the database accepts writes).
//  4. Detail (click_detail.h) is kept of one click in `detail_one_in`, for at most
//     ClickBuffer::kDetails clicks of a shard and flush, and is given up when the database refuses
//     a flush; what is lost of it is counted in ashlar_links_click_details_shed_total. It goes to
//     the roll-ups (analytics/rollup_folder.h), in the flush's transaction; and 200 of a flush are
//     written one by one; bots are added to the totals of their links. Per link the newest
//     kDetailsKept of these stay (and a few more).
//  5. Visits that led to no link (orphan(): orphans/orphan_buffer.h) are counted in the same
//     transaction, as 2. has it of clicks: while the database refuses they wait, and what finds no
//     room is in ashlar_links_orphan_visits_dropped_total.
//
// Threads: count(), keep() from any thread, cheap as promised when each uses its own `shard`;
// orphan() from any.
// flush(), stop() from one thread at a time (they lock).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "base/time.h"
#include "modules/links/click_detail.h"
#include "modules/links/link.h"
#include "modules/links/orphans/orphan_visit.h"

namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

class ClickFeed;
class GeoFile;

class ClickRecorder {
 public:
  static constexpr base::Millis kFlushInterval{250};
  static constexpr std::size_t kDirectPairs = 2'000;
  static constexpr std::size_t kMaxPairs = 500'000;
  static constexpr std::int64_t kDetailsKept = 1'000;

  // `shards`: as many as threads record, more or less; obs::kShards goes with obs::thread_shard().
  // `feed` and `geo` may be null: nobody watches, no country is known. All else outlives it.
  ClickRecorder(storage::Database& db, const base::Clock& clock, base::Entropy& entropy,
                obs::Registry& metrics, obs::Log& log, ClickFeed* feed, std::size_t shards,
                std::int64_t detail_one_in = 1, const GeoFile* geo = nullptr);
  ~ClickRecorder();
  ClickRecorder(const ClickRecorder&) = delete;
  ClickRecorder& operator=(const ClickRecorder&) = delete;

  // Counts a click; `shard` is taken modulo their number. Not 0: its detail is wanted, and keep()
  // is given this weight. (Two steps, so that nothing is worked out for clicks whose detail is
  // not.)
  std::int64_t count(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at) noexcept;
  void keep(std::size_t shard, const KeptClick& click) noexcept;
  // Both.
  void record(std::size_t shard, LinkId link, base::TenantId tenant, base::Time at,
              const ClickDetail& detail) noexcept;
  void orphan(const orphans::OrphanVisit& visit);

  // Everything recorded before the call is committed when it returns ok. After an error it waits in
  // memory for the next one.
  base::Status flush();

  // Starts the thread that flushes. Tests call flush() instead.
  void start();
  // Stops it and flushes what is left, trying a few times. Idempotent. When nobody records any
  // more.
  base::Status stop();

  // All clicks of this process up to here are in the database (folded or not).
  [[nodiscard]] base::Time flushed_until() const;
  // The detail of one click in so many is kept.
  [[nodiscard]] std::int64_t detail_one_in() const;
  // The last flush had so much that it left a batch behind.
  [[nodiscard]] bool busy() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::links
