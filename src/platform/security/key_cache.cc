#include "platform/security/key_cache.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <span>
#include <utility>

#include "base/check.h"

namespace ashlar::security {
namespace {

constexpr std::int64_t kNever = 0;  // of a time in micros

}  // namespace

std::size_t KeyCache::FingerprintHash::operator()(const Fingerprint& print) const noexcept {
  std::size_t hash;
  std::memcpy(&hash, print.data(), sizeof(hash));
  return hash;
}

struct KeyCache::Entry {
  Fingerprint print;
  std::shared_ptr<const Principal> principal;
  std::optional<base::Time> expires_at;
  std::int64_t used_micros;
  std::int64_t written_micros;

  [[nodiscard]] bool has_news() const { return used_micros > written_micros; }
};

struct alignas(64) KeyCache::Stripe {
  struct Equal {
    bool operator()(const Fingerprint& a, const Fingerprint& b) const noexcept {
      return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
    }
  };
  using Entries = std::list<Entry>;

  std::mutex mutex;  // guards what follows
  Entries entries;   // latest use first
  std::unordered_map<Fingerprint, Entries::iterator, FingerprintHash, Equal> by_print;
  std::vector<Use> orphans;  // uses of entries that were dropped before they were written

  void drop(Entries::iterator entry, std::size_t max_orphans) {
    if (entry->has_news() && orphans.size() < max_orphans) {
      orphans.push_back({entry->principal->key, base::from_micros(entry->used_micros)});
    }
    by_print.erase(entry->print);
    entries.erase(entry);
  }
};

KeyCache::KeyCache(base::Entropy& entropy, std::size_t capacity)
    : per_stripe_(std::max<std::size_t>(capacity / kStripes, 1)), stripes_(new Stripe[kStripes]) {
  static_assert(std::tuple_size_v<Fingerprint> == crypto_shorthash_siphashx24_BYTES);
  static_assert(sizeof(hash_key_) == crypto_shorthash_siphashx24_KEYBYTES);
  entropy.fill(std::as_writable_bytes(std::span(hash_key_)));
}

KeyCache::~KeyCache() { sodium_memzero(hash_key_.data(), hash_key_.size()); }

KeyCache::Fingerprint KeyCache::fingerprint(std::string_view text) const {
  Fingerprint print;
  crypto_shorthash_siphashx24(print.data(), reinterpret_cast<const unsigned char*>(text.data()),
                              text.size(), hash_key_.data());
  return print;
}

// The last byte: the map inside a stripe uses the first eight.
KeyCache::Stripe& KeyCache::stripe_of(const Fingerprint& print) {
  return stripes_[print.back() % kStripes];
}

std::shared_ptr<const Principal> KeyCache::find(std::string_view text, base::Time now) {
  const Fingerprint print = fingerprint(text);
  Stripe& stripe = stripe_of(print);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.by_print.find(print);
  if (found == stripe.by_print.end()) return nullptr;
  const auto entry = found->second;
  if (entry->expires_at && now >= *entry->expires_at) {
    stripe.drop(entry, per_stripe_);
    return nullptr;
  }
  entry->used_micros = std::max(entry->used_micros, base::to_micros(now));
  stripe.entries.splice(stripe.entries.begin(), stripe.entries, entry);
  return entry->principal;
}

void KeyCache::insert(std::string_view text, std::shared_ptr<const Principal> principal,
                      std::optional<base::Time> expires_at, std::optional<base::Time> last_used_at,
                      std::uint64_t seen_epoch, base::Time now) {
  CHECK(principal != nullptr);
  const Fingerprint print = fingerprint(text);
  const std::int64_t written = last_used_at ? base::to_micros(*last_used_at) : kNever;
  Stripe& stripe = stripe_of(print);
  const std::lock_guard lock(stripe.mutex);
  // Under the stripe's mutex: an invalidation either has raised the epoch before, and is seen here,
  // or takes this mutex afterwards, and finds the entry.
  if (epoch() != seen_epoch) return;
  if (stripe.by_print.contains(print)) return;
  while (stripe.entries.size() >= per_stripe_)
    stripe.drop(std::prev(stripe.entries.end()), per_stripe_);
  stripe.entries.push_front(
      {print, std::move(principal), expires_at, base::to_micros(now), written});
  stripe.by_print.emplace(print, stripe.entries.begin());
}

template <class Matches>
void KeyCache::forget_if(const Matches& matches) {
  epoch_.fetch_add(1, std::memory_order_acq_rel);
  for (std::size_t i = 0; i < kStripes; ++i) {
    Stripe& stripe = stripes_[i];
    const std::lock_guard lock(stripe.mutex);
    for (auto entry = stripe.entries.begin(); entry != stripe.entries.end();) {
      const auto here = entry++;
      if (matches(*here->principal)) stripe.drop(here, per_stripe_);
    }
  }
}

void KeyCache::forget_key(KeyId key) {
  forget_if([key](const Principal& principal) { return principal.key == key; });
}

void KeyCache::forget_tenant(base::TenantId tenant) {
  forget_if([tenant](const Principal& principal) { return principal.tenant == tenant; });
}

void KeyCache::clear() {
  forget_if([](const Principal&) { return true; });
}

std::vector<KeyCache::Use> KeyCache::take_uses(base::Time now, base::Micros min_age) {
  const std::int64_t due_before = base::to_micros(now - min_age);
  std::vector<Use> uses;
  for (std::size_t i = 0; i < kStripes; ++i) {
    Stripe& stripe = stripes_[i];
    const std::lock_guard lock(stripe.mutex);
    uses.insert(uses.end(), stripe.orphans.begin(), stripe.orphans.end());
    stripe.orphans.clear();
    for (Entry& entry : stripe.entries) {
      if (!entry.has_news() || entry.written_micros > due_before) continue;
      uses.push_back({entry.principal->key, base::from_micros(entry.used_micros)});
      entry.written_micros = entry.used_micros;
    }
  }
  return uses;
}

}  // namespace ashlar::security
