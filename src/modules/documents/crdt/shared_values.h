// SharedValues: several values of lib0 or JSON, as bytes, that items point into; Blob: one.
//
// As SharedText: parts are shared after a split, and the item whose part ends at the last value may
// append. Blob belongs to one item.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::crdt {

struct SharedValues {
  std::uint32_t refs = 1;
  std::uint32_t live = 0;  // values that items point to
  std::vector<std::uint32_t> ends;
  std::string data;

  [[nodiscard]] std::uint32_t start(std::uint32_t index) const {
    return index == 0 ? 0 : ends[index - 1];
  }
  [[nodiscard]] std::string_view values(std::uint32_t offset, std::uint32_t count) const {
    const std::uint32_t from = start(offset);
    return {data.data() + from, start(offset + count) - from};
  }
  [[nodiscard]] std::size_t bytes() const {
    return sizeof(SharedValues) + ends.capacity() * sizeof(ends[0]) + data.capacity();
  }
  static void drop(SharedValues* values, std::uint32_t count, std::size_t& bytes) {
    values->live -= count;
    if (--values->refs > 0) return;
    bytes -= values->bytes();
    delete values;
  }
};

struct Blob {
  std::uint32_t size = 0;

  static Blob* make(std::string_view bytes, std::size_t& counted);
  static void drop(Blob* blob, std::size_t& counted);
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(this + 1), size};
  }
};

}  // namespace ashlar::crdt
