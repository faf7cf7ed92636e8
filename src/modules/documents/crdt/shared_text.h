// SharedText: a buffer of text units that several items point into, each to its own part.
//
// narrow: ASCII, a byte a unit; wide: UTF-16. Appending in place is for the item whose part ends at
// `used`; units that an item points to never move or change, but for a surrogate that lost its
// other half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ashlar::crdt {

// Some units, wherever they lie.
struct TextUnits {
  const void* data = nullptr;
  std::uint32_t length = 0;
  bool wide = false;

  [[nodiscard]] char16_t at(std::uint32_t index) const {
    return wide ? static_cast<const char16_t*>(data)[index]
                : static_cast<const unsigned char*>(data)[index];
  }
};

struct SharedText {
  std::uint32_t refs = 1;
  std::uint32_t live = 0;  // units that items point to
  std::uint32_t used = 0;
  std::uint32_t capacity = 0;
  bool wide = false;

  // `bytes` is the caller's count of memory.
  static SharedText* make(std::uint32_t capacity, bool wide, std::size_t& bytes);
  static void drop(SharedText* text, std::uint32_t units, std::size_t& bytes);

  void append(TextUnits units);  // REQUIRES: they fit, and are narrow where this is
  [[nodiscard]] TextUnits units(std::uint32_t offset, std::uint32_t length) const;
  void replace(std::uint32_t index, char16_t unit);  // REQUIRES: wide

 private:
  [[nodiscard]] std::size_t size() const {
    return sizeof(SharedText) + (std::size_t{capacity} << (wide ? 1 : 0));
  }
  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }
};

void append_utf8(std::string& out, TextUnits units);
// Valid UTF-8 to units, appended at `out`, which has room for as many as there are.
void decode_utf8(const char* from, const char* to, char16_t* out);

}  // namespace ashlar::crdt
