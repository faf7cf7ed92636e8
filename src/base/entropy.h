// Entropy: bytes that nobody can guess, for keys, tokens and salts.
//
// SystemEntropy asks the kernel; SeededEntropy is its twin for tests, where a run must repeat.
// Both may be used from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "base/random.h"

namespace ashlar::base {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::uint64_t u64();
  // `length` characters of [0-9A-Za-z], unbiased: 5.95 bits each.
  std::string base62(std::size_t length);
};

// Aborts when the kernel has no entropy to give: nothing can be made secret then.
class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override;
};

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : random_(seed) {}
  void fill(std::span<std::byte> out) override;

 private:
  std::mutex mutex_;
  Random random_;  // guarded by mutex_
};

}  // namespace ashlar::base
