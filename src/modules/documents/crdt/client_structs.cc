#include "modules/documents/crdt/client_structs.h"

#include <algorithm>

#include "base/check.h"

namespace ashlar::crdt {

ClientStructs::Place ClientStructs::find(std::uint32_t clock) const {
  CHECK(clock < end_);
  std::uint32_t block = hint_;
  const auto starts_after = [](std::uint32_t value, const Block& b) {
    return value < b.front().clock;
  };
  if (block >= blocks_.size() || clock < blocks_[block].front().clock ||
      (block + 1 < blocks_.size() && clock >= blocks_[block + 1].front().clock)) {
    const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), clock, starts_after);
    block = static_cast<std::uint32_t>(after - blocks_.begin()) - 1;
    hint_ = block;
  }
  const Block& entries = blocks_[block];
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), clock,
                       [](std::uint32_t value, const Entry& entry) { return value < entry.clock; });
  return {block, static_cast<std::uint32_t>(after - entries.begin()) - 1};
}

bool ClientStructs::next(Place& place) const {
  if (place.index + 1 < blocks_[place.block].size()) {
    ++place.index;
    return true;
  }
  if (place.block + 1 >= blocks_.size()) return false;
  place = {place.block + 1, 0};
  return true;
}

bool ClientStructs::previous(Place& place) const {
  if (place.index > 0) {
    --place.index;
    return true;
  }
  if (place.block == 0) return false;
  place = {place.block - 1, static_cast<std::uint32_t>(blocks_[place.block - 1].size()) - 1};
  return true;
}

ClientStructs::Place ClientStructs::last() const {
  CHECK(size_ > 0);
  return {static_cast<std::uint32_t>(blocks_.size()) - 1,
          static_cast<std::uint32_t>(blocks_.back().size()) - 1};
}

// A vector would double, and half of all that a document's index takes would be empty.
void ClientStructs::make_room(Block& block) {
  if (block.size() == block.capacity()) block.reserve(block.size() + block.size() / 4 + 2);
}

void ClientStructs::append(ItemRef item, std::uint32_t length) {
  if (blocks_.empty() || blocks_.back().size() == kBlock) blocks_.emplace_back();
  make_room(blocks_.back());
  blocks_.back().push_back({end_, item});
  end_ += length;
  ++size_;
}

void ClientStructs::insert_after(Place place, Entry entry) {
  ++size_;
  Block& block = blocks_[place.block];
  if (block.size() == kBlock) {
    Block upper(block.begin() + kBlock / 2, block.end());
    block = Block(block.begin(), block.begin() + kBlock / 2);
    blocks_.insert(blocks_.begin() + place.block + 1, std::move(upper));
    if (place.index >= kBlock / 2) {
      ++place.block;
      place.index -= kBlock / 2;
    }
  }
  Block& into = blocks_[place.block];
  make_room(into);
  into.insert(into.begin() + place.index + 1, entry);
}

void ClientStructs::erase(Place place) {
  --size_;
  Block& block = blocks_[place.block];
  block.erase(block.begin() + place.index);
  if (block.empty()) {
    blocks_.erase(blocks_.begin() + place.block);
    return;
  }
  if (block.size() > kBlock / 4 || place.block + 1 == blocks_.size()) return;
  const Block& after = blocks_[place.block + 1];
  if (block.size() + after.size() > kBlock / 2) return;
  block.reserve(block.size() + after.size());
  block.insert(block.end(), after.begin(), after.end());
  blocks_.erase(blocks_.begin() + place.block + 1);
}

void ClientStructs::truncate(std::uint32_t clock) {
  while (!blocks_.empty() && blocks_.back().back().clock >= clock) {
    blocks_.back().pop_back();
    --size_;
    if (blocks_.back().empty()) blocks_.pop_back();
  }
  end_ = clock;
}

std::size_t ClientStructs::bytes() const {
  std::size_t bytes = blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_) bytes += block.capacity() * sizeof(Entry);
  return bytes;
}

}  // namespace ashlar::crdt
