// NameTable: each distinct name once, as a 32-bit reference, with the count of its events.
//
//   NameTable names(seed);
//   NameTable::Ref ref = names.intern("alice");   // found, or made with the count 0
//   ++names.at(ref).count;
//
// 1. Identity is by bytes. A reference stays the name's, and its record where it is, until
// release()
//    or compact().
// 2. intern() and release() take O(1) expected time and O(length). The hash is keyed by the seed
//    (kit/count/key_hash.h): who does not know it cannot prepare names that collide.
// 3. intern() of a known name allocates nothing; it looks at one slot and at one record.
// 4. Memory: 8 bytes a slot, at most 60 % of them used, and for each name 20 bytes and its length,
//    rounded up to 8 (above 512 bytes to a power of two). What is released serves names of the
//    same size class; only compact() gives it back, and until then bytes() counts it.
// Beside kit/count/key_table.h: names may be as long as a line (that one ends at 256 bytes),
// nothing is ever copied when the table grows but slots, and a record shares its cache line with
// its name. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "kit/count/key_hash.h"
#include "modules/activity/eight_bytes.h"

namespace ashlar::activity {

class NameTable {
 public:
  using Ref = std::uint32_t;  // 0 is none

  struct Record {
    std::uint64_t count;  // the owner's
    std::uint32_t place;  // the owner's
    std::uint32_t hash;
    std::uint32_t length;  // the name's bytes follow; with kReleased: nobody's

    [[nodiscard]] std::string_view name() const {
      return {reinterpret_cast<const char*>(this) + kNameAt, length};
    }
  };

  explicit NameTable(std::uint64_t seed);

  Ref intern(std::string_view name) {
    const std::uint32_t hash = hash_of(name);
    for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
      const std::uint64_t slot = slots_[i];
      if (slot == 0) return add(name, hash);
      if (static_cast<std::uint32_t>(slot >> 32) != hash) continue;
      const Ref ref = static_cast<Ref>(slot);
      if (same(at(ref).name(), name)) return ref;
    }
  }

  // REQUIRES: a reference from intern(), not released.
  Record& at(Ref ref) {
    return *reinterpret_cast<Record*>(pages_[ref >> kPageBits].get() + (ref & kPageMask));
  }
  [[nodiscard]] const Record& at(Ref ref) const { return const_cast<NameTable*>(this)->at(ref); }

  // Forgets the name.
  void release(Ref ref);

  // each(ref) for every name, in no order. It must not add or release names.
  template <class Each>
  void for_each(Each each) const {
    for (const std::uint64_t slot : slots_) {
      if (slot != 0) each(static_cast<Ref>(slot));
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return slots_.size() * 8 + units_taken() * 8; }
  // Fewer slots where most are empty now. O(size).
  void shrink();
  // Moves the records together. Every reference changes: `replace(moved)`, called once, is to put
  // moved(ref) in place of each that is kept outside. Owners' `place` is lost. O(bytes()).
  template <class Replace>
  void compact(Replace replace) {
    plan_moves();
    replace([this](Ref ref) -> Ref { return at(ref).place; });
    move();
  }

 private:
  static constexpr std::size_t kNameAt = 20;
  static constexpr std::uint32_t kReleased = 1U << 31;
  static constexpr unsigned kPageBits = 17;  // of 8-byte units: pages of 1 MiB
  static constexpr std::uint32_t kPageUnits = 1U << kPageBits;
  static constexpr std::uint32_t kPageMask = kPageUnits - 1;
  static constexpr std::size_t kExactUnits = 64;

  struct SizeClass {
    std::size_t index;
    std::uint32_t units;
  };
  static SizeClass size_class(std::size_t length);

  [[nodiscard]] std::uint32_t hash_of(std::string_view name) const {
    return static_cast<std::uint32_t>(hash_(name) >> 32);
  }

  static bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (a.size() < 8 || a.size() > 16) return std::memcmp(a.data(), b.data(), a.size()) == 0;
    return ((load_eight(a.data()) ^ load_eight(b.data())) |
            (load_eight(a.data() + a.size() - 8) ^ load_eight(b.data() + b.size() - 8))) == 0;
  }

  [[nodiscard]] std::size_t units_taken() const {
    return pages_.empty() ? 0 : (pages_.size() - 1) * kPageUnits + used_.back();
  }
  // Of every record, in the order in which they lie. `each` may move it down.
  template <class Each>
  void walk(Each each);
  void plan_moves();  // each record's `place` is then where it goes: never further up
  void move();
  Ref add(std::string_view name, std::uint32_t hash);
  Ref allocate(std::size_t length);
  void resize(std::size_t slots);
  void put(std::uint32_t hash, Ref ref);

  kit::KeyHash hash_;
  std::vector<std::uint64_t> slots_;  // hash << 32 | reference; 0: empty
  std::size_t mask_;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<std::uint64_t[]>> pages_;
  std::vector<std::uint32_t> used_;           // units of each page, from its start
  std::array<Ref, kExactUnits + 24> free_{};  // by size class: linked through `place`
};

}  // namespace ashlar::activity
