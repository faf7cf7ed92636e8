#include "modules/limits/state_snapshot.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "modules/limits/batch.h"
#include "modules/limits/testing/oracle_run.h"

namespace ashlar::limits {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr kit::SipKey kSeed{1, 2};
constexpr std::array kAll{Algorithm::kFixedWindow, Algorithm::kSlidingCounter,
                          Algorithm::kSlidingLog, Algorithm::kTokenBucket, Algorithm::kGcra};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ashlar-snapshot-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file() const { return (path_ / "limits.snapshot").string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::shared_ptr<const Limit> limit_of(Algorithm algorithm, std::uint64_t amount = 50,
                                      nanoseconds period = hours(1)) {
  LimitSpec spec;
  spec.name = "limit";
  spec.algorithm = algorithm;
  spec.amount = amount;
  spec.period = period;
  return *Limit::make(spec, "limit");
}

std::uint64_t take(MemoryState& state, const Limit& limit, std::string_view key, std::uint64_t cost,
                   const base::Clock& clock) {
  CountedBatch batch;
  batch.asks = {{&limit, key, cost}};
  state.decide(batch, limiter_now(clock.now()));
  return batch.outcomes[0].decision.remaining;
}
std::uint64_t remaining(MemoryState& state, const Limit& limit, std::string_view key,
                        const base::Clock& clock) {
  CountedBatch batch;
  batch.asks = {{&limit, key, 0, Action::kPeek}};
  state.decide(batch, limiter_now(clock.now()));
  return batch.outcomes[0].decision.remaining;
}

// What a new process finds.
std::unique_ptr<MemoryState> restarted(const std::string& file, const base::Clock& clock,
                                       std::uint64_t* keys = nullptr) {
  auto state = std::make_unique<MemoryState>(MemoryState::Options{},
                                             StateSnapshot::seed_of(file).value_or(kSeed));
  const auto restored = StateSnapshot(*state, clock, {file}).restore();
  EXPECT_TRUE(restored.ok()) << restored.error().detail;
  if (keys != nullptr) *keys = restored->keys;
  return state;
}

TEST(StateSnapshot, ACleanStopLosesNothing) {
  const Folder folder;
  base::ManualClock clock;
  MemoryState state({}, {77, 78});
  StateSnapshot snapshot(state, clock, {folder.file()});
  for (const Algorithm algorithm : kAll) {
    const auto limit = limit_of(algorithm);
    for (int i = 0; i < 2000; ++i) {
      take(state, *limit, std::to_string(i), 1 + static_cast<std::uint64_t>(i) % 40, clock);
      clock.advance(base::Micros(1));
    }
  }
  const auto second = limit_of(Algorithm::kGcra, 10, seconds(10));
  take(state, *second, "a", 5, clock);
  ASSERT_TRUE(snapshot.save().ok());
  EXPECT_EQ(std::filesystem::status(folder.file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  EXPECT_EQ(StateSnapshot::seed_of(folder.file()), (kit::SipKey{77, 78}));
  const auto again = restarted(folder.file(), clock);
  for (const Algorithm algorithm : kAll) {
    const auto limit = limit_of(algorithm);
    for (int i = 0; i < 2000; ++i) {
      const std::string key = std::to_string(i);
      ASSERT_EQ(remaining(*again, *limit, key, clock), remaining(state, *limit, key, clock));
      ASSERT_LT(remaining(*again, *limit, key, clock), 50);
    }
  }
}

TEST(StateSnapshot, WritesWhatCountsBeyondTheIntervalAndOnlyWhenSomethingWasDecided) {
  const Folder folder;
  base::ManualClock clock;
  MemoryState state({}, kSeed);
  StateSnapshot snapshot(state, clock, {folder.file()});
  const auto hourly = limit_of(Algorithm::kFixedWindow);
  const auto every_second = limit_of(Algorithm::kFixedWindow, 50, seconds(1));
  take(state, *every_second, "b", 3, clock);
  const auto tick_for = [&](base::Millis time) {
    for (base::Millis t{0}; t < time; t += StateSnapshot::kTick) {
      clock.advance(StateSnapshot::kTick);
      ASSERT_TRUE(snapshot.tick().ok());
    }
  };
  tick_for(base::Millis(500));
  EXPECT_FALSE(std::filesystem::exists(folder.file()));  // nothing to keep
  take(state, *hourly, "a", 3, clock);
  take(state, *every_second, "b", 3, clock);
  tick_for(base::Millis(4000));
  EXPECT_FALSE(std::filesystem::exists(folder.file()));  // not before the interval is over
  tick_for(base::Millis(1000));
  std::uint64_t keys = 0;
  const auto again = restarted(folder.file(), clock, &keys);
  EXPECT_EQ(keys, 1);
  EXPECT_EQ(remaining(*again, *hourly, "a", clock), 47);

  std::filesystem::remove(folder.file());
  tick_for(base::Millis(20'000));
  EXPECT_FALSE(std::filesystem::exists(folder.file()));  // nothing was decided
}

TEST(StateSnapshot, NoFileOrAnOldOneRestoresNothing) {
  const Folder folder;
  base::ManualClock clock;
  std::uint64_t keys = 1;
  restarted(folder.file(), clock, &keys);
  EXPECT_EQ(keys, 0);
  EXPECT_EQ(StateSnapshot::seed_of(folder.file()), std::nullopt);

  MemoryState state({}, kSeed);
  StateSnapshot snapshot(state, clock, {folder.file()});
  const auto limit = limit_of(Algorithm::kSlidingLog);
  take(state, *limit, "a", 3, clock);
  ASSERT_TRUE(snapshot.save().ok());
  clock.advance(hours(2));
  restarted(folder.file(), clock, &keys);
  EXPECT_EQ(keys, 0);
}

// Whatever the clock did while the process was down, what was taken is not given back, and nobody
// waits longer than the kit says: 3 periods.
TEST(StateSnapshot, AClockThatSteppedBetweenTwoRunsGrantsNothingAndLocksNobodyOut) {
  for (const Algorithm algorithm : kAll) {
    for (const auto step : {-seconds(1), -seconds(1800), -seconds(86'400), -seconds(86'400 * 400),
                            seconds(1), seconds(3600 * 3)}) {
      const Folder folder;
      base::ManualClock clock;
      MemoryState state({}, kSeed);
      StateSnapshot snapshot(state, clock, {folder.file()});
      const auto limit = limit_of(algorithm);
      take(state, *limit, "a", 50, clock);
      ASSERT_TRUE(snapshot.save().ok());
      clock.step_wall(step);
      const auto again = restarted(folder.file(), clock);
      if (step < seconds(0)) {
        EXPECT_EQ(remaining(*again, *limit, "a", clock), 0);
      }
      clock.advance(seconds(3 * 3600));
      EXPECT_EQ(remaining(*again, *limit, "a", clock), 50);
    }
  }
}

// Time goes on by a little whenever it is read, so that slices end.
class BusyClock final : public base::Clock {
 public:
  [[nodiscard]] base::Time now() const override { return inner_.now(); }
  [[nodiscard]] base::Mono mono() const override {
    inner_.advance(base::Micros(100));
    return inner_.mono();
  }
  void advance(base::Micros by) { inner_.advance(by); }

 private:
  mutable base::ManualClock inner_;
};

// A kill leaves the file as it is at that moment.
TEST(StateSnapshot, AKillAtAnyMomentLosesOneIntervalAtMost) {
  const Folder folder;
  BusyClock clock;
  MemoryState state({}, kSeed);
  const nanoseconds interval = seconds(1);
  StateSnapshot snapshot(state, clock, {folder.file(), interval});
  const auto limit = limit_of(Algorithm::kFixedWindow, 1'000'000, hours(10'000));
  std::vector<std::pair<base::Time, std::uint64_t>> history;  // when, how many had been taken
  std::uint64_t taken = 0;
  std::size_t old = 0;
  int ticks_of_work = 0;
  for (int i = 0; i < 400; ++i) {
    taken += 1;
    for (int key = 0; key < 50; ++key) take(state, *limit, std::to_string(key), 1, clock);
    history.emplace_back(clock.now(), taken);
    ASSERT_TRUE(snapshot.tick().ok());
    ticks_of_work += snapshot.writing();
    if (i % 3 == 0) {
      const auto surely_saved = clock.now() - interval - 2 * StateSnapshot::kTick;
      while (old + 1 < history.size() && history[old + 1].first <= surely_saved) ++old;
      const auto again = restarted(folder.file(), clock);
      for (int key = 0; key < 50; key += 7) {
        const std::uint64_t restored =
            1'000'000 - remaining(*again, *limit, std::to_string(key), clock);
        ASSERT_LE(restored, taken);
        ASSERT_GE(restored + 1, history[old].second) << i;
      }
    }
    clock.advance(StateSnapshot::kTick);
  }
  EXPECT_GT(ticks_of_work, 50);  // it takes several slices
}

TEST(StateSnapshot, WritesInSlicesWithinItsPartOfACore) {
  const Folder folder;
  BusyClock clock;
  MemoryState state({}, kSeed);
  StateSnapshot snapshot(state, clock, {folder.file(), milliseconds(100)});
  const auto limit = limit_of(Algorithm::kGcra);
  base::Micros worked{0};
  base::Micros passed{0};
  for (int i = 0; i < 600; ++i) {
    take(state, *limit, std::to_string(i), 1, clock);
    const base::Time start = clock.now();
    ASSERT_TRUE(snapshot.tick().ok());
    if (snapshot.writing()) {
      worked += clock.now() - start;
      ASSERT_LE(clock.now() - start, milliseconds(2));
    }
    clock.advance(StateSnapshot::kTick);
    passed += clock.now() - start;
  }
  EXPECT_LT(worked * StateSnapshot::kDuty, passed * 11 / 10);
  EXPECT_GT(worked, milliseconds(50));
}

struct Shared {
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> saved{0};  // taken when the last whole snapshot began
};

// In a process of its own: never returns.
[[noreturn]] void take_until_killed(const std::string& file, Shared& shared) {
  const base::SystemClock clock;
  MemoryState state({}, kSeed);
  StateSnapshot snapshot(state, clock, {file, milliseconds(20)});
  const auto limit = limit_of(Algorithm::kFixedWindow, 1'000'000'000, hours(10'000));
  std::uint64_t began = 0;
  base::Mono kept = snapshot.kept_as_of();
  while (true) {
    take(state, *limit, "a", 1, clock);
    ++shared.taken;
    if (!snapshot.writing()) began = shared.taken;
    if (!snapshot.tick().ok()) ::_exit(1);
    if (snapshot.kept_as_of() != kept) {
      kept = snapshot.kept_as_of();
      shared.saved = began;
    }
  }
}

TEST(StateSnapshot, SurvivesKillMinus9) {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  for (int round = 0; round < 5; ++round) {
    const Folder folder;
    auto* shared = new (memory) Shared;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) take_until_killed(folder.file(), *shared);
    const std::uint64_t enough = 3000 + static_cast<std::uint64_t>(round) * 1777;
    const base::SystemClock clock;
    const base::Mono patience = clock.mono() + seconds(20);
    while (shared->saved < enough && clock.mono() < patience &&
           ::waitpid(child, nullptr, WNOHANG) == 0) {
      std::this_thread::yield();
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto again = restarted(folder.file(), clock);
    const auto limit = limit_of(Algorithm::kFixedWindow, 1'000'000'000, hours(10'000));
    const std::uint64_t restored = 1'000'000'000 - remaining(*again, *limit, "a", clock);
    EXPECT_LE(restored, shared->taken);
    EXPECT_GE(restored, shared->saved);
  }
  ::munmap(memory, sizeof(Shared));
}

TEST(StateSnapshot, ADamagedFileIsAnErrorAndHarmsNothing) {
  const Folder folder;
  base::ManualClock clock;
  MemoryState state({}, kSeed);
  for (const Algorithm algorithm : kAll) {
    for (int i = 0; i < 3; ++i) take(state, *limit_of(algorithm), std::to_string(i), 2, clock);
  }
  ASSERT_TRUE(StateSnapshot(state, clock, {folder.file()}).save().ok());
  const std::string whole = content(folder.file());
  const auto restores = [&](std::string_view bytes) {
    write_file(folder.file(), bytes);
    MemoryState other({.max_keys = 100}, kSeed);
    return StateSnapshot(other, clock, {folder.file()}).restore().ok();
  };
  EXPECT_TRUE(restores(whole));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    ASSERT_FALSE(restores(flipped)) << "byte " << i;
    ASSERT_FALSE(restores(std::string_view(whole).substr(0, i))) << "cut at " << i;
  }
}

TEST(StateSnapshot, TellsOtherSeedsAndVersionsFromDamage) {
  const Folder folder;
  base::ManualClock clock;
  MemoryState state({}, {5, 6});
  ASSERT_TRUE(StateSnapshot(state, clock, {folder.file()}).save().ok());
  EXPECT_FALSE(std::filesystem::exists(folder.file()));  // nothing to keep, nothing there
  take(state, *limit_of(Algorithm::kGcra), "a", 1, clock);
  ASSERT_TRUE(StateSnapshot(state, clock, {folder.file()}).save().ok());
  MemoryState other({}, kSeed);
  const auto restored = StateSnapshot(other, clock, {folder.file()}).restore();
  ASSERT_FALSE(restored.ok());
  EXPECT_STREQ(restored.error().reason, "snapshot_seed");
}

TEST(StateSnapshot, WhatCannotBeWrittenIsToldAndTriedAgain) {
  const Folder folder;
  base::ManualClock clock;
  MemoryState state({}, kSeed);
  const std::filesystem::path missing = folder.path() / "missing";
  StateSnapshot snapshot(state, clock, {(missing / "limits.snapshot").string()});
  take(state, *limit_of(Algorithm::kGcra), "a", 1, clock);
  clock.advance(seconds(6));
  const base::Status failed = snapshot.tick();
  ASSERT_FALSE(failed.ok());
  EXPECT_STREQ(failed.error().reason, "snapshot_write");
  std::filesystem::create_directory(missing);
  EXPECT_TRUE(snapshot.tick().ok());  // not before the next interval
  EXPECT_FALSE(std::filesystem::exists(missing / "limits.snapshot"));
  clock.advance(seconds(6));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(snapshot.tick().ok());
  EXPECT_TRUE(std::filesystem::exists(missing / "limits.snapshot"));
}

}  // namespace
}  // namespace ashlar::limits
