// KeyCache: API keys that were accepted a moment ago, so that most calls touch memory only.
//
// Striped: a key lives in the stripe that its fingerprint names, under that stripe's mutex, held
// for a few dozen nanoseconds and never across I/O. Bounded: a full stripe drops what was used
// longest ago. It holds no key in clear: a fingerprint is SipHash-2-4-128 of the whole text under a
// key that this process makes for itself, compared in constant time. Forging one is guessing 128
// bits.
//
// A revocation must not be undone by a read that was under way: who reads storage takes epoch()
// first, and insert() refuses when an invalidation came in between.
//   I1. After forget_*() or clear() returns, nothing that it names is in the cache, nor will be put
//       there by a reader that began before.
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/entropy.h"
#include "base/time.h"
#include "platform/security/principal.h"

namespace ashlar::security {

class KeyCache {
 public:
  // When a key was last used. Bounded like the cache itself.
  struct Use {
    KeyId key;
    base::Time at;
  };

  KeyCache(base::Entropy& entropy, std::size_t capacity);
  ~KeyCache();
  KeyCache(const KeyCache&) = delete;
  KeyCache& operator=(const KeyCache&) = delete;

  // nullptr: not here, or expired. Notes the use.
  std::shared_ptr<const Principal> find(std::string_view text, base::Time now);

  [[nodiscard]] std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  // `seen_epoch` is epoch() from before the read that proved the key.
  void insert(std::string_view text, std::shared_ptr<const Principal> principal,
              std::optional<base::Time> expires_at, std::optional<base::Time> last_used_at,
              std::uint64_t seen_epoch, base::Time now);

  void forget_key(KeyId key);
  void forget_tenant(base::TenantId tenant);
  void clear();

  // Uses that are newer than what was written, of keys whose last write is `min_age` old.
  // They count as written from here on.
  std::vector<Use> take_uses(base::Time now, base::Micros min_age);

 private:
  static constexpr std::size_t kStripes = 64;
  using Fingerprint = std::array<unsigned char, 16>;
  struct FingerprintHash {
    std::size_t operator()(const Fingerprint& print) const noexcept;
  };
  struct Entry;
  struct Stripe;

  [[nodiscard]] Fingerprint fingerprint(std::string_view text) const;
  Stripe& stripe_of(const Fingerprint& print);
  template <class Matches>
  void forget_if(const Matches& matches);

  std::array<unsigned char, 16> hash_key_{};
  const std::size_t per_stripe_;
  std::atomic<std::uint64_t> epoch_{0};
  const std::unique_ptr<Stripe[]> stripes_;
};

}  // namespace ashlar::security
