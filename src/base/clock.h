// Clock: the only source of time. Everything that needs to know the time is given one.
//
// SystemClock reads the machine's; ManualClock is moved by a test, so that what depends on time
// runs from a seed. Both may be used from any thread.
#pragma once

#include <atomic>

#include "base/time.h"

namespace ashlar::base {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;   // wall clock; may step either way
  [[nodiscard]] virtual Mono mono() const = 0;  // never steps back; for durations and deadlines
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override;
  [[nodiscard]] Mono mono() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = from_micros(1'700'000'000'000'000))
      : micros_(to_micros(start)) {}

  [[nodiscard]] Time now() const override { return from_micros(micros_.load()); }
  [[nodiscard]] Mono mono() const override {
    return Mono{std::chrono::nanoseconds{mono_nanos_.load()}};
  }

  void advance(Micros by) {
    micros_ += by.count();
    mono_nanos_ += by.count() * 1000;
  }
  // Moves the wall clock alone, as an administrator or NTP would.
  void step_wall(Micros by) { micros_ += by.count(); }

 private:
  std::atomic<std::int64_t> micros_;
  std::atomic<std::int64_t> mono_nanos_{1'000'000'000};
};

}  // namespace ashlar::base
