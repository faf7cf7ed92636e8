// CampaignRunner: works the chunks of campaigns: the handler of kCampaignChunkJob.
//
//   attempt ──> a CampaignRun ──> turns, on kThreads threads, when it wants or is woken ──> done
//
// Promises
//  1. Who is told is told once, but where an answer was lost (the process died, the provider's
//     answer was in doubt): then again, by the same provider, under the same Outgoing::id, and
//     counted as repeated.
//  2. A campaign that is paused begins with nobody any more from the next commit of each of its
//     chunks on; whoever was begun by then is waited for.
//  3. At most kMaxRuns chunks at once, each with CampaignRun::kUnderWay under way.
// Between campaigns, and between a campaign and other messages, no order is kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "modules/notifications/campaigns/campaign_run.h"
#include "modules/notifications/campaigns/campaign_services.h"
#include "platform/jobs/runner.h"

namespace ashlar::notifications {

class CampaignRunner {
 public:
  static constexpr int kMaxRuns = 32;
  static constexpr int kThreads = 2;

  // `services` outlives it.
  explicit CampaignRunner(CampaignServices& services) : services_(services) {}
  ~CampaignRunner();  // stop()
  CampaignRunner(const CampaignRunner&) = delete;
  CampaignRunner& operator=(const CampaignRunner&) = delete;

  // Of kCampaignChunkJob, with attempt() as its handler.
  jobs::KindOptions kind();
  // jobs::AsyncHandler.
  void attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done);

  void start();
  // Begins no more; waits for what is under way, `grace` at most. Idempotent. Then comes
  // ProviderPool::close(), which ends the rest: stop() waits for it.
  void wind_up(base::Millis grace);
  void stop();

 private:
  struct Place {
    std::shared_ptr<CampaignRun> run;
    base::Mono due{};
    bool busy = false;
    bool woken = false;  // while it was busy: by then
    base::Mono woken_at{};
  };
  using PlacePtr = std::shared_ptr<Place>;

  void work();
  PlacePtr next_due(std::unique_lock<std::mutex>& lock);
  void wake(const PlacePtr& place, base::Mono at);

  CampaignServices& services_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::list<PlacePtr> places_;
  bool winding_up_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ashlar::notifications
