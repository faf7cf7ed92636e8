// Push: sends push tasks to their targets, and makes the answer the attempt's outcome. No thread
// waits: it is an AsyncHandler over an OutboundClient.
//
//   200–299          done; the status and the first of the body are the result
//   429, 503         failed, and not tried again before Retry-After (seconds or a date), at most a
//                    day
//   in give_up_on    dead
//   any other        failed: tried again by the retry plan until the attempts are used up; 3xx too,
//                    since redirects are not followed
//   no answer        failed: timeout, connection, address not public
//   not sent         snoozed, which gives the attempt back: the host is busy or its breaker open
//                    (push_gate.h), the process stops
//
// The request: method, url, headers of the target; the payload as its body, application/json unless
// the target says otherwise; signed as Standard Webhooks with webhook-id "task_ID" (the same for
// all attempts); and of ours
//   Ashlar-Task-Id, Ashlar-Queue, Ashlar-Attempt, Ashlar-Max-Attempts, Ashlar-Deadline (RFC 3339),
//   Ashlar-Timeout-Ms, Ashlar-Schedule (of a schedule's task), traceparent.
// Any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "modules/tasks/push_gate.h"
#include "modules/tasks/push_settings.h"
#include "modules/tasks/task.h"
#include "platform/jobs/runner.h"
#include "platform/outbound/outbound_client.h"
#include "platform/outbound/target.h"

namespace ashlar::obs {
class Counter;
}

namespace ashlar::tasks {

class Push {
 public:
  static constexpr std::size_t kMaxResultText = 1024;  // of an answer's body that is kept
  static constexpr int kConcurrency = 512;
  // Of payloads in hand; each is copied once more for its request.
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;
  static constexpr base::Millis kGrace{3'000};

  struct Options {
    outbound::TargetRules targets;
    std::string user_agent;
    std::uint64_t seed = 1;
  };
  // All outlive it.
  Push(Options options, outbound::OutboundClient& client, PushSettings& settings,
       const base::Clock& clock, obs::Registry& metrics);

  // For the Runner.
  [[nodiscard]] jobs::KindOptions kind();
  void send(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done);

  // Sends no more, gives what is under way kGrace, then ends it and the client: those attempts are
  // given back. Before the runner stops; idempotent.
  void stop();

 private:
  bool begin();
  void ended();
  base::Result<outbound::Request> request_of(const jobs::Attempt& attempt, const TaskMeta& meta);
  jobs::Outcome refused(const PushGate::Refusal& refusal);

  const Options options_;
  outbound::OutboundClient& client_;
  outbound::Dependency& dependency_;
  PushSettings& settings_;
  const base::Clock& clock_;
  PushGate gate_;

  std::mutex mutex_;  // guards the next three
  std::condition_variable idle_;
  int under_way_ = 0;
  bool stopping_ = false;

  obs::Counter& busy_;
  obs::Counter& paced_;
  obs::Counter& broken_;
};

// What an answer means for the attempt. Pure. `keep_body`: the first of it is kept; not where
// targets may be private, whose answers are nobody's to read from here.
jobs::Outcome outcome_of(const outbound::Answer& answer, const PushTarget& target, base::Time now,
                         bool keep_body = true);

}  // namespace ashlar::tasks
