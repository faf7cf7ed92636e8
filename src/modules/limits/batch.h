// Batch: the limits that one request must pass, asked together and answered together.
//
// Promises, whatever keeps the counts (limit_state.h):
//   1. All or none. With Consume::kAllOrNone nothing is taken where the batch is refused; else
//      everything is that fits (of a shadow limit that is over, nothing). One atomic step: no other
//      batch sees half of it. (Exceptions are named where they are: redis_state.h, lease_state.h.)
//      Asks of one key see what those before them took.
//   2. Refused iff a limit that is neither shadow nor quota_mode is over, or there are quota_mode
//      limits and all of them are over, of which none is shadow. "Over": what was taken and this
//      cost are more than the limit. Only takes and peeks can refuse.
//   3. A peek takes nothing. A refund gives back at most what counts; a charge takes what was used,
//      as far as its algorithm lets debts grow (kit/rate/decision.h). Both also happen where the
//      batch is refused: they tell of what has been.
//   4. on_decided() is called exactly once for each decide(), within the deadline of the state
//      (50 ms by default), also when Redis is gone: on_failure then answers, and `source` says so.
//   5. Where the batch is refused and took nothing, `remaining` and `reset_after` of the takes that
//      would have fitted are as they are without them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kit/rate/decision.h"
#include "modules/limits/limit.h"

namespace ashlar::limits {

enum class Action : std::uint8_t {
  kTake,
  kPeek,    // what a take of `cost` would say; of 0: over where more than the limit is taken
  kRefund,  // gives back `cost`
  kCharge,  // takes `cost` whether it fits or not: what was used is known only afterwards
};

enum class Source : std::uint8_t {
  kCount,       // the count itself (in process, Redis, or a lease that was paid for)
  kFailedOpen,  // it could not be asked: LimitSpec::on_failure answered
  kFailedClosed,
  kFailedLocal,
};

struct Outcome {
  kit::Decision decision;  // `allowed` is what this limit alone says; shadow does not change it
  Source source = Source::kCount;

  [[nodiscard]] bool over() const { return !decision.allowed; }
};

struct Ask {
  const Limit* limit = nullptr;  // outlives the batch's decision (Batch::keeps)
  std::string_view key;  // whose count: text that means one key of this limit; outlives it too
  std::uint64_t cost = 1;
  Action action = Action::kTake;
};

enum class Consume : std::uint8_t {
  kAllOrNone,
  // As envoyproxy/ratelimit does: each limit counts the request, refused or not, also beyond the
  // limit: a take is judged as a take and counted as a charge.
  kEach,
};

class Batch {
 public:
  static constexpr std::size_t kMaxAsks = 32;

  std::vector<Ask> asks;  // at most kMaxAsks
  Consume consume = Consume::kAllOrNone;
  std::shared_ptr<const void> keeps;  // the rules that the asks point into

  // The answer.
  std::vector<Outcome> outcomes;  // one for each ask
  bool allowed = false;

  // On the thread that called decide(): within the call, or later from its event loop.
  virtual void on_decided() = 0;

 protected:
  Batch() = default;
  ~Batch() = default;  // never deleted by who decides
  Batch(const Batch&) = default;
  Batch& operator=(const Batch&) = default;
};

// Promise 2, for all who decide: reads asks and outcomes, sets `allowed`.
void judge(Batch& batch);

}  // namespace ashlar::limits
