// LinkPasswords: whether a visitor may pass a link by its password.
//
// Two limits (GCRA) stand in the way of each guess: of the link and the visitor's address (10, then
// one every 30 s; IPv6 by /64), and of the link from all addresses (100, then one a second). The
// right password gives its attempt back. At most kMaxChecks are looked at at once, since each costs
// a tenth of a second on purpose. In memory and per process.
//
// Any thread; check() blocks for that tenth of a second.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/result.h"
#include "base/time.h"
#include "kit/rate/gcra.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_map.h"
#include "kit/siphash.h"
#include "modules/links/link.h"

namespace ashlar::links {

inline constexpr std::size_t kMinPasswordChars = 4;
inline constexpr std::size_t kMaxPasswordChars = 100;

class LinkPasswords {
 public:
  static constexpr int kMaxChecks = 2;
  static constexpr std::size_t kMaxKeys = 50'000;

  enum class Verdict : std::uint8_t { kRight, kWrong, kTooOften, kBusy };
  struct Answer {
    Verdict verdict;
    base::Seconds retry_after{0};  // of the last two
  };

  explicit LinkPasswords(const kit::SipKey& seed);

  Answer check(LinkId link, std::string_view address, const std::string& hash,
               std::string_view password, base::Mono now);

 private:
  const kit::LimiterKeyHasher hasher_;
  const kit::GcraRule of_link_;
  const kit::GcraRule of_address_;
  kit::LimiterMap<kit::GcraState> states_{kMaxKeys};
  std::atomic<int> checks_{0};
};

// Makes the hashes that LinkPasswords looks at; kMaxHashes at once. Any thread.
class LinkPasswordHasher {
 public:
  static constexpr int kMaxHashes = 2;

  // `entropy` outlives it.
  explicit LinkPasswordHasher(base::Entropy& entropy) : entropy_(entropy) {}

  // kUnavailable password_checks_busy, kInternal out_of_memory.
  base::Result<std::string> hash(std::string_view password);

 private:
  base::Entropy& entropy_;
  std::atomic<int> hashes_{0};
};

}  // namespace ashlar::links
