// Choreography: several parties that answer an event each on its own, without a conductor; this
// ties their events together by a correlation id, shows who has answered, and notices who has not.
//
//   (none) ── asks: on_event ──> [open] ── the last party has answered ──> [complete]
//     │                            └────── time is over: on_timeout ─────> [timed_out]
//     └── an answer: on_event ──> [early] ── asks ──> [open]     (keys of events are not ordered
//                                                                 among each other)
//
// The id is the member "correlation_id", a string, of each event's data; events without it are
// passed over. Which event is whose answer is declared. When all have answered, and when time is
// over, an event is published: "<kind>.complete" {"correlation_id", "answers":{party: data}} or
// "<kind>.timed_out" {"correlation_id", "missing":[party]}: whoever acts on the whole consumes it.
// What is to be taken back then, each party knows itself: that is the price (docs/transactions.md).
//
// Promises: 1. an event counts once, however often it is delivered; of a party the first answer
//              counts. 2. One of the two events is published for each question, in the transaction
//              that changes the state. 3. Late answers are kept and change nothing.
//              4. Ended ones are kept for keep_ended.
//
// Definitions are added before start; then any thread. Errors: storage's.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/events/event.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Consumers;
class Outbox;
}  // namespace ashlar::events
namespace ashlar::jobs {
class Jobs;
class Runner;
struct Attempt;
struct Outcome;
}  // namespace ashlar::jobs
namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::sagas {

inline constexpr std::string_view kChoreographyTimeoutJob = "choreography.timeout";

struct Party {
  std::string name;
  std::vector<std::string> answers;  // types of events
};

struct ChoreographyKind {
  std::string kind;  // "order-review": [a-z0-9_-], for ever: its consumer's name too
  std::string asks;  // type of the event that opens it
  std::vector<Party> parties;
  base::Seconds timeout{3600};
};

struct Answered {
  std::string party, type, event_id, data;
  base::Time at{};
};

// Who has answered.
struct Correlation {
  std::string kind, correlation;
  std::string state;  // early, open, complete, timed_out
  std::optional<base::Time> asked_at, deadline, ended_at;
  std::vector<Answered> answers;
  std::vector<std::string> missing;  // parties
};

class Choreography {
 public:
  // All outlive it.
  Choreography(jobs::Jobs& jobs, events::Outbox& outbox, const base::Clock& clock)
      : jobs_(jobs), outbox_(outbox), clock_(clock) {}

  void define(ChoreographyKind kind);  // REQUIRES: a new kind, at least one party
  // A consumer for each kind, and the kind of job of time-outs; before those start.
  void join(events::Consumers& consumers, jobs::Runner& runner);

  // In a tenant's transaction: all with this id, of whichever kind.
  base::Result<std::vector<Correlation>> find(storage::Transaction& tx,
                                              std::string_view correlation) const;

  // What the consumer and the job do; for tests by hand.
  base::Status on_event(storage::Transaction& tx, const ChoreographyKind& kind,
                        const events::Event& event) const;
  // A kind that this program does not know is left to another instance, of a newer one.
  base::Result<jobs::Outcome> on_timeout(storage::Transaction& tx, std::string_view payload) const;
  [[nodiscard]] const ChoreographyKind* kind_of(std::string_view kind) const;

  // Of all tenants, ended before; how many. In a platform transaction.
  static base::Result<std::int64_t> remove_ended(storage::Transaction& tx, base::Time before,
                                                 std::int64_t limit);

 private:
  struct Row;
  base::Status open(storage::Transaction& tx, const ChoreographyKind& kind,
                    const events::Event& event, Row& row) const;
  base::Status complete(storage::Transaction& tx, const ChoreographyKind& kind,
                        base::TenantId tenant, const Row& row) const;

  jobs::Jobs& jobs_;
  events::Outbox& outbox_;
  const base::Clock& clock_;
  std::map<std::string, ChoreographyKind, std::less<>> kinds_;
};

std::span<const storage::Sql* const> choreography_statements();

}  // namespace ashlar::sagas
