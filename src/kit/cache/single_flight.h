// SingleFlight: of all who want the same key at the same time one loads, the others wait for it.
// It remembers nothing: once a load has ended, the next caller loads again (a cache stands before).
//
// Rules (the states of one key's flight: flight.h)
//  1. At most one thread loads a key, unless detach() parted the flights (rule 6).
//  2. Whoever waited for a load that returned gets the very object that it returned, an error like
//     any other answer. Nothing is kept for those who come later.
//  3. A load gives up by nullopt or by throwing (its own deadline, its own cancellation). That says
//     nothing of the key, so exactly one of the waiters loads in its stead and the others go on
//     waiting. An exception reaches the caller whose load threw it and nobody else.
//  4. A waiter leaves when its budget is over and disturbs nobody.
//  5. No lock is held while a load runs. Its result is destroyed outside of the locks, too.
//  6. After detach(key) nobody joins a load that began before it; those who had joined keep it. So
//     whoever changes the source and then calls detach() is never answered from before.
//  7. A thread that asks, inside its load, for a key that it is loading would wait for itself: it
//     gets kRecursive, through any number of keys between. Two threads that load each other's keys
//     are not detected: they wait until their budgets are over.
//  8. A reserved key is nobody's yet: whoever comes by run() loads. The mark only keeps others from
//     reserving, so that nobody ever waits for a task that still stands in a queue.
//
// Bounds: `max_flights` keys under way at once, `max_waiters` waiters a key; above them kCrowded.
// Complexity: O(1) expected under the lock of one of 16 stripes. Memory: some 120 bytes + Key +
// Value in one allocation, and a node of a table, while a flight lasts.
// Threads: any, all of them the caller's; it outlives its runs. Budgets are durations, measured by
// std::condition_variable; kNoWait and kForever need no clock at all.
// Source: the duplicate suppression of Go's x/sync/singleflight, with 3, 4, 7 and 8 defined.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "kit/cache/flight.h"

namespace ashlar::kit {

struct SingleFlightOptions {
  std::size_t max_flights = 65'536;
  std::uint32_t max_waiters = 1'024;
};

// Hash: a seeded one, where strangers choose the keys.
template <class Key, class Value, class Hash = std::hash<Key>>
class SingleFlight {
 public:
  static constexpr std::chrono::nanoseconds kNoWait = Flight<Value>::kNoWait;
  static constexpr std::chrono::nanoseconds kForever = Flight<Value>::kForever;

  enum class Part : unsigned char {
    kLed,        // this caller's load is the answer
    kShared,     // another's is
    kGaveUp,     // this caller's load gave up
    kTimedOut,   // the budget was over first
    kCrowded,    // a bound was met; neither waited nor loaded
    kRecursive,  // this thread is loading this key already
  };
  struct Answer {
    Part part;
    std::shared_ptr<const Value> value;  // with kLed and kShared only
  };

  explicit SingleFlight(const SingleFlightOptions& options = {}, const Hash& hash = Hash())
      : options_(options), hash_(hash) {
    for (std::size_t i = 0; i < kStripes; ++i) stripes_.emplace_back(hash);
  }
  SingleFlight(const SingleFlight&) = delete;
  SingleFlight& operator=(const SingleFlight&) = delete;

  // `load()` returns std::optional<Value> and runs on this thread, at most once.
  template <class Load>
  Answer run(const Key& key, std::chrono::nanoseconds budget, Load&& load) {
    Stripe& stripe = stripe_of(key);
    FlightPtr flight;
    {
      std::unique_lock lock(stripe.mutex);
      if (const auto refused = board(stripe, key, flight)) return {*refused, {}};
      if (flight->loading() && !flight->await(lock, budget)) return {Part::kTimedOut, {}};
      if (flight->done()) return {Part::kShared, {flight, &*flight->value}};
      flight->begin();
    }
    Landing landing{*this, stripe, key, *flight};
    flight->value = std::forward<Load>(load)();
    if (!flight->value) return {Part::kGaveUp, {}};
    landing.loaded = true;
    return {Part::kLed, {flight, &*flight->value}};
  }

  // For work that is queued and will call release(), then run(). False: the key is under way or
  // reserved already, or there is no room.
  [[nodiscard]] bool reserve(const Key& key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    if (stripe.table.contains(key)) return false;
    const FlightPtr flight = insert(stripe, key);
    if (flight) flight->reserved = true;
    return flight != nullptr;
  }
  void release(const Key& key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    if (const auto at = stripe.table.find(key); at != stripe.table.end()) {
      at->second->reserved = false;
      if (at->second->idle()) erase(stripe, at);
    }
  }

  void detach(const Key& key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    if (const auto at = stripe.table.find(key); at != stripe.table.end()) erase(stripe, at);
  }
  void detach_all() {
    for (Stripe& stripe : stripes_) {
      const std::lock_guard lock(stripe.mutex);
      while (!stripe.table.empty()) erase(stripe, stripe.table.begin());
    }
  }

  [[nodiscard]] std::uint32_t waiting(const Key& key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    const auto at = stripe.table.find(key);
    return at == stripe.table.end() ? 0 : at->second->waiters();
  }

  [[nodiscard]] std::size_t size() const { return flights_.load(std::memory_order_relaxed); }

 private:
  using FlightPtr = std::shared_ptr<Flight<Value>>;
  using Table = std::unordered_map<Key, FlightPtr, Hash>;

  struct alignas(64) Stripe {
    explicit Stripe(const Hash& hash) : table(0, hash) {}
    std::mutex mutex;
    Table table;
  };

  // Ends the load on every way out of run().
  struct Landing {
    SingleFlight& flights;
    Stripe& stripe;
    const Key& key;
    Flight<Value>& flight;
    bool loaded = false;

    ~Landing() {
      const std::lock_guard lock(stripe.mutex);
      flight.end(loaded);
      const auto at = stripe.table.find(key);
      if (at == stripe.table.end() || at->second.get() != &flight) return;  // detached meanwhile
      if (loaded || flight.idle()) flights.erase(stripe, at);
    }
  };

  static constexpr std::size_t kStripes = 16;

  Stripe& stripe_of(const Key& key) {
    const std::uint64_t mixed = static_cast<std::uint64_t>(hash_(key)) * 0x9e3779b97f4a7c15;
    return stripes_[mixed >> 60];
  }

  // Sets `flight` to the key's, a new one where there is none; or says why not.
  std::optional<Part> board(Stripe& stripe, const Key& key, FlightPtr& flight) {
    const auto at = stripe.table.find(key);
    flight = at == stripe.table.end() ? insert(stripe, key) : at->second;
    if (!flight) return Part::kCrowded;
    if (flight->ours()) return Part::kRecursive;
    if (flight->loading() && flight->waiters() >= options_.max_waiters) return Part::kCrowded;
    return std::nullopt;
  }

  FlightPtr insert(Stripe& stripe, const Key& key) {
    if (size() >= options_.max_flights) return nullptr;  // 15 too many at worst, in a race
    auto flight = std::make_shared<Flight<Value>>();
    stripe.table.emplace(key, flight);
    flights_.fetch_add(1, std::memory_order_relaxed);
    return flight;
  }

  void erase(Stripe& stripe, typename Table::iterator at) {
    stripe.table.erase(at);
    flights_.fetch_sub(1, std::memory_order_relaxed);
  }

  const SingleFlightOptions options_;
  const Hash hash_;
  std::atomic<std::size_t> flights_{0};
  std::deque<Stripe> stripes_;
};

}  // namespace ashlar::kit
