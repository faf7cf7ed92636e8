// Any bytes as a snapshot: an error or counts, never a crash. The first byte chooses: as they are
// (which the checksums refuse), or as the records of blocks under a right header and right
// checksums, of keys that limits then decide about: no wait may be longer than the kit promises.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "kit/count/key_hash.h"
#include "modules/limits/batch.h"
#include "modules/limits/state_bytes.h"

namespace {

namespace base = ashlar::base;
namespace kit = ashlar::kit;
namespace limits = ashlar::limits;

constexpr kit::SipKey kSeed{1, 2};
constexpr base::Mono kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::chrono::nanoseconds kPeriod = std::chrono::seconds(60);
constexpr std::size_t kHeaderBytes = 48;

limits::StateSource from(std::string_view bytes) {
  return [bytes](std::span<char> room) mutable -> base::Result<std::size_t> {
    const std::size_t count = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), count, room.data());
    bytes.remove_prefix(count);
    return count;
  };
}

using Limits = std::array<std::shared_ptr<const limits::Limit>, 5>;
const Limits& all_limits() {
  static const Limits made = [] {
    Limits out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      limits::LimitSpec spec;
      spec.algorithm = static_cast<limits::Algorithm>(i);
      spec.amount = 20;
      spec.period = kPeriod;
      out[i] = *limits::Limit::make(spec, "fuzzed");
    }
    return out;
  }();
  return made;
}

struct FuzzedBatch final : limits::Batch {
  void on_decided() override {}
};

void decide(limits::MemoryState& state, base::Mono now, limits::Action action) {
  FuzzedBatch batch;
  for (const auto& limit : all_limits()) batch.asks.push_back({limit.get(), "key", 3, action});
  state.decide(batch, now);
  for (const limits::Outcome& outcome : batch.outcomes) {
    const kit::Decision& decision = outcome.decision;
    CHECK(decision.remaining <= decision.limit);
    CHECK(decision.retry_after <= 3 * kPeriod && decision.reset_after <= 3 * kPeriod);
    CHECK(decision.allowed == (decision.retry_after.count() == 0));
  }
}

void append(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// A block with a checksum that agrees, as state_bytes.cc makes it.
void append_block(std::string& out, std::uint64_t header_checksum, std::uint64_t number,
                  std::uint32_t kind, std::uint32_t records, std::string_view bytes) {
  const kit::KeyHash hash(header_checksum + number);
  append(out, kind, 4);
  append(out, records, 4);
  append(out, bytes.size(), 4);
  append(out, 0, 4);
  append(out, hash(hash(bytes) ^ (std::uint64_t{kind} << 32 | records)), 8);
  out += bytes;
}

void append_key(std::string& out, const limits::Limit& limit, std::string_view idle_at) {
  const kit::LimiterKey key = kit::LimiterKeyHasher(kSeed)(limit.id(), "key");
  append(out, key.high, 8);
  append(out, key.low, 4);
  out += idle_at;
}

// Counts of 28 bytes of input each (when idle, three words), then a log of what is left, or raw
// records where the first byte says so.
std::string forged(std::string_view input) {
  std::string bytes;
  limits::StateWriter writer(kSeed, kNow);
  const base::Status written = writer.finish([&bytes](std::string_view piece) {
    bytes += piece;
    return base::ok_status();
  });
  CHECK(written.ok());
  bytes.resize(kHeaderBytes);
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + kHeaderBytes - 8, 8);
  const bool raw = input[0] % 4 == 0;
  const auto count = static_cast<unsigned char>(input[1]);
  input.remove_prefix(2);
  std::uint64_t blocks = 0;
  if (raw) {
    append_block(bytes, checksum, blocks++, count % 4, count / 4, input);
  } else {
    std::string counts;
    std::uint32_t records = 0;
    for (const auto& limit : all_limits()) {
      if (limit->spec().algorithm == limits::Algorithm::kSlidingLog || input.size() < 28) continue;
      append_key(counts, *limit, input.substr(0, 4));
      counts += input.substr(4, 24);
      input.remove_prefix(28);
      ++records;
    }
    append_block(bytes, checksum, blocks++, 1, records, counts);
    std::string log;
    if (input.size() >= 12) {
      append_key(log, *all_limits()[2], input.substr(0, 4));
      log += input.substr(4, 8);
      input.remove_prefix(12);
      append(log, count, 4);
      append(log, 0, 4);
      log += input.substr(0, std::min<std::size_t>(input.size(), count * std::size_t{16}));
      append_block(bytes, checksum, blocks++, 2, 1, log);
    }
  }
  append_block(bytes, checksum, blocks, 0, 0, "");
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes = data[0] % 8 == 0 ? std::string(input) : forged(input);
  limits::MemoryState state({.max_keys = 1000}, kSeed);
  const auto counts = limits::read_state(from(bytes), state, kNow);
  CHECK(!counts.ok() || counts->keys <= state.stats().counts.keys + state.stats().logs.keys);
  decide(state, kNow, limits::Action::kPeek);
  decide(state, kNow, limits::Action::kTake);
  decide(state, kNow - kPeriod / 3, limits::Action::kCharge);
  decide(state, kNow + kPeriod / 3, limits::Action::kRefund);
  decide(state, kNow + kPeriod, limits::Action::kTake);
  return 0;
}
