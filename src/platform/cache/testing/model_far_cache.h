// ModelFarStore and ModelFarCache: the test twin of Redis and of an instance's way to it. The store
// keeps far_cache.h's states by the letter and can be restarted with an older state, lose what it
// has, or be told to break one of the rules, so that a test shows what each rule is for.
//
// Threads: any; each step is atomic under one mutex. Time is the clock's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/clock.h"
#include "platform/cache/far_cache.h"

namespace ashlar::cache {

class ModelFarStore {
 public:
  // Planted faults.
  struct Broken {
    bool stores_without_lease = false;
    bool forgets_blocks = false;
    bool keeps_epoch_on_restart = false;
  };

  explicit ModelFarStore(const base::Clock& clock) : clock_(clock) {}
  void set_broken(const Broken& broken) { broken_ = broken; }

  FarLookup look_up(const std::string& key, const FarFormat& format, base::Millis lease_time);
  bool store(const std::string& key, std::uint64_t lease, const FarFormat& format,
             std::string_view value, base::Millis ttl);
  void release(const std::string& key, std::uint64_t lease);
  void block(const std::string& key, std::uint64_t who, base::Millis at_most);
  void unblock(const std::string& key, std::uint64_t who);
  void erase(const std::string& key);
  void renew_epoch();
  // What a new connection does.
  std::uint64_t connect();

  [[nodiscard]] std::uint64_t run_id();
  void save();                     // what a restart comes back with
  void restart();                  // with what was saved; all connections break
  void lose(std::uint64_t which);  // one key, as by eviction
  [[nodiscard]] std::uint64_t losses();

 private:
  enum class Kind : std::uint8_t { kLeased, kValue, kBlocked };
  struct Cell {
    Kind kind;
    std::uint64_t epoch;
    std::uint64_t lease;
    FarFormat format;
    std::string value;
    base::Mono expires;
    std::set<std::uint64_t> blockers{};
  };
  using Cells = std::map<std::string, Cell>;

  Cell* find(const std::string& key);

  const base::Clock& clock_;
  Broken broken_;

  std::mutex mutex_;  // guards what follows
  Cells cells_;
  Cells saved_;
  std::uint64_t epoch_ = 1;
  std::uint64_t saved_epoch_ = 1;
  std::uint64_t next_ = 1;  // leases and epochs
  std::uint64_t run_id_ = 1;
  std::uint64_t fenced_for_ = 0;
  std::uint64_t losses_ = 0;
};

class ModelFarCache final : public FarCache {
 public:
  enum class Fault : std::uint8_t { kNone, kNotDone, kAnswerLost };
  struct Hooks {
    std::function<void()> step = [] {};  // before and after each atomic step
    std::function<Fault()> fault = [] { return Fault::kNone; };
  };

  ModelFarCache(ModelFarStore& store, Hooks hooks) : store_(store), hooks_(std::move(hooks)) {}

  std::vector<FarLookup> look_up(Keys keys, const FarFormat& format,
                                 base::Millis lease_time) override;
  FarStored store(const std::string& key, std::uint64_t lease, const FarFormat& format,
                  std::string_view value, base::Millis ttl) override;
  void release(const std::string& key, std::uint64_t lease) override;
  bool block(Keys keys, std::uint64_t who, base::Millis at_most) override;
  bool unblock(Keys keys, std::uint64_t who) override;
  bool erase(Keys keys) override;
  bool renew_epoch() override;
  void tend() override;

 private:
  // False: no answer.
  bool call(const std::function<void()>& effect);

  ModelFarStore& store_;
  const Hooks hooks_;
  std::uint64_t connected_to_ = 0;  // run id; 0: to none
};

}  // namespace ashlar::cache
