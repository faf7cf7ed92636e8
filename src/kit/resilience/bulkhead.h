// Bulkhead: at most so many at once, and at most so many more waiting, so that one slow dependency
// cannot take all workers. It holds no queue and no thread: who waits, and how, is the caller's.
//
//   try_enter() ── Permit ──────────────> work ── release(): true, wake one of yours that waits
//        └ nullopt
//   try_wait() ─── Place ── (woken) ── try_enter(place) ── Permit
//        └ nullopt: refuse              └ nullopt: wait on
//
// Promises: 1. running() <= max_running and waiting() <= max_waiting, always.
//           2. While anyone waits try_enter() refuses newcomers, so that they do not overtake.
//           3. A Permit or Place gives itself back when it ends, also by exception.
//           4. No lost wake-up: whenever a slot is free and somebody waits, the release() or
//              leave() that brought this about has returned true. Whoever got true wakes one
//              waiter, and a woken waiter that does not want to enter says leave(), which passes
//              it on. (Destructors give back silently: where anyone may wait, call these.)
//
// One atomic word: each call is a CAS, O(1), no allocation, no lock. 16 bytes. Any thread; the
// Bulkhead outlives its Permits and Places. Source: M. Nygard, "Release It!", 2007.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.h"

namespace ashlar::kit {

class Bulkhead {
 public:
  class Permit {
   public:
    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      if (this != &other) {
        release();
        owner_ = std::exchange(other.owner_, nullptr);
      }
      return *this;
    }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() { release(); }

    // Gives it back; true: wake one waiter. A second call does nothing.
    bool release() {
      Bulkhead* const owner = std::exchange(owner_, nullptr);
      return owner != nullptr && owner->give_back(kOneRunning);
    }

   private:
    friend class Bulkhead;
    explicit Permit(Bulkhead* owner) : owner_(owner) {}
    Bulkhead* owner_;
  };

  class Place {
   public:
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      if (this != &other) {
        leave();
        owner_ = std::exchange(other.owner_, nullptr);
      }
      return *this;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { leave(); }

    // Waits no longer; true: wake another. A second call does nothing.
    bool leave() {
      Bulkhead* const owner = std::exchange(owner_, nullptr);
      return owner != nullptr && owner->give_back(kOneWaiting);
    }

   private:
    friend class Bulkhead;
    explicit Place(Bulkhead* owner) : owner_(owner) {}
    Bulkhead* owner_;
  };

  // REQUIRES: max_running >= 1.
  Bulkhead(std::uint32_t max_running, std::uint32_t max_waiting)
      : max_running_(max_running), max_waiting_(max_waiting) {
    CHECK(max_running >= 1);
  }
  ~Bulkhead() { CHECK(word_.load() == 0); }
  Bulkhead(const Bulkhead&) = delete;
  Bulkhead& operator=(const Bulkhead&) = delete;

  // nullopt: all run that may, or somebody waits already.
  [[nodiscard]] std::optional<Permit> try_enter() {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    do {
      if (running_of(word) >= max_running_ || waiting_of(word) > 0) return std::nullopt;
    } while (!swap(word, word + kOneRunning));
    return Permit(this);
  }

  // nullopt: as many wait as may. Call try_enter(place) once after it: a slot may have become free
  // between a refused try_enter() and this, and nobody was there to be woken.
  [[nodiscard]] std::optional<Place> try_wait() {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    do {
      if (waiting_of(word) >= max_waiting_) return std::nullopt;
    } while (!swap(word, word + kOneWaiting));
    return Place(this);
  }

  // A waiter's try: on success the place has become the permit. REQUIRES: a place of this bulkhead
  // that has not left.
  [[nodiscard]] std::optional<Permit> try_enter(Place& place) {
    CHECK(place.owner_ == this);
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    do {
      if (running_of(word) >= max_running_) return std::nullopt;
    } while (!swap(word, word + kOneRunning - kOneWaiting));
    place.owner_ = nullptr;
    return Permit(this);
  }

  [[nodiscard]] std::uint32_t running() const { return running_of(word_.load()); }
  [[nodiscard]] std::uint32_t waiting() const { return waiting_of(word_.load()); }

 private:
  static constexpr std::uint64_t kOneRunning = 1;
  static constexpr std::uint64_t kOneWaiting = std::uint64_t{1} << 32;

  static std::uint32_t running_of(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
  static std::uint32_t waiting_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> 32);
  }

  bool swap(std::uint64_t& expected, std::uint64_t next) {
    return word_.compare_exchange_weak(expected, next, std::memory_order_acq_rel,
                                       std::memory_order_relaxed);
  }
  bool give_back(std::uint64_t one) {
    const std::uint64_t left = word_.fetch_sub(one, std::memory_order_acq_rel) - one;
    return waiting_of(left) > 0 && running_of(left) < max_running_;
  }

  const std::uint32_t max_running_;
  const std::uint32_t max_waiting_;
  std::atomic<std::uint64_t> word_{0};  // waiting << 32 | running
};

}  // namespace ashlar::kit
