// Sender: makes a delivery's attempts: the handler of its job (send_job.h).
//
//   attempt ── load ── ended meanwhile, gone ────────────────────────> its job ends
//                 ├─── not due yet (a crash lost its job's word) ───────> put off
//                 ├─── expired, suppressed, opted out, device gone ────> ended so
//                 ├─── render: never will ─────────────────────────────> failed, dead
//                 └─── choose ── wait (breaker, pace, no place) ───────> put off: no attempt
//                        ├────── queued (no place) ── one is free ──> choose, kLongestQueued at
//                        most ├────── no provider ──> caught (development), or failed, dead └──────
//                        lease ── Provider::send ── plan_after ─┬─> SendRecorder ^ │ └──────────
//                        elsewhere, at once ────────────────┘
//
// Promises
//  1. Another provider is asked only after a certain failure, at most kMaxTries in a round; where
//     an attempt may have handed the message over, the same provider is asked again, with the same
//     id. Whose attempt it was is known also where it was lost: a delivery's order of providers is
//     always the same, and another than the first is written down before it is asked. Where that
//     first one's priority, weight or state is changed between the loss and the repetition, or a
//     provider is added, it is another one.
//  2. Where an earlier attempt has no recorded end (the process died, the lease ran out), that is
//     written down with the next one and counted: ashlar_notifications_repeated_total. Not where
//     this process knows that none was begun under the lost leases (lease_memory.h).
//  3. What is put off is no attempt. It comes back when there is room again, later the older it is,
//     at most kLongestPutOff; what expires meanwhile is ended as expired.
//  4. done is called once.
// Any thread may call; none is blocked. Deliveries are read and rendered on the loader's thread
// (send_loader.h).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "modules/notifications/delivery_store.h"
#include "modules/notifications/lease_memory.h"
#include "modules/notifications/provider_pool.h"
#include "modules/notifications/renderer.h"
#include "modules/notifications/send_job.h"
#include "modules/notifications/send_loader.h"
#include "modules/notifications/send_plan.h"
#include "modules/notifications/send_recorder.h"
#include "platform/jobs/runner.h"

namespace ashlar::obs {
class Counter;
}

namespace ashlar::notifications {

class Sender {
 public:
  static constexpr int kMaxRunning = 512;
  static constexpr int kMaxWaiting = 128;  // leased: what is urgent stands behind so many at most
  static constexpr base::Millis kSendTimeout{45'000};
  static constexpr base::Seconds kLongestPutOff{60};
  static constexpr base::Seconds kLongestQueued{10};

  // A channel that is carried by this product itself (the inbox): asked before any provider.
  using OwnChannel = std::function<void(const Notification& notification, const Delivery& delivery,
                                        Outgoing message, Provider::Done done)>;
  struct Options {
    bool catches = false;  // keep what a channel without any provider would have sent
    std::uint64_t seed = 1;
  };
  // All outlive it.
  Sender(Options options, storage::Database& db, ProviderPool& pool, Renderer& renderer,
         SendRecorder& recorder, const base::Clock& clock, obs::Registry& metrics, obs::Log& log);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Before the first attempt().
  void carry(Channel channel, OwnChannel own);

  // jobs::AsyncHandler.
  void attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done);
  // Of kSendJob, with attempt() as its handler.
  jobs::KindOptions kind();

  // Begins no more; waits for those under way, `grace` at most. Idempotent. Then comes
  // ProviderPool::close(), which ends the rest: the destructor waits for it.
  void stop(base::Millis grace = base::Millis{3'000});

 private:
  struct Sending;
  using SendingPtr = std::shared_ptr<Sending>;

  // sender_begin.cc
  void loaded(const SendingPtr& sending, base::Result<std::optional<store::Sending>> found);
  bool ends_before_sending(const SendingPtr& sending);
  void render(const SendingPtr& sending);

  // Whether it took a place at a provider.
  bool send_next(const SendingPtr& sending);
  bool resume(const SendingPtr& sending);
  void not_sent_now(const SendingPtr& sending, const base::Result<ProviderPool::Choice>& chosen);
  void note(const SendingPtr& sending, const std::shared_ptr<ProviderPool::Lease>& lease);
  void send_by(const SendingPtr& sending, const std::shared_ptr<ProviderPool::Lease>& lease);
  void send_own(const SendingPtr& sending, const OwnChannel& own);
  void answered(const SendingPtr& sending, SendResult result);
  void no_provider(const SendingPtr& sending);
  void put_off(const SendingPtr& sending, std::chrono::nanoseconds wait);
  void put_off_until_its_turn(const SendingPtr& sending, std::chrono::nanoseconds wait);
  void end(const SendingPtr& sending, State state, std::string_view reason, std::string detail,
           bool dead = false);
  void record(const SendingPtr& sending, const SendPlan& plan, std::string detail);
  [[nodiscard]] SendFacts facts_of(const Sending& sending) const;
  SendPlan planned(const SendResult& result, const SendFacts& facts);

  const Options options_;
  ProviderPool& pool_;
  Renderer& renderer_;
  SendRecorder& recorder_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Counter& repeated_;
  obs::Counter& failovers_;
  std::array<obs::Counter*, 7> put_off_{};  // by Hold
  std::array<OwnChannel, kChannels> own_;

  std::mutex random_mutex_;
  base::Random random_;  // guarded by random_mutex_
  std::atomic<bool> stopping_{false};
  std::atomic<int> running_{0};
  LeaseMemory leases_;
  SendLoader loader_;  // last: it calls the rest
};

}  // namespace ashlar::notifications
