// KeyTable: keys (u64 or strings) to values, found through a flat index; each key has a number (id)
// that stays while the key stays, small and dense, so that heaps, lists and rings can speak of it
// in four bytes. What the counters of this folder stand on.
//
// Layout: entries lie in one array by id; the index is open addressing with linear probing over
// 8-byte cells (32 bits of the hash, id + 1), at most 3/4 full, deletion by shifting back: no
// tombstones. A hit touches one line of the index and one of the entries; prefetch(hash) starts the
// first. Two keys whose hashes agree are still told apart by their bytes.
//
// Memory: 10.7 to 21.3 bytes of index a key and sizeof(entry): 8 + sizeof(Value) (u64) or 24 +
// sizeof(Value) and the bytes of long strings (at most thrice their own size: what keys that went
// have left is compacted away before more is taken). Arrays grow by doubling, entries never beyond
// `most_keys`. bytes() counts capacities, in O(1).
//
// Invariants: 1. find(key) is kNone or the id whose key(id) is equal to key.
//             2. an id is valid from insert to erase (or clear); erased ids are given again.
//             3. for_each visits each id once, in an order that depends on the calls and the seed
//                only.
// At most 2^30 keys. Values must be trivially copyable. One thread at a time; const calls together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kit/count/key_hash.h"
#include "kit/count/key_store.h"

namespace ashlar::kit {

template <class Key, class Value>
class KeyTable {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  using View = typename StoredKey<Key>::View;
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xffffffff;

  // `most_keys` is a hint for memory, not a limit.
  explicit KeyTable(std::uint64_t seed, std::size_t most_keys = kMostKeys)
      : hash_(seed), most_keys_(most_keys), cells_(kLeastCells) {}

  [[nodiscard]] std::uint64_t hash(View key) const { return hash_(key); }
  [[nodiscard]] const KeyHash& hasher() const { return hash_; }

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&cells_[home(tag_of(hash))]); }

  [[nodiscard]] Id find(View key, std::uint64_t hash) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t i = home(tag);; i = (i + 1) & mask()) {
      const Cell cell = cells_[i];
      if (cell.id1 == 0) return kNone;
      if (cell.tag == tag && entries_[cell.id1 - 1].key.equals(key, bytes_)) return cell.id1 - 1;
    }
  }
  [[nodiscard]] Id find(View key) const { return find(key, hash_(key)); }

  // The value is value-initialised. REQUIRES: the key is not here and StoredKey::fits(key).
  Id insert(View key, std::uint64_t hash) {
    if ((size_ + 1) * 4 > cells_.size() * 3) grow();
    Id id;
    if (!free_.empty()) {
      id = free_.back();
      free_.pop_back();
    } else {
      CHECK(entries_.size() < kMostKeys);
      if (entries_.size() == entries_.capacity()) make_room();
      id = static_cast<Id>(entries_.size());
      entries_.emplace_back();
    }
    set_key(id, key);
    entries_[id].value = Value{};
    place(Cell{tag_of(hash), id + 1});
    ++size_;
    return id;
  }

  // REQUIRES: id is valid.
  void erase(Id id) {
    Entry& entry = entries_[id];
    remove_cell(id, tag_of(hash_(entry.key.view(bytes_))));
    entry.key.drop(bytes_);
    entry.key = StoredKey<Key>();
    free_.push_back(id);
    --size_;
  }

  // Gives a valid id another key; the value stays. REQUIRES: as for insert.
  void rename(Id id, View key, std::uint64_t hash) {
    Entry& entry = entries_[id];
    remove_cell(id, tag_of(hash_(entry.key.view(bytes_))));
    entry.key.drop(bytes_);
    entry.key = StoredKey<Key>();  // it owns no bytes while they may be compacted
    set_key(id, key);
    place(Cell{tag_of(hash), id + 1});
  }

  // Erases every key for which keep(id) says false. Ids are given anew, from 0. O(capacity).
  template <class Keep>
  void retain(Keep keep);

  [[nodiscard]] View key(Id id) const { return entries_[id].key.view(bytes_); }
  Value& operator[](Id id) { return entries_[id].value; }
  const Value& operator[](Id id) const { return entries_[id].value; }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Cell& cell : cells_) {
      if (cell.id1 != 0) visit(cell.id1 - 1);
    }
  }

  // Forgets the keys and keeps the memory: O(capacity).
  void clear() {
    std::fill(cells_.begin(), cells_.end(), Cell{});
    entries_.clear();
    free_.clear();
    bytes_.clear();
    size_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  // Every id that has been given is below it.
  [[nodiscard]] std::size_t id_limit() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const {
    return cells_.capacity() * sizeof(Cell) + entries_.capacity() * sizeof(Entry) +
           free_.capacity() * sizeof(Id) + bytes_.bytes();
  }

 private:
  struct Cell {
    std::uint32_t tag = 0;
    std::uint32_t id1 = 0;  // id + 1; 0: empty
  };
  struct Entry {
    StoredKey<Key> key;
    Value value{};
  };
  static constexpr std::size_t kLeastCells = 16;
  static constexpr std::size_t kMostKeys = std::size_t{1} << 30;

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  [[nodiscard]] std::size_t mask() const { return cells_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint32_t tag) const { return tag & mask(); }

  void set_key(Id id, View key) {
    if (entries_[id].key.needs_compaction(key, bytes_)) [[unlikely]] {
      typename StoredKey<Key>::Bytes compact;
      for (Entry& entry : entries_) entry.key.move_to(bytes_, compact);
      bytes_ = std::move(compact);
    }
    entries_[id].key.set(key, bytes_);
  }

  void make_room() {
    const std::size_t now = entries_.size();
    entries_.reserve(now < most_keys_ ? std::min(std::max(now * 2, kLeastCells), most_keys_)
                                      : now * 2);
  }

  void place(Cell cell) {
    std::size_t i = home(cell.tag);
    while (cells_[i].id1 != 0) i = (i + 1) & mask();
    cells_[i] = cell;
  }

  void remove_cell(Id id, std::uint32_t tag);
  void grow();

  KeyHash hash_;
  std::size_t most_keys_;
  std::size_t size_ = 0;
  std::vector<Cell> cells_;
  std::vector<Entry> entries_;
  std::vector<Id> free_;
  typename StoredKey<Key>::Bytes bytes_;
};

}  // namespace ashlar::kit

#include "kit/count/key_table_inl.h"  // IWYU pragma: export
