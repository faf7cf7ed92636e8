// Deliveries: events told to webhook endpoints in this API's form.
//
//   outbox ──consumer: a job for each endpoint that wants it──> job ──> POST, signed ──2xx──> done
//                                                                ^           │ anything else
//                                                                └── later ──┘ 16 times in 3 days
//
// Promises
//  1. Each event is told to each endpoint that was enabled for its type when it happened, at least
//     once; its body is rendered when it is sent, of what the object was right after the event: it
//     is the same at each attempt.
//  2. Stripe-Signature: t=…,v1=… over the very bytes of the body, with the time of the attempt.
//  3. The address is judged at each connection: not private unless allow_private. Redirects are not
//     followed.
//  4. Endpoints hold each other up no further than kMaxRunning of all at once.
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/events/consumers.h"
#include "platform/jobs/runner.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::security {
class SecretBox;
}

namespace ashlar::payments::profile {

class Deliveries {
 public:
  static constexpr base::Millis kAttemptTimeout{20'000};
  static constexpr std::uint32_t kMaxRunning = 128;

  struct Options {
    bool allow_private = false;
    std::uint64_t seed = 1;
  };
  // All outlive it.
  Deliveries(Options options, storage::Database& db, jobs::Jobs& jobs,
             const security::SecretBox& box, const base::Clock& clock, obs::Registry& metrics,
             obs::Log& log);
  ~Deliveries();  // stop()
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  events::ConsumerOptions consumer();
  jobs::KindOptions kind();
  // Begins no more and ends what is under way, which is sent again later. Before the runner stops.
  void stop();

 private:
  struct Sending;
  base::Status fan_out(storage::Transaction& tx, const events::Event& event);
  void attempt(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done);
  base::Result<std::unique_ptr<Sending>> load(const jobs::LeasedJob& job);

  const Options options_;
  storage::Database& db_;
  jobs::Jobs& jobs_;
  const security::SecretBox& box_;
  const base::Clock& clock_;
  obs::Log& log_;
  std::atomic<bool> stopping_{false};
  outbound::OutboundClient client_;  // last: its thread calls the rest
  outbound::Dependency& dependency_;
};

}  // namespace ashlar::payments::profile
