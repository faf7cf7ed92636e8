// Contents: what items hold, in as little memory as will do.
//
// Up to 16 bytes lie in the item itself. Longer text lies in a buffer that the parts of a split
// share, so that a split costs nothing but the new item; and text that is typed is appended to its
// neighbour's buffer in place, where there is room at its end (amortised O(1) a unit). Text is
// ASCII, one byte a unit, or UTF-16; so a unit is found without counting. Values (lib0's any, JSON)
// stay the bytes that they came as, and are written again as they came.
//
// A split between the halves of a surrogate pair turns both into U+FFFD, as in JavaScript. All
// memory is counted in bytes().
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "modules/documents/crdt/item.h"

namespace ashlar::crdt {

class Contents {
 public:
  Contents() = default;
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;

  // Takes what `s` holds from unit `offset` on. Of a format, the value only: `key` is its interned
  // key. Nothing for types, kDeleted and kGc. REQUIRES: `item` holds nothing; item.ref and length
  // are set
  void put(Item& item, const WireStruct& s, Clock offset, KeyIndex key);
  // The halves of a surrogate pair that a split made U+FFFD of.
  struct Torn {
    char16_t high = 0;
    char16_t low = 0;
  };
  // Moves what is from `offset` on to `right`. REQUIRES: 0 < offset < left.length; right.ref set
  std::optional<Torn> split(Item& left, Item& right, std::uint32_t offset);
  void put_unit(Item& item, std::uint32_t offset, char16_t unit);  // undoes that
  // Appends right's to left's and empties right. False: such contents do not merge, nothing was
  // done. Lengths are the caller's.
  bool merge(Item& left, Item& right);
  void release(Item& item);
  // Text, values: gives room back that most of is nobody's any more.
  void compact(Item& item);

  // As a WireStruct holds it (UTF-8 for text). Into the item, its buffer or `scratch`.
  static std::string_view view(const Item& item, std::string& scratch);
  // Text alone, appended as UTF-8. REQUIRES: from <= to <= item.length
  static void append_text(const Item& item, std::uint32_t from, std::uint32_t to, std::string& out);
  // Whether `length` units of two texts are the same: half a surrogate pair is no U+FFFD.
  static bool same_text(const Item& a, std::uint32_t from_a, const Item& b, std::uint32_t from_b,
                        std::uint32_t length);
  // A format's key; a document's guid and its value.
  static KeyIndex format_key(const Item& item);
  static std::string_view guid(const Item& item);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void put_text(Item& item, std::string_view utf8, bool half);
  void put_values(Item& item, std::string_view values);
  void put_blob(Item& item, std::string_view bytes);
  void put_format(Item& item, KeyIndex key, std::string_view value);

  std::optional<Torn> split_text(Item& left, Item& right, std::uint32_t offset);
  void split_values(Item& left, Item& right, std::uint32_t offset);
  void merge_text(Item& left, Item& right);
  void merge_values(Item& left, Item& right);

  std::size_t bytes_ = 0;
};

}  // namespace ashlar::crdt
