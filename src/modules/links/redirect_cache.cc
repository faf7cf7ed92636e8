#include "modules/links/redirect_cache.h"

#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "modules/links/link_ref.h"

namespace ashlar::links {

RedirectCache::RedirectCache(std::size_t max_bytes, std::uint64_t seed)
    : max_shard_bytes_(max_bytes / kShards), hash_(seed) {}

RedirectCache::~RedirectCache() { clear(); }

std::size_t RedirectCache::settings_at(std::size_t text_bytes) {
  static_assert(alignof(Entry) % alignof(Settings) == 0);
  constexpr std::size_t kAlign = alignof(Settings);
  return (sizeof(Entry) + text_bytes + kAlign - 1) / kAlign * kAlign;
}

std::size_t RedirectCache::bytes_of(Entry& entry) {
  constexpr std::size_t kAllocatorBytes = 8;
  constexpr std::size_t kSlotBytes = 2 * sizeof(Entry*);  // at a load of one half
  const std::size_t bytes =
      sizeof(Entry) + entry.key_bytes + entry.url_bytes + kAllocatorBytes + kSlotBytes;
  const Settings* settings = settings_of(entry);
  return settings == nullptr ? bytes : bytes + sizeof(Settings) + (*settings)->bytes();
}

RedirectCache::Entry* RedirectCache::make_entry(std::uint64_t hash, std::string_view key,
                                                const std::optional<RedirectTarget>& target) {
  const std::string_view url = target ? std::string_view(target->url) : std::string_view{};
  const bool special = target && target->special != nullptr;
  CHECK(key.size() <= kMaxLinkKeyBytes && url.size() <= UINT16_MAX);
  const std::size_t text_bytes = key.size() + url.size();
  void* memory = ::operator new(special ? settings_at(text_bytes) + sizeof(Settings)
                                        : sizeof(Entry) + text_bytes);
  auto* entry = new (memory) Entry{};
  entry->hash = hash;
  entry->key_bytes = static_cast<std::uint16_t>(key.size());
  entry->url_bytes = static_cast<std::uint16_t>(url.size());
  entry->expires_us = CachedTarget::kNever;
  if (target) {
    entry->id = target->id;
    entry->tenant = target->tenant;
    entry->status = static_cast<std::uint16_t>(target->status);
    if (target->enabled) entry->flags |= kEnabled;
    if (target->expires_at) entry->expires_us = base::to_micros(*target->expires_at);
  }
  if (special) {
    entry->flags |= kSpecial;
    new (static_cast<char*>(memory) + settings_at(text_bytes)) Settings(target->special);
  }
  char* text = static_cast<char*>(memory) + sizeof(Entry);
  std::memcpy(text, key.data(), key.size());
  if (!url.empty()) std::memcpy(text + key.size(), url.data(), url.size());
  return entry;
}

void RedirectCache::free_entry(Entry* entry) {
  if (entry == nullptr) return;
  if (Settings* settings = settings_of(*entry)) std::destroy_at(settings);
  ::operator delete(entry);
}

RedirectCache::Ticket RedirectCache::ticket(std::string_view key) {
  Shard& shard = shard_of(hash_(key));
  const std::lock_guard lock(shard.mutex);
  return {shard.generation};
}

void RedirectCache::put(Ticket ticket, std::string_view key,
                        const std::optional<RedirectTarget>& target, base::Time unknown_until) {
  const std::uint64_t hash = hash_(key);
  Entry* entry = make_entry(hash, key, target);
  if (!target) entry->expires_us = base::to_micros(unknown_until);
  const std::size_t bytes = bytes_of(*entry);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  if (shard.generation != ticket.generation || bytes > max_shard_bytes_) {
    free_entry(entry);
    return;
  }
  erase_key(shard, hash, key);
  evict_until_fits(shard, bytes);
  if ((shard.entries + 1) * 2 > shard.slots.size()) grow(shard);
  insert_slot(shard.slots, entry);
  shard.entries += 1;
  shard.bytes += bytes;
}

void RedirectCache::drop(std::string_view key) {
  const std::uint64_t hash = hash_(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  shard.generation += 1;
  erase_key(shard, hash, key);
}

void RedirectCache::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.generation += 1;
    for (Entry* entry : shard.slots) free_entry(entry);
    shard.slots = {};
    shard.entries = shard.bytes = shard.hand = 0;
  }
}

std::vector<std::string> RedirectCache::hot_keys(std::size_t limit) const {
  std::vector<std::string> keys;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const Entry* entry : shard.slots) {
      if (keys.size() == limit) return keys;
      if (entry != nullptr && entry->touched != 0 && entry->status != 0) {
        keys.emplace_back(key_of(*entry));
      }
    }
  }
  return keys;
}

RedirectCache::Stats RedirectCache::stats() const {
  Stats stats;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    stats.entries += shard.entries;
    stats.bytes += shard.bytes;
    stats.evictions += shard.evictions;
  }
  return stats;
}

void RedirectCache::grow(Shard& shard) {
  constexpr std::size_t kFirstSlots = 64;
  std::vector<Entry*> larger(shard.slots.empty() ? kFirstSlots : shard.slots.size() * 2, nullptr);
  for (Entry* entry : shard.slots) {
    if (entry != nullptr) insert_slot(larger, entry);
  }
  shard.slots.swap(larger);
  shard.hand = 0;
}

void RedirectCache::insert_slot(std::vector<Entry*>& slots, Entry* entry) {
  const std::size_t mask = slots.size() - 1;
  std::size_t i = entry->hash & mask;
  while (slots[i] != nullptr) i = (i + 1) & mask;
  slots[i] = entry;
}

void RedirectCache::erase_key(Shard& shard, std::uint64_t hash, std::string_view key) {
  const Entry* entry = probe(shard, hash, key);
  if (entry == nullptr) return;
  const std::size_t mask = shard.slots.size() - 1;
  std::size_t i = hash & mask;
  while (shard.slots[i] != entry) i = (i + 1) & mask;
  erase_slot(shard, i);
}

// Linear probing without tombstones: later entries of the run move back into the hole.
void RedirectCache::erase_slot(Shard& shard, std::size_t slot) {
  const std::size_t mask = shard.slots.size() - 1;
  shard.bytes -= bytes_of(*shard.slots[slot]);
  shard.entries -= 1;
  free_entry(shard.slots[slot]);
  std::size_t hole = slot;
  for (std::size_t i = (slot + 1) & mask; shard.slots[i] != nullptr; i = (i + 1) & mask) {
    const std::size_t home = shard.slots[i]->hash & mask;
    // Movable unless its home lies cyclically within (hole, i].
    if (((i - home) & mask) >= ((i - hole) & mask)) {
      shard.slots[hole] = shard.slots[i];
      hole = i;
    }
  }
  shard.slots[hole] = nullptr;
}

void RedirectCache::evict_until_fits(Shard& shard, std::size_t incoming) const {
  // Two rounds of the hand touch every entry twice: the second time nothing is spared.
  std::size_t steps = shard.slots.size() * 2 + 1;
  while (shard.bytes + incoming > max_shard_bytes_ && shard.entries > 0 && steps-- > 0) {
    shard.hand &= shard.slots.size() - 1;
    Entry* entry = shard.slots[shard.hand];
    if (entry == nullptr) {
      ++shard.hand;
    } else if (entry->touched != 0) {
      entry->touched = 0;
      ++shard.hand;
    } else {
      erase_slot(shard, shard.hand);  // another entry may have moved here: look again
      shard.evictions += 1;
    }
  }
}

}  // namespace ashlar::links
