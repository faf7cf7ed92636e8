// LeaseState: limits of Keeping::kLeased: this instance takes some of a limit ahead from the shared
// count (a lease), and decides alone from that. In front of the state that keeps the shared count
// (redis_state.h); asks of other limits go through to it.
//
//   none ──first take: waits──> filling ──granted──> held ──below the low-water mark──> filling,
//                                  │                  │       in the background
//                                  │ refused          │ lapses, idle: hand_back()
//                                  v                  v
//                              exhausted ──its time──> none
//
// Promises
//  1. Prepaid: a lease is a take from the shared count. So while that answers, all instances
//     together admit no more than the limit in a window of a fixed window; of the other algorithms
//     at most one lease an instance (kLife old at most) beyond what they bound.
//  2. A take for which the lease does not suffice waits for the next one; it is refused only where
//     the shared count has refused, and then for at most kRefusedFor without asking again, since
//     another instance may hand back.
//  3. A lease is what is taken in some kSlot at the recent rate, and no more than remaining /
//     (2 * instances): the last units go one by one. What an idle instance holds is handed back
//     after kIdle. An instance that dies so strands at most one lease of each key, until its window
//     ends or its bucket has filled again.
//  4. Cut off from the shared count an instance decides by its lease to the lease's end, then as
//     LimitSpec::on_failure says: with kLocal at most ceil(amount / instances) more in a window.
//  5. A batch of several limits takes from leases first, from the shared count then; where that
//     refuses, the leases get it back. Exception to batch.h's promise 1: in between, another batch
//     of this instance may be refused or wait for what is handed back; none is admitted by it.
// Shadow limits, quota mode, peeks, refunds and charges of leased limits go to the shared count.
// With Consume::kEach a take that is refused is not counted.
//
// decide() answers at once where a lease suffices; where it does not, after one refill, at most
// kMaxRefills where others take what is left at the same moment. One that fails is the last: then
// on_failure answers, within the inner state's deadline of its begin.
// Bounded: kMaxLeases keys, beyond them the shared count is asked each time.
// Threads: the inner state's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "modules/limits/batch.h"
#include "modules/limits/limit_state.h"

namespace ashlar::limits {

class LocalShare;

class LeaseState final : public LimitState {
 public:
  static constexpr std::chrono::milliseconds kSlot{50};
  static constexpr std::chrono::milliseconds kIdle{200};
  static constexpr std::chrono::milliseconds kLife{1'000};
  static constexpr std::chrono::milliseconds kRefusedFor{20};
  static constexpr int kMaxRefills = 4;
  static constexpr std::size_t kMaxLeases = 100'000;

  struct Options {
    std::uint64_t instances = 1;  // that share the count, this one among them
  };
  struct Stats {
    std::uint64_t refills = 0;
    std::uint64_t handed_back = 0;  // units
    std::uint64_t leases = 0;       // now
  };

  // `local`: what the inner state falls back to, too.
  LeaseState(const Options& options, std::unique_ptr<LimitState> inner,
             std::shared_ptr<LocalShare> local);
  ~LeaseState() override;
  LeaseState(const LeaseState&) = delete;
  LeaseState& operator=(const LeaseState&) = delete;

  void decide(Batch& batch, base::Mono now) override;
  // Every 10 ms or so: hands back what is idle.
  void tick(base::Mono now);
  // All that is held: before an orderly end.
  void hand_back_all(base::Mono now);
  // Answers what is under way, by on_failure where its answer has not come. Nothing is decided
  // afterwards.
  void end();

  [[nodiscard]] LimitState& inner() { return *inner_; }
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  struct Lease;
  struct Refill;
  struct Waiting;
  struct Rest;

  Lease* lease_of(const Ask& ask);
  void proceed(std::unique_ptr<Waiting> waiting);
  void ask_the_rest(std::unique_ptr<Waiting> waiting);
  void on_rest(std::unique_ptr<Rest> rest);
  void fall_back(std::unique_ptr<Waiting> waiting);
  void refill(Lease& lease, std::uint64_t need);
  void on_refill(std::unique_ptr<Refill> refill);
  void serve_waiting(Lease& lease);
  void top_up(Lease& lease);
  void hand_back(Lease& lease);
  void lapse(Lease& lease);
  void note_take(Lease& lease, std::uint64_t cost);
  [[nodiscard]] std::uint64_t wanted(const Lease& lease, std::uint64_t need) const;
  static std::uint64_t batch_cost(const Waiting& waiting, const Lease& lease);
  [[nodiscard]] Outcome granted_by(const Lease& lease) const;
  [[nodiscard]] Outcome denied_by(const Lease& lease) const;

  const Options options_;
  base::Mono now_{};  // the latest
  Stats stats_;
  bool ending_ = false;
  const std::shared_ptr<LocalShare> local_;
  std::unordered_map<std::string, std::unique_ptr<Lease>> leases_;
  std::deque<Lease*> turn_;            // whom tick() looks at next
  std::unique_ptr<LimitState> inner_;  // goes first: it calls what is above
};

}  // namespace ashlar::limits
