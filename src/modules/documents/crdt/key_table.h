// KeyTable: the names in a document (keys of maps, attributes, formats, roots, XML elements), each
// kept once and known by a number.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "modules/documents/crdt/item.h"

namespace ashlar::crdt {

class KeyTable {
 public:
  KeyIndex intern(std::string_view name) {
    if (const auto found = find(name); found != kNoKey) return found;
    const auto index = static_cast<KeyIndex>(names_.size());
    const auto placed = index_.emplace(std::string(name), index).first;
    names_.push_back(&placed->first);
    bytes_ += name.size() + kOverhead;
    return index;
  }
  // kNoKey: no such name.
  [[nodiscard]] KeyIndex find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? kNoKey : found->second;
  }
  [[nodiscard]] std::string_view name(KeyIndex key) const { return *names_[key]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  // Forgets all but the first `size`.
  void truncate(std::size_t size) {
    while (names_.size() > size) {
      bytes_ -= names_.back()->size() + kOverhead;
      index_.erase(index_.find(*names_.back()));
      names_.pop_back();
    }
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kOverhead = 80;  // a node, a bucket and a pointer

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  std::unordered_map<std::string, KeyIndex, Hash, std::equal_to<>> index_;
  std::vector<const std::string*> names_;
  std::size_t bytes_ = 0;
};

}  // namespace ashlar::crdt
