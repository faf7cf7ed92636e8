// RedirectCache: what a link's key (link_ref.h) leads to, in memory: targets, and the knowledge
// that there is none.
//
// The redirect's hot path asks it and nothing else. Striped: a look-up locks one of kShards for the
// time of a hash probe and of the visitor, never across I/O. Bounded by bytes; what was not asked
// for since the clock hand's last round goes first (CLOCK, a second chance for what was).
//
// Never stale: a change drops the key (drop(), called after its commit and before it is
// acknowledged), and a value that was read before the drop is not put back:
//   Ticket t = cache.ticket(key);   // before the database is read
//   … read …
//   cache.put(t, key, target);      // does nothing if the stripe has seen a drop since
//
// Memory: about 56 bytes + key + url an entry, and 16 to 32 in the table; a special link's
// settings with it. O(1) but for growth. Hash: seeded, so that nobody can choose keys that
// collide. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/links/key_hash.h"
#include "modules/links/link.h"

namespace ashlar::links {

// The visitor's view of an entry; valid only inside the visit. `status` 0: there is no such link.
struct CachedTarget {
  std::string_view url;
  LinkId id;
  base::TenantId tenant;
  int status;
  bool enabled;
  std::int64_t expires_us;  // kNever where it does not; of status 0: believe it until then
  const std::shared_ptr<const LinkSettings>* special;  // null: a plain link

  static constexpr std::int64_t kNever = INT64_MAX;
};

class RedirectCache {
 public:
  RedirectCache(std::size_t max_bytes, std::uint64_t seed);
  ~RedirectCache();
  RedirectCache(const RedirectCache&) = delete;
  RedirectCache& operator=(const RedirectCache&) = delete;

  // Calls visit(const CachedTarget&) under the stripe's lock; false where the key is not cached.
  template <class Visit>
  bool find(std::string_view key, Visit&& visit) {
    const std::uint64_t hash = hash_(key);
    Shard& shard = shard_of(hash);
    const std::lock_guard lock(shard.mutex);
    Entry* entry = probe(shard, hash, key);
    if (entry == nullptr) return false;
    entry->touched = 1;
    visit(view_of(*entry));
    return true;
  }

  struct Ticket {
    std::uint64_t generation;
  };
  Ticket ticket(std::string_view key);
  // `unknown_until`: with no target, how long that may be believed.
  void put(Ticket ticket, std::string_view key, const std::optional<RedirectTarget>& target,
           base::Time unknown_until = {});
  void drop(std::string_view key);
  void clear();

  // Up to `limit` keys that were asked for lately and lead somewhere, in no order.
  [[nodiscard]] std::vector<std::string> hot_keys(std::size_t limit) const;

  struct Stats {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
  };
  [[nodiscard]] Stats stats() const;

 private:
  static constexpr std::size_t kShards = 64;

  // Followed in memory by the key and then the url; a special link's has its settings, which are
  // shared with whoever is about to answer by them, behind that.
  struct Entry {
    std::uint64_t hash;
    LinkId id;
    base::TenantId tenant;
    std::int64_t expires_us;
    std::uint16_t status;
    std::uint16_t url_bytes;
    std::uint16_t key_bytes;
    std::uint8_t flags;  // kEnabled, kSpecial
    std::uint8_t touched;
  };
  static constexpr std::uint8_t kEnabled = 1;
  static constexpr std::uint8_t kSpecial = 2;
  using Settings = std::shared_ptr<const LinkSettings>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;   // guards what follows
    std::vector<Entry*> slots;  // open addressing, linear probing; null: free
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::size_t hand = 0;
    std::uint64_t generation = 0;
    std::uint64_t evictions = 0;
  };

  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 58]; }
  static Entry* probe(const Shard& shard, std::uint64_t hash, std::string_view key);
  static CachedTarget view_of(Entry& entry);
  static std::string_view key_of(const Entry& entry);
  static std::size_t bytes_of(Entry& entry);
  static std::size_t settings_at(std::size_t text_bytes);
  static Settings* settings_of(Entry& entry);
  static Entry* make_entry(std::uint64_t hash, std::string_view key,
                           const std::optional<RedirectTarget>& target);
  static void free_entry(Entry* entry);
  static void grow(Shard& shard);
  static void insert_slot(std::vector<Entry*>& slots, Entry* entry);
  static void erase_slot(Shard& shard, std::size_t slot);
  static void erase_key(Shard& shard, std::uint64_t hash, std::string_view key);
  void evict_until_fits(Shard& shard, std::size_t incoming) const;

  const std::size_t max_shard_bytes_;
  const KeyHash hash_;
  std::array<Shard, kShards> shards_;
};

// What a look-up calls stands here, so that none of it is a call.

inline std::string_view RedirectCache::key_of(const Entry& entry) {
  return {reinterpret_cast<const char*>(&entry + 1), entry.key_bytes};
}

inline RedirectCache::Settings* RedirectCache::settings_of(Entry& entry) {
  if ((entry.flags & kSpecial) == 0) [[likely]]
    return nullptr;
  const std::size_t text = std::size_t{entry.key_bytes} + entry.url_bytes;
  return std::launder(
      reinterpret_cast<Settings*>(reinterpret_cast<char*>(&entry) + settings_at(text)));
}

inline CachedTarget RedirectCache::view_of(Entry& entry) {
  const char* url = reinterpret_cast<const char*>(&entry + 1) + entry.key_bytes;
  return {.url = {url, entry.url_bytes},
          .id = entry.id,
          .tenant = entry.tenant,
          .status = entry.status,
          .enabled = (entry.flags & kEnabled) != 0,
          .expires_us = entry.expires_us,
          .special = settings_of(entry)};
}

inline RedirectCache::Entry* RedirectCache::probe(const Shard& shard, std::uint64_t hash,
                                                  std::string_view key) {
  if (shard.slots.empty()) return nullptr;
  const std::size_t mask = shard.slots.size() - 1;
  // Ends: the table is never full (grow() keeps it at most half used).
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    Entry* entry = shard.slots[i];
    if (entry == nullptr) return nullptr;
    if (entry->hash == hash && KeyHash::same(key_of(*entry), key)) return entry;
  }
}

}  // namespace ashlar::links
