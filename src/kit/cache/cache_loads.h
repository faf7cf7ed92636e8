// CacheLoads: how what a LoadingCache lacks gets into its Cache: one load of a key at a time, kept
// unless the key was changed meanwhile. Its promises are LoadingCache's; this is its lower half.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/time.h"
#include "kit/cache/cache.h"
#include "kit/cache/early_refresh.h"
#include "kit/cache/loading_counters.h"
#include "kit/cache/loading_entry.h"
#include "kit/cache/loading_types.h"
#include "kit/cache/single_flight.h"

namespace ashlar::kit {

template <class Key, class Value, class Error, class Policy, class Hash>
class CacheLoads {
 public:
  using Nanos = std::chrono::nanoseconds;
  using Load = Loaded<Value, Error>;
  using Found = Lookup<Value, Error>;
  using Entry = LoadingEntry<Value, Error>;
  using Core = Cache<Key, Entry, Policy, Hash>;

  // Renews in the background. `submit` takes a task, to be run once with the time then; false: not
  // taken. `load` is what the tasks call.
  struct Refresher {
    std::function<bool(std::function<void(base::Mono)>)> submit;
    std::function<Load(const Key&)> load;
  };

  CacheLoads(const LoadingCacheOptions& options, Refresher refresher, Core& core,
             EarlyRefresh& early, LoadingCounters& count)
      : refresher_(std::move(refresher)),
        core_(core),
        early_(early),
        count_(count),
        flights_(options.flights, FlightHash{Hash(options.cache.seed)}) {
    CHECK(static_cast<bool>(refresher_.submit) == static_cast<bool>(refresher_.load));
    CHECK(refresher_.submit || options.refresh_at >= 1);
  }

  // Waits for the key's load or does it. `seen`: the times of the entry that is not good enough.
  template <class Loader>
  Found fetch(const Key& key, base::Mono now, Nanos budget, Loader& load, const LoadTimes* seen) {
    Found found{Found::Kind::kTimedOut, Found::From::kWait, {}, {}};
    const auto answer = flights_.run(key, budget, [&] {
      found.from = Found::From::kLoad;
      return load_once(key, now, load, seen, found.from);
    });
    if (answer.part == Part::kShared) count_.waits.add();
    if (answer.part == Part::kTimedOut) count_.timeouts.add();
    if (answer.part == Part::kCrowded) count_.crowded.add();
    if (answer.part == Part::kGaveUp) found.kind = Found::Kind::kGaveUp;
    if (answer.part == Part::kCrowded) found.kind = Found::Kind::kCrowded;
    if (answer.part == Part::kRecursive) found.kind = Found::Kind::kRecursive;
    if (answer.value) tell(*answer.value, found);
    return found;
  }

  // The entry is fresh and `found` holds it; it is time to load it anew.
  template <class Loader>
  void renew(const Key& key, base::Mono now, const LoadTimes& seen, Loader& load, Found& found) {
    if (refresher_.submit) return enqueue(key, seen);
    auto from = Found::From::kLoad;
    const auto answer =
        flights_.run(key, Flights::kNoWait, [&] { return load_once(key, now, load, &seen, from); });
    if (answer.part != Part::kLed || answer.value->kind == Load::Kind::kFailed) return;
    found = Found{found.kind, from, {}, {}};
    tell(*answer.value, found);
  }

  // Nobody joins what was begun before. The core has been told of the change already.
  void part(const Key& key) { flights_.detach(key); }
  void part_all() { flights_.detach_all(); }

  [[nodiscard]] std::uint32_t waiting(const Key& key) { return flights_.waiting(key); }

 private:
  struct FlightHash {
    Hash hash;
    std::size_t operator()(const Key& key) const { return hash(key); }
  };
  using Flights = SingleFlight<Key, Load, FlightHash>;
  using Part = typename Flights::Part;

  // Takes a reservation back when its task is run or dropped.
  struct Mark {
    Mark(Flights& all, const Key& which) : flights(&all), key(which) {}
    Mark(Mark&& other) noexcept : flights(std::exchange(other.flights, nullptr)), key(other.key) {}
    ~Mark() { release(); }
    void release() {
      if (flights != nullptr) std::exchange(flights, nullptr)->release(key);
    }
    Flights* flights;
    const Key key;
  };

  static void tell(const Load& load, Found& found) {
    found.kind = load.kind == Load::Kind::kFound    ? Found::Kind::kValue
                 : load.kind == Load::Kind::kAbsent ? Found::Kind::kAbsent
                                                    : Found::Kind::kError;
    found.value = load.value;
    found.error = load.error;
  }

  // nullopt: given up. `from` becomes kCache where another has loaded it since it was looked for.
  template <class Loader>
  std::optional<Load> load_once(const Key& key, base::Mono now, Loader& load, const LoadTimes* seen,
                                typename Found::From& from) {
    const CacheToken token = core_.token(key);
    std::optional<Load> there;
    core_.peek(key, now, [&](const Entry& entry, base::Mono) {
      const bool newer = seen == nullptr || entry.times.loaded != seen->loaded;
      if (newer && now < entry.times.fresh_until) there = entry.as_loaded();
    });
    if (there) {
      from = Found::From::kCache;
      return there;
    }
    count_.loads.add();
    if (seen != nullptr && now < seen->fresh_until) count_.early_refreshes.add();
    LoadingCounters::Failing failing(count_);
    Load loaded = load(key);
    failing.ended(loaded.kind == Load::Kind::kFailed);
    if (loaded.kind == Load::Kind::kGaveUp) return std::nullopt;
    keep(token, key, now, loaded);
    return loaded;
  }

  void keep(CacheToken token, const Key& key, base::Mono now, const Load& loaded) {
    const Nanos life = early_.life(loaded);
    if (loaded.kind == Load::Kind::kFailed) {
      if (life.count() <= 0) return;
      const auto spare = [&](Entry& entry, base::Mono) {
        entry.times.retry_at = add_saturated(now, life);
      };
      if (core_.peek(key, now, spare)) return;  // a failure displaces nothing
    }
    const CachePut done = core_.put_if_token(token, key, Entry(loaded, now, life), now,
                                             early_.kept(loaded, life), loaded.weight);
    if (done == CachePut::kSuperseded || done == CachePut::kTooHeavy) count_.not_kept.add();
  }

  void enqueue(const Key& key, const LoadTimes& seen) {
    if (!flights_.reserve(key)) return;
    Mark reserved(flights_, key);
    const auto mark = std::make_shared<Mark>(std::move(reserved));
    const bool taken = refresher_.submit([this, mark, seen](base::Mono now) {
      mark->release();
      auto from = Found::From::kLoad;
      flights_.run(mark->key, Flights::kNoWait,
                   [&] { return load_once(mark->key, now, refresher_.load, &seen, from); });
    });
    if (!taken) count_.refused_refreshes.add();
  }

  const Refresher refresher_;
  Core& core_;
  EarlyRefresh& early_;
  LoadingCounters& count_;
  Flights flights_;
};

}  // namespace ashlar::kit
