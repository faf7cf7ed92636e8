// ItemArena: the items of one document, in chunks of 4 KB, addressed by 32-bit handles.
//
// Items do not move. Freed ones are used again before a new chunk is taken; chunks are given back
// with the arena. at() costs two loads.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "modules/documents/crdt/item.h"

namespace ashlar::crdt {

class ItemArena {
 public:
  // Valid until free(). Handles begin at 1.
  ItemRef make() {
    if (free_ != 0) {
      const ItemRef ref = free_;
      Item& item = at(ref);
      free_ = item.right;
      item = Item{};
      ++live_;
      return ref;
    }
    if (next_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Item[]>(kChunk));
    if (next_ == 0) ++next_;  // 0 is no item
    ++live_;
    return static_cast<ItemRef>(next_++);
  }
  void free(ItemRef ref) {
    at(ref).right = free_;
    free_ = ref;
    --live_;
  }

  Item& at(ItemRef ref) { return chunks_[ref / kChunk][ref % kChunk]; }
  const Item& at(ItemRef ref) const { return chunks_[ref / kChunk][ref % kChunk]; }

  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::size_t bytes() const {
    return chunks_.size() * kChunk * sizeof(Item) + chunks_.capacity() * sizeof(chunks_[0]);
  }

 private:
  static constexpr std::size_t kChunk = 64;

  std::vector<std::unique_ptr<Item[]>> chunks_;
  std::size_t next_ = 0;
  std::size_t live_ = 0;
  ItemRef free_ = 0;
};

}  // namespace ashlar::crdt
