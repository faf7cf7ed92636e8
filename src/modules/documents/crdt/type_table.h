// Type: what items lie in: a list of them and, by key, chains of them whose last one is the value.
//
// A root has a name and no item; a nested type has the item that put it where it is. TypeTable
// gives them numbers; a number is used again after free().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "modules/documents/crdt/item.h"

namespace ashlar::crdt {

// Keys in the order in which they first came, each with the last item of its chain.
class KeyedItems {
 public:
  using Entry = std::pair<KeyIndex, ItemRef>;

  [[nodiscard]] ItemRef find(KeyIndex key) const;  // 0: none
  bool set(KeyIndex key, ItemRef item);            // true: the key is new
  bool erase(KeyIndex key);                        // false: there was none
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  static constexpr std::size_t kIndexed = 8;  // more entries than this have an index

  std::vector<Entry> entries_;
  std::unordered_map<KeyIndex, std::uint32_t> index_;
};

struct Type {
  ItemRef item = 0;          // 0: a root
  ItemRef start = 0;         // the list's first item
  std::uint32_t length = 0;  // units of the list that are visible
  std::uint16_t depth = 0;   // of a root: 0
  bool used = false;
  TypeRef ref = TypeRef::kArray;  // of a nested one
  KeyIndex name = kNoKey;         // a root's; an XML element's or hook's
  std::unique_ptr<KeyedItems> keyed;

  [[nodiscard]] bool is_root() const { return item == 0; }
  [[nodiscard]] ItemRef value(KeyIndex key) const { return keyed ? keyed->find(key) : 0; }
  [[nodiscard]] bool empty() const {
    return start == 0 && (keyed == nullptr || keyed->entries().empty());
  }
};

class TypeTable {
 public:
  TypeTable() : types_(1) {}  // 0 is no type

  TypeIndex make();
  void free(TypeIndex index);
  Type& at(TypeIndex index) { return types_[index]; }  // until the next make()
  [[nodiscard]] const Type& at(TypeIndex index) const { return types_[index]; }
  void set_value(TypeIndex index, KeyIndex key, ItemRef value);
  void erase_key(TypeIndex index, KeyIndex key);
  [[nodiscard]] std::size_t bytes() const {
    return types_.capacity() * sizeof(Type) + keyed_ * kKeyedBytes;
  }

 private:
  static constexpr std::size_t kKeyedBytes = 48;  // an entry, and its part of an index

  std::vector<Type> types_;
  std::vector<TypeIndex> free_;
  std::size_t keyed_ = 0;  // keys of all types
};

}  // namespace ashlar::crdt
