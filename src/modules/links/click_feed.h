// ClickFeed: clicks as they are counted, pushed to the event streams of those who watch.
//
// After each flush every watcher gets one event for each of its links that was clicked:
//   event: clicks    data: {"code":"…","clicks":new ones,"total":all so far,"at":"…",
//                           "devices":{"mobile":2},"countries":{"DE":1}}
// with "domain":"…" before it where the link is on one. Devices and countries are of those clicks
// whose detail was kept.
//
// Bounded: kMaxWatchers in all, kMaxWatchersPerTenant each, kMaxLinksPerFlush links of a tenant and
// flush (those with the most clicks). Nobody watching costs one atomic load.
//
// Who may no longer call hears no more: the streams of a key end as soon as storage's notice of its
// revocation, or of its tenant's end, arrives (security/key_notice.h); a resync ends all, and
// clients reconnect. What no notice tells (a key or session that expires, a revocation while the
// stream was being opened) ends with the stream: none gets events after kMaxAge.
//
// `total` is what the database has counted; while batches wait to be folded it is the last total
// that was sent plus what came since, so it never falls. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/click_count.h"
#include "platform/security/principal.h"

namespace ashlar::http {
class EventStream;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

namespace store {
struct NamedTotal;
}

class ClickFeed {
 public:
  static constexpr std::size_t kMaxWatchers = 512;
  static constexpr std::size_t kMaxWatchersPerTenant = 64;
  static constexpr std::size_t kMaxLinksPerFlush = 200;

  static constexpr base::Seconds kMaxAge{15 * 60};

  // Both outlive it; it subscribes to `db`, so it outlives `db`'s threads.
  ClickFeed(storage::Database& db, const base::Clock& clock);
  ClickFeed(const ClickFeed&) = delete;
  ClickFeed& operator=(const ClickFeed&) = delete;

  // `who` calls for its tenant. `only`: one link of the tenant; nullopt: all.
  // Error: kTooMany too_many_streams.
  base::Status watch(const security::Principal& who, std::optional<LinkId> only,
                     std::shared_ptr<http::EventStream> stream);

  // Called by ClickRecorder after each commit.
  void publish(std::span<const ClickCount> counts, const analytics::KeyedRollups& visits,
               base::Time at);

  // Ends all streams; watch() refuses from then on.
  void close();

 private:
  struct Watcher {
    base::TenantId tenant;
    security::KeyId key;  // not set: the administrator's session
    std::optional<LinkId> only;
    base::Mono ends_at;
    std::shared_ptr<http::EventStream> stream;
  };

  std::vector<ClickCount> watched(std::span<const ClickCount> counts);
  void drop_ended();  // REQUIRES: mutex_ held
  template <class Ends>
  void end_streams(const Ends& ends);
  void send(const ClickCount& count, const store::NamedTotal& named,
            const analytics::Rollup& visits, base::Time at);

  storage::Database& db_;
  const base::Clock& clock_;
  std::atomic<std::size_t> watching_{0};

  std::mutex mutex_;  // guards what follows
  std::vector<Watcher> watchers_;
  std::unordered_map<LinkId, std::int64_t> sent_totals_;
  bool closed_ = false;
};

}  // namespace ashlar::links
