// Flight: one load and those who wait for it; the part of SingleFlight that belongs to one key.
//
//               begin()              end(true): the value is set
//      open ──────────────► loading ────────────────────────────► done
//       ▲                      │
//       └──────────────────────┘ end(false): the load gave up; a waiter that wakes begins anew
//
// Everything happens under the mutex of whoever keeps the flights, but for `value`: only the one
// who began may touch it while the flight is loading, and it never changes once it is done.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace ashlar::kit {

template <class Value>
class Flight {
 public:
  static constexpr std::chrono::nanoseconds kNoWait{0};
  static constexpr std::chrono::nanoseconds kForever = std::chrono::nanoseconds::max();

  std::optional<Value> value;
  bool reserved = false;

  [[nodiscard]] bool loading() const { return state_ == State::kLoading; }
  [[nodiscard]] bool done() const { return state_ == State::kDone; }
  [[nodiscard]] std::uint32_t waiters() const { return waiters_; }
  // Nobody has to do with it: it may go.
  [[nodiscard]] bool idle() const { return state_ == State::kOpen && waiters_ == 0 && !reserved; }
  // This thread is the one that loads.
  [[nodiscard]] bool ours() const { return loading() && loader_ == std::this_thread::get_id(); }

  // REQUIRES: !loading() && !done()
  void begin() {
    state_ = State::kLoading;
    loader_ = std::this_thread::get_id();
  }

  void end(bool loaded) {
    state_ = loaded ? State::kDone : State::kOpen;
    changed_.notify_all();
  }

  // Until it is not loading any more. False: the budget was over first.
  bool await(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds budget) {
    constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365);
    if (budget <= kNoWait) return !loading();
    const auto over = [this] { return !loading(); };
    bool in_time = true;
    ++waiters_;
    if (budget == kForever) {
      changed_.wait(lock, over);
    } else {
      in_time = changed_.wait_for(lock, std::min(budget, kLongest), over);
    }
    --waiters_;
    return in_time;
  }

 private:
  enum class State : unsigned char { kOpen, kLoading, kDone };

  std::condition_variable changed_;
  std::thread::id loader_;
  std::uint32_t waiters_ = 0;
  State state_ = State::kOpen;
};

}  // namespace ashlar::kit
