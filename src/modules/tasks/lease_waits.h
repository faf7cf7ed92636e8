// LeaseWaits: those who wait for tasks of a queue (long polls), on one thread for all of them.
//
//   add() ──> [waiting] ── a task came, leased for it ──> done(tasks)
//                 ├── its time is over ──────────────────> done(none)
//                 ├── its client has left ───────────────> done(none): nothing is leased for it
//                 └── close() ───────────────────────────> done(none)
//
// Promises
//  1. done is called once for each that add() took, on this thread or by close(), without a lock.
//  2. Of a queue those who came first are served first.
//  3. What is created in this process reaches a waiting one at once (created()); what other
//     processes create, and what becomes due, within some tens of ms (the engine's wake-ups; with
//     very many queues waited for up to kPoll); a lease that runs out within kPoll.
//  4. Asking storage for all queues that somebody waits for takes at most a fifth of the thread's
//     time.
//
// A task that came between the caller's own lease() and add() is seen: give add() the `seen` that
// was drawn before that lease. Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/leases.h"

namespace ashlar::obs {
class Gauge;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::tasks {

class LeaseWaits {
 public:
  static constexpr std::size_t kMaxWaits = 10'000;
  static constexpr std::size_t kMaxTenantWaits = 2'000;
  static constexpr base::Millis kPoll{1'000};
  static constexpr base::Millis kMinPause{20};  // between two rounds over all queues

  using Done = std::function<void(base::Result<std::vector<LeasedTask>>)>;
  struct Wait {
    LeaseAsk ask;
    base::Mono until{};
    std::function<bool()> wanted;  // false: its client has left. Quick; called under a lock
    Done done;
  };

  // All outlive it.
  LeaseWaits(Leases& leases, const base::Clock& clock, obs::Registry& metrics);
  ~LeaseWaits();
  LeaseWaits(const LeaseWaits&) = delete;
  LeaseWaits& operator=(const LeaseWaits&) = delete;

  [[nodiscard]] std::uint64_t seen() const;
  // kTooMany too_many_waits; kUnavailable stopping. Then done is not called.
  base::Status add(Wait wait, std::uint64_t seen);

  void created(base::TenantId tenant, const std::string& queue);
  void may_have_work();  // some queue, whichever

  void start();
  void close();  // ends all that wait, takes no more, ends the thread. Idempotent.

 private:
  using Queue = std::pair<base::TenantId, std::string>;

  void loop();
  [[nodiscard]] base::Mono next_turn() const;
  std::vector<Queue> take_turn(base::Mono now, bool& all);
  std::vector<Wait> take_finished(base::Mono now);
  void serve(const Queue& queue);
  std::optional<Wait> take_first(const Queue& queue);
  void put_back(const Queue& queue, Wait wait);
  void forget(const Wait& wait);

  Leases& leases_;
  const base::Clock& clock_;
  obs::Gauge& waiting_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<Queue, std::deque<Wait>> queues_;  // none of them empty
  std::map<base::TenantId, std::size_t> of_tenant_;
  std::size_t count_ = 0;
  std::uint64_t wakes_ = 0;
  std::set<Queue> fresh_;  // created in this process, not looked at yet
  bool all_ = false;       // some other queue may have work
  base::Mono next_all_{};  // not before
  base::Mono next_poll_{};
  base::Mono next_over_ = base::Mono::max();  // the time of some is over then
  bool closed_ = false;

  std::thread thread_;
};

}  // namespace ashlar::tasks
