// Sender: makes a delivery's attempt: the handler of its job.
//
//   attempt ── load ── endpoint disabled ──────────────────────────> dropped
//                 ├─── not due yet (a crash lost its job's word) ──────> postponed
//                 └─── left alone, breaker open ───────────────────> postponed: no attempt
//                          └── sign, call ── judge ── AttemptRecorder ──> done
//
// Promises
//  1. At most one HTTP request a call of attempt(): tries again only by the delivery's plan.
//  2. The address that is connected to is judged at each attempt (OutboundClient): not private
//     unless allow_private; redirects are not followed; an attempt takes kAttemptTimeout at most
//     and keeps kMaxKeptAnswer of the answer.
//  3. done is called once.
// Any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "modules/webhooks/attempt_recorder.h"
#include "modules/webhooks/delivery.h"
#include "modules/webhooks/endpoint_health.h"
#include "platform/jobs/runner.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::obs {
class Counter;
}
namespace ashlar::security {
class SecretBox;
}

namespace ashlar::webhooks {

class Sender {
 public:
  static constexpr base::Millis kAttemptTimeout{20'000};
  static constexpr std::size_t kMaxKeptAnswer = 256 * 1024;
  static constexpr std::uint32_t kMaxRunning = 256;

  struct Options {
    std::string source;  // of CloudEvents: the installation's URL
    bool allow_private = false;
    std::uint64_t seed = 1;
  };
  // All outlive it.
  Sender(Options options, storage::Database& db, const security::SecretBox& box,
         EndpointHealth& health, AttemptRecorder& recorder, const base::Clock& clock,
         obs::Registry& metrics, obs::Log& log);
  ~Sender();  // stop()
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // jobs::AsyncHandler.
  void attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done);

  // Begins no more; waits for those under way, `grace` at most, and ends the rest. Idempotent.
  void stop(base::Millis grace = base::Millis{3'000});

 private:
  struct Sending;
  using SendingPtr = std::shared_ptr<Sending>;

  base::Result<std::optional<LoadedDelivery>> load(DeliveryId id);
  void send(const SendingPtr& sending, base::Mono deadline);
  void ended(const SendingPtr& sending, const base::Result<outbound::Answer>& result);
  void drop(const SendingPtr& sending);
  // How long an endpoint's delivery that is so old may wait: a long outage is not asked about by
  // every delivery every few seconds.
  base::Time postponed(std::chrono::nanoseconds wait, base::Time since);

  const Options options_;
  storage::Database& db_;
  const security::SecretBox& box_;
  EndpointHealth& health_;
  AttemptRecorder& recorder_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Counter& postponed_;

  std::mutex random_mutex_;
  base::Random random_;  // guarded by random_mutex_
  std::atomic<bool> stopping_{false};
  std::atomic<int> running_{0};

  outbound::OutboundClient client_;  // last: its thread calls the rest
  outbound::Dependency& dependency_;
};

}  // namespace ashlar::webhooks
