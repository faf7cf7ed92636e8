// ClickFeed: clicks as they are counted, pushed to the event streams of those who watch.
//
// After each flush every watcher gets one event for each of its links that was clicked:
//   event: clicks    data: {"code":"…","clicks":new ones,"total":all so far,"at":"…"}
// Bounded: kMaxWatchers in all, kMaxWatchersPerTenant each, kMaxLinksPerFlush links of a tenant and
// flush (those with the most clicks). Nobody watching costs one atomic load.
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

#include "base/result.h"
#include "modules/links/click_count.h"

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

  explicit ClickFeed(storage::Database& db) : db_(db) {}

  // `only`: one link of the tenant; nullopt: all. Error: kTooMany too_many_streams.
  base::Status watch(base::TenantId tenant, std::optional<LinkId> only,
                     std::shared_ptr<http::EventStream> stream);

  // Called by ClickRecorder after each commit.
  void publish(std::span<const ClickCount> counts, base::Time at);

  // Ends all streams; watch() refuses from then on.
  void close();

 private:
  struct Watcher {
    base::TenantId tenant;
    std::optional<LinkId> only;
    std::shared_ptr<http::EventStream> stream;
  };

  std::vector<ClickCount> watched(std::span<const ClickCount> counts);
  void drop_closed();  // REQUIRES: mutex_ held
  void send(const ClickCount& count, const store::NamedTotal& named, base::Time at);

  storage::Database& db_;
  std::atomic<std::size_t> watching_{0};

  std::mutex mutex_;  // guards what follows
  std::vector<Watcher> watchers_;
  std::unordered_map<LinkId, std::int64_t> sent_totals_;
  bool closed_ = false;
};

}  // namespace ashlar::links
