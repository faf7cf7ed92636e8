// OracleRun: random batches over limits of all algorithms, given to a LimitState and to brute force
// (limit_oracle.h), with a clock that creeps, leaps and steps back. For every decision `allowed`,
// every outcome's `allowed` and `remaining`, and what a refused batch leaves must agree.
//
// The clock steps back by at most a quarter of a second behind the latest it has shown: half of the
// shortest period. A key whose count had been reset by the latest time and, after a step back, had
// not, is not asked: the state may have forgotten it (kit/rate/limiter_map.h, idle keys).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "modules/limits/batch.h"
#include "modules/limits/limit_state.h"
#include "modules/limits/testing/limit_oracle.h"

namespace ashlar::limits {

struct CountedBatch final : Batch {
  void on_decided() override { ++decided; }
  std::uint64_t decided = 0;
};

class OracleRun {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  struct Counts {
    std::uint64_t batches = 0;
    std::uint64_t asks = 0;
    std::uint64_t refused = 0;  // batches
    std::uint64_t steps_back = 0;
    std::array<std::uint64_t, 5> over{};  // asks, by algorithm
  };

  // `state` is empty and has room for all keys.
  OracleRun(LimitState& state, std::uint64_t seed, std::size_t keys_a_limit = 200)
      : state_(state), random_(seed), keys_a_limit_(keys_a_limit) {
    make_limits();
  }

  // Empty, or what first differed.
  std::string run(std::uint64_t asks);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Key {
    KeyOracle oracle;
    std::int64_t reset_at = INT64_MIN;
  };
  struct Expected {
    bool allowed = false;
    std::uint64_t remaining = 0;
  };
  void make_limits();
  void move_clock();
  void draw();
  Key& key_of(const Limit& limit, const std::string& text);
  void predict();

  // `takes`: else only what happens in a refused batch.
  void act(std::size_t i, bool takes);
  bool judged();
  std::string compare();
  // When the counts of the keys just asked will be reset.
  void see_resets();
  [[nodiscard]] std::string describe(std::size_t i, const kit::Decision& got) const;

  LimitState& state_;
  base::Random random_;
  const std::size_t keys_a_limit_;
  std::vector<std::shared_ptr<const Limit>> limits_;
  std::map<std::pair<std::uint64_t, std::string>, Key> known_;
  std::int64_t now_ = 1'700'000'000 * kSecond;
  std::int64_t latest_ = now_;
  CountedBatch batch_;
  CountedBatch probe_;
  std::vector<std::string> texts_;
  std::vector<Key*> keys_;
  std::vector<Expected> expected_;
  std::map<Key*, KeyOracle> copies_;
  bool allowed_ = false;
  bool refused_ = false;
  Counts counts_;
};

}  // namespace ashlar::limits
