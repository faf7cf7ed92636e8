#include "modules/documents/crdt/type_table.h"

#include <algorithm>

namespace ashlar::crdt {

ItemRef KeyedItems::find(KeyIndex key) const {
  if (!index_.empty()) {
    const auto found = index_.find(key);
    return found == index_.end() ? 0 : entries_[found->second].second;
  }
  for (const Entry& entry : entries_) {
    if (entry.first == key) return entry.second;
  }
  return 0;
}

bool KeyedItems::set(KeyIndex key, ItemRef item) {
  if (!index_.empty()) {
    const auto [at, fresh] = index_.emplace(key, static_cast<std::uint32_t>(entries_.size()));
    if (fresh) {
      entries_.emplace_back(key, item);
    } else {
      entries_[at->second].second = item;
    }
    return fresh;
  }
  for (Entry& entry : entries_) {
    if (entry.first == key) {
      entry.second = item;
      return false;
    }
  }
  entries_.emplace_back(key, item);
  if (entries_.size() > kIndexed) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].first, i);
  }
  return true;
}

bool KeyedItems::erase(KeyIndex key) {
  // Only for keys that the transaction being undone brought: the last ones.
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                  [&](const Entry& entry) { return entry.first == key; });
  if (found == entries_.rend()) return false;
  const auto at = static_cast<std::uint32_t>(entries_.rend() - found) - 1;
  entries_.erase(entries_.begin() + at);
  if (index_.empty()) return true;
  index_.erase(key);
  for (std::uint32_t i = at; i < entries_.size(); ++i) index_[entries_[i].first] = i;
  return true;
}

TypeIndex TypeTable::make() {
  TypeIndex index = 0;
  if (free_.empty()) {
    index = static_cast<TypeIndex>(types_.size());
    types_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  types_[index].used = true;
  return index;
}

void TypeTable::free(TypeIndex index) {
  if (types_[index].keyed) keyed_ -= types_[index].keyed->entries().size();
  types_[index] = Type{};
  free_.push_back(index);
}

void TypeTable::set_value(TypeIndex index, KeyIndex key, ItemRef value) {
  auto& keyed = types_[index].keyed;
  if (!keyed) keyed = std::make_unique<KeyedItems>();
  if (keyed->set(key, value)) ++keyed_;
}

void TypeTable::erase_key(TypeIndex index, KeyIndex key) {
  if (types_[index].keyed && types_[index].keyed->erase(key)) --keyed_;
}

}  // namespace ashlar::crdt
