#include "modules/activity/name_table.h"

#include <algorithm>
#include <bit>
#include <new>

#include "base/check.h"

namespace ashlar::activity {
namespace {

constexpr std::size_t kLeastSlots = 1024;

}  // namespace

NameTable::NameTable(std::uint64_t seed)
    : hash_(seed), slots_(kLeastSlots), mask_(kLeastSlots - 1) {}

NameTable::SizeClass NameTable::size_class(std::size_t length) {
  const std::size_t units = (kNameAt + length + 7) / 8;
  if (units <= kExactUnits) return {units, static_cast<std::uint32_t>(units)};
  const std::size_t power = std::bit_ceil(units);
  return {kExactUnits + static_cast<std::size_t>(std::countr_zero(power)) - 6,
          static_cast<std::uint32_t>(power)};
}

NameTable::Ref NameTable::allocate(std::size_t length) {
  const SizeClass wanted = size_class(length);
  CHECK(wanted.units < kPageUnits);
  if (const Ref free = free_[wanted.index]; free != 0) {
    free_[wanted.index] = at(free).place;
    return free;
  }
  if (pages_.empty() || used_.back() + wanted.units > kPageUnits) {
    CHECK(pages_.size() < std::size_t{1} << (32 - kPageBits));
    pages_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(kPageUnits));
    used_.push_back(pages_.size() == 1 ? 1 : 0);  // so that no reference is 0
  }
  const Ref made = static_cast<Ref>((pages_.size() - 1) << kPageBits | used_.back());
  used_.back() += wanted.units;
  return made;
}

NameTable::Ref NameTable::add(std::string_view name, std::uint32_t hash) {
  if ((size_ + 1) * 10 > slots_.size() * 6) resize(slots_.size() * 2);
  const Ref ref = allocate(name.size());
  auto* const memory = reinterpret_cast<char*>(pages_[ref >> kPageBits].get() + (ref & kPageMask));
  new (memory) Record{0, 0, hash, static_cast<std::uint32_t>(name.size())};
  if (!name.empty()) std::memcpy(memory + kNameAt, name.data(), name.size());
  put(hash, ref);
  ++size_;
  return ref;
}

void NameTable::put(std::uint32_t hash, Ref ref) {
  std::size_t i = hash & mask_;
  while (slots_[i] != 0) i = (i + 1) & mask_;
  slots_[i] = std::uint64_t{hash} << 32 | ref;
}

void NameTable::resize(std::size_t slots) {
  std::vector<std::uint64_t> old(slots);
  old.swap(slots_);
  mask_ = slots - 1;
  for (const std::uint64_t slot : old) {
    if (slot != 0) put(static_cast<std::uint32_t>(slot >> 32), static_cast<Ref>(slot));
  }
}

void NameTable::shrink() {
  const std::size_t enough = std::max(kLeastSlots, std::bit_ceil(size_ * 2));
  if (enough < slots_.size()) resize(enough);
}

template <class Each>
void NameTable::walk(Each each) {
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    const std::uint32_t end = used_[page];
    for (std::uint32_t unit = page == 0 ? 1 : 0; unit < end;) {
      const Ref ref = static_cast<Ref>(page << kPageBits | unit);
      Record& record = at(ref);
      const std::uint32_t units = size_class(record.length & ~kReleased).units;
      unit += units;
      if ((record.length & kReleased) == 0) each(ref, record, units);
    }
  }
}

void NameTable::plan_moves() {
  std::uint64_t next = 1;
  walk([&](Ref /*ref*/, Record& record, std::uint32_t units) {
    if ((next & kPageMask) + units > kPageUnits) next = (next | kPageMask) + 1;
    record.place = static_cast<Ref>(next);
    next += units;
  });
}

void NameTable::move() {
  for (std::uint64_t& slot : slots_) {
    if (slot != 0) slot = slot >> 32 << 32 | at(static_cast<Ref>(slot)).place;
  }
  std::size_t pages = 0;
  walk([&](Ref /*ref*/, Record& record, std::uint32_t units) {
    const Ref to = record.place;
    pages = (to >> kPageBits) + std::size_t{1};
    used_[pages - 1] = (to & kPageMask) + units;  // walk() has read it: it is not behind
    std::memmove(&at(to), &record, kNameAt + record.length);
  });
  free_.fill(0);
  pages_.resize(pages);
  used_.resize(pages);
}

void NameTable::release(Ref ref) {
  Record& record = at(ref);
  std::size_t hole = record.hash & mask_;
  while (static_cast<Ref>(slots_[hole]) != ref) hole = (hole + 1) & mask_;
  // Those behind move up, unless that took them before their home: no tombstones.
  for (std::size_t i = (hole + 1) & mask_; slots_[i] != 0; i = (i + 1) & mask_) {
    const std::size_t home = static_cast<std::uint32_t>(slots_[i] >> 32) & mask_;
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = 0;
  const SizeClass freed = size_class(record.length);
  record.length |= kReleased;
  record.place = free_[freed.index];
  free_[freed.index] = ref;
  --size_;
}

}  // namespace ashlar::activity
