#include "modules/documents/crdt/shared_text.h"

#include <cstring>
#include <new>

#include "base/check.h"

namespace ashlar::crdt {
namespace {

bool is_high(char16_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(char16_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

void append_point(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

}  // namespace

SharedText* SharedText::make(std::uint32_t capacity, bool wide, std::size_t& bytes) {
  const std::size_t size = sizeof(SharedText) + (std::size_t{capacity} << (wide ? 1 : 0));
  auto* text = new (::operator new(size)) SharedText;
  text->capacity = capacity;
  text->wide = wide;
  bytes += size;
  return text;
}

void SharedText::drop(SharedText* text, std::uint32_t units, std::size_t& bytes) {
  text->live -= units;
  if (--text->refs > 0) return;
  bytes -= text->size();
  text->~SharedText();
  ::operator delete(text);
}

void SharedText::append(TextUnits units) {
  CHECK(units.length <= capacity - used && (wide || !units.wide));
  if (!wide) {
    std::memcpy(data() + used, units.data, units.length);
  } else if (units.wide) {
    std::memcpy(data() + std::size_t{used} * 2, units.data, std::size_t{units.length} * 2);
  } else {
    auto* out = reinterpret_cast<char16_t*>(data()) + used;
    for (std::uint32_t i = 0; i < units.length; ++i) out[i] = units.at(i);
  }
  used += units.length;
  live += units.length;
}

TextUnits SharedText::units(std::uint32_t offset, std::uint32_t length) const {
  return {data() + (std::size_t{offset} << (wide ? 1 : 0)), length, wide};
}

void SharedText::replace(std::uint32_t index, char16_t unit) {
  reinterpret_cast<char16_t*>(data())[index] = unit;
}

void append_utf8(std::string& out, TextUnits units) {
  if (!units.wide) {
    out.append(static_cast<const char*>(units.data), units.length);
    return;
  }
  for (std::uint32_t i = 0; i < units.length; ++i) {
    const char16_t unit = units.at(i);
    if (is_high(unit) && i + 1 < units.length && is_low(units.at(i + 1))) {
      append_point(out, 0x10000 + ((unit - 0xd800u) << 10) + (units.at(i + 1) - 0xdc00u));
      ++i;
    } else {
      append_point(out, is_high(unit) || is_low(unit) ? 0xfffd : unit);
    }
  }
}

void decode_utf8(const char* from, const char* to, char16_t* out) {
  const auto byte = [&] { return static_cast<std::uint32_t>(static_cast<unsigned char>(*from++)); };
  while (from < to) {
    const std::uint32_t first = byte();
    if (first < 0x80) {
      *out++ = static_cast<char16_t>(first);
    } else if (first < 0xe0) {
      *out++ = static_cast<char16_t>((first & 0x1f) << 6 | (byte() & 0x3f));
    } else if (first < 0xf0) {
      const std::uint32_t middle = byte() & 0x3f;
      *out++ = static_cast<char16_t>((first & 0x0f) << 12 | middle << 6 | (byte() & 0x3f));
    } else {
      std::uint32_t point = (first & 0x07) << 18;
      point |= (byte() & 0x3f) << 12;
      point |= (byte() & 0x3f) << 6;
      point |= byte() & 0x3f;
      point -= 0x10000;
      *out++ = static_cast<char16_t>(0xd800 + (point >> 10));
      *out++ = static_cast<char16_t>(0xdc00 + (point & 0x3ff));
    }
  }
}

}  // namespace ashlar::crdt
