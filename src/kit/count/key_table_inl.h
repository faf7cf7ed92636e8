// The longer functions of KeyTable; included by key_table.h alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kit/count/key_table.h"

namespace ashlar::kit {

template <class Key, class Value>
template <class Keep>
void KeyTable<Key, Value>::retain(Keep keep) {
  std::vector<Cell> by_id(entries_.size());
  for (const Cell& cell : cells_) {
    if (cell.id1 != 0) by_id[cell.id1 - 1] = cell;
  }
  std::fill(cells_.begin(), cells_.end(), Cell{});
  free_.clear();
  Id next = 0;
  for (Id id = 0; id < by_id.size(); ++id) {
    if (by_id[id].id1 == 0) continue;
    if (!keep(id)) {
      entries_[id].key.drop(bytes_);
      continue;
    }
    if (next != id) entries_[next] = entries_[id];
    place(Cell{by_id[id].tag, ++next});
  }
  entries_.resize(next);
  size_ = next;
}

template <class Key, class Value>
void KeyTable<Key, Value>::remove_cell(Id id, std::uint32_t tag) {
  std::size_t hole = home(tag);
  while (cells_[hole].id1 != id + 1) hole = (hole + 1) & mask();
  for (std::size_t i = (hole + 1) & mask(); cells_[i].id1 != 0; i = (i + 1) & mask()) {
    // A cell may fill the hole unless its home lies behind the hole (cyclically).
    if (((i - home(cells_[i].tag)) & mask()) >= ((i - hole) & mask())) {
      cells_[hole] = cells_[i];
      hole = i;
    }
  }
  cells_[hole] = Cell{};
}

template <class Key, class Value>
void KeyTable<Key, Value>::grow() {
  std::vector<Cell> old(cells_.size() * 2);
  old.swap(cells_);
  for (const Cell& cell : old) {
    if (cell.id1 != 0) place(cell);
  }
}

}  // namespace ashlar::kit
