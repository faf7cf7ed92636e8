// CampaignWatch: tells those who watch a campaign how far it is, at most twice a second, and only
// when something has changed.
//
//   event: campaign   data: {"id", "state", "counts": {…}, "rate_per_s"}
//
// A campaign that has ended is told once more; then its streams end. Bounded: kMaxWatchers in all,
// kMaxWatchersPerTenant each. Who may no longer call hears no more: the streams of a key end with
// it or with its tenant (security/key_notice.h), and none lasts longer than kMaxAge. Each campaign
// that is watched is read once a round, whoever works it. Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/campaigns/campaign.h"
#include "platform/runtime/periodic.h"
#include "platform/security/principal.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::http {
class EventStream;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

class CampaignWatch {
 public:
  static constexpr std::size_t kMaxWatchers = 1'000;
  static constexpr std::size_t kMaxWatchersPerTenant = 100;
  static constexpr base::Millis kInterval{500};
  static constexpr base::Seconds kMaxAge{15 * 60};

  // Both outlive it; it subscribes to `db`, so it outlives `db`'s threads.
  CampaignWatch(storage::Database& db, const base::Clock& clock);
  ~CampaignWatch();
  CampaignWatch(const CampaignWatch&) = delete;
  CampaignWatch& operator=(const CampaignWatch&) = delete;

  // Error: kTooMany too_many_streams.
  base::Status watch(const security::Principal& who, CampaignId campaign,
                     std::shared_ptr<http::EventStream> stream);

  void start();
  void stop();   // no round after this
  void close();  // ends all streams; watch() refuses from then on
  void round();  // one, for tests

 private:
  struct Watcher {
    base::TenantId tenant;
    security::KeyId key;  // not set: the administrator's session
    CampaignId campaign;
    base::Mono ends_at;
    std::shared_ptr<http::EventStream> stream;
    std::string told{};
  };
  struct Seen {
    base::TenantId tenant;
    CampaignId campaign;
    std::string data;  // empty: it is gone
    bool ended = false;
  };

  template <class Ends>
  void end_streams(const Ends& ends);
  std::vector<Seen> wanted();
  void look(Seen& seen);
  void tell(const Seen& seen);

  storage::Database& db_;
  const base::Clock& clock_;
  std::mutex mutex_;  // guards what follows
  std::vector<Watcher> watchers_;
  bool closed_ = false;
  std::optional<runtime::Periodic> rounds_;
};

}  // namespace ashlar::notifications
