// ClientStructs: one client's items by clock, without a gap from 0 to end().
//
// Blocks of at most 256 entries, sorted; so finding is two binary searches that touch no item, and
// a split or a merge moves 2 KB at most, whatever the client's length (a hostile delete set may
// split a document into its units).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "modules/documents/crdt/item.h"

namespace ashlar::crdt {

class ClientStructs {
 public:
  struct Entry {
    std::uint32_t clock = 0;
    ItemRef item = 0;
  };
  // Valid until the next change.
  struct Place {
    std::uint32_t block = 0;
    std::uint32_t index = 0;
  };

  explicit ClientStructs(ClientId id) : id_(id) {}

  [[nodiscard]] ClientId id() const { return id_; }
  [[nodiscard]] std::uint32_t end() const { return end_; }  // the next clock
  [[nodiscard]] std::size_t size() const { return size_; }
  // Where end() was when the transaction under way began; outside of one, end().
  [[nodiscard]] std::uint32_t before() const { return before_; }
  void settle() { before_ = end_; }

  // REQUIRES: clock < end()
  [[nodiscard]] Place find(std::uint32_t clock) const;
  [[nodiscard]] const Entry& at(Place place) const { return blocks_[place.block][place.index]; }
  [[nodiscard]] ItemRef item_at(std::uint32_t clock) const { return at(find(clock)).item; }
  // False: there is none. REQUIRES for last(): size() > 0
  [[nodiscard]] bool next(Place& place) const;
  [[nodiscard]] bool previous(Place& place) const;
  [[nodiscard]] Place last() const;

  void append(ItemRef item, std::uint32_t length);
  void insert_after(Place place, Entry entry);
  void erase(Place place);  // places to the left of it stay valid
  // Forgets what begins at `clock` or later. REQUIRES: an item begins there
  void truncate(std::uint32_t clock);

  [[nodiscard]] std::size_t bytes() const;

 private:
  using Block = std::vector<Entry>;
  static constexpr std::size_t kBlock = 256;
  static void make_room(Block& block);

  std::vector<Block> blocks_;  // none is empty
  ClientId id_;
  std::size_t size_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t before_ = 0;
  mutable std::uint32_t hint_ = 0;  // the block of the last find()
};

}  // namespace ashlar::crdt
