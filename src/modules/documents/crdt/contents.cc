#include "modules/documents/crdt/contents.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/shared_text.h"
#include "modules/documents/crdt/shared_values.h"

namespace ashlar::crdt {
namespace {

using Storage = Item::Storage;

constexpr char16_t kReplacementUnit = 0xfffd;

bool holds_values(Ref ref) { return ref == Ref::kAny || ref == Ref::kJson; }

std::uint32_t with_room(std::uint32_t units) { return units + units / 8 + 8; }

TextUnits text_units(const Item& item) {
  if (item.storage == Storage::kInline) return {item.content.bytes, item.length, item.wide};
  return item.content.text.buffer->units(item.content.text.offset, item.length);
}

void set_inline(Item& item, std::string_view bytes) {
  item.storage = Storage::kInline;
  item.inline_bytes = static_cast<std::uint8_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(item.content.bytes, bytes.data(), bytes.size());
}

// Ends of `count` values that lie one after another.
void append_ends(Ref ref, std::string_view values, std::uint32_t count, SharedValues& out) {
  Reader in(values);
  const auto base = static_cast<std::uint32_t>(out.data.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    if (ref == Ref::kAny) {
      check_any(in);
    } else {
      in.var_bytes();
    }
    out.ends.push_back(base + static_cast<std::uint32_t>(in.position() - values.data()));
  }
  out.data += values;
}

}  // namespace

void Contents::put(Item& item, const WireStruct& s, Clock offset, KeyIndex key) {
  switch (s.ref) {
    case Ref::kString: {
      if (offset == 0) return put_text(item, s.content, false);
      const Utf16Place place = utf16_place(s.content, offset);
      return put_text(item, s.content.substr(place.bytes), place.in_pair);
    }
    case Ref::kAny:
    case Ref::kJson:
      return put_values(item, s.content.substr(value_place(s.ref, s.content, offset)));
    case Ref::kBinary:
    case Ref::kEmbed:
      return put_blob(item, s.content);
    case Ref::kFormat:
      return put_format(item, key, s.content);
    case Ref::kDoc: {
      std::string both;
      write_var_bytes(both, s.key);
      both += s.content;
      return put_blob(item, both);
    }
    case Ref::kGc:
    case Ref::kDeleted:
    case Ref::kType:
    case Ref::kSkip:
      return;
  }
}

// `half`: of the first character only the second unit is taken.
void Contents::put_text(Item& item, std::string_view utf8, bool half) {
  const std::uint32_t units = item.length;
  if (is_ascii(utf8)) {
    if (units <= Item::kInlineBytes) return set_inline(item, utf8);
    auto* text = SharedText::make(units, false, bytes_);
    text->append({utf8.data(), units, false});
    item.storage = Storage::kShared;
    item.content.text = {text, 0};
    return;
  }
  std::u16string decoded(units + (half ? 1 : 0), u'\0');
  decode_utf8(utf8.data(), utf8.data() + utf8.size(), decoded.data());
  if (half) decoded[1] = kReplacementUnit;
  const TextUnits from{decoded.data() + (half ? 1 : 0), units, true};
  item.wide = units * 2 <= Item::kInlineBytes;
  if (item.wide) return set_inline(item, {static_cast<const char*>(from.data), units * 2});
  auto* text = SharedText::make(units, true, bytes_);
  text->append(from);
  item.storage = Storage::kShared;
  item.content.text = {text, 0};
}

void Contents::put_values(Item& item, std::string_view values) {
  if (item.length == 1) return put_blob(item, values);
  auto* shared = new SharedValues;
  shared->ends.reserve(item.length);
  append_ends(item.ref, values, item.length, *shared);
  shared->live = item.length;
  bytes_ += shared->bytes();
  item.storage = Storage::kShared;
  item.content.values = {shared, 0};
}

void Contents::put_blob(Item& item, std::string_view bytes) {
  if (bytes.size() <= Item::kInlineBytes) return set_inline(item, bytes);
  item.storage = Storage::kBlob;
  item.content.blob = Blob::make(bytes, bytes_);
}

void Contents::put_format(Item& item, KeyIndex key, std::string_view value) {
  if (value.size() <= Item::kFormatInlineBytes) {
    item.storage = Storage::kInline;
    item.inline_bytes = static_cast<std::uint8_t>(value.size());
    item.content.small_format.key = key;
    std::memcpy(item.content.small_format.bytes, value.data(), value.size());
    return;
  }
  item.storage = Storage::kBlob;
  item.content.format = {key, 0, Blob::make(value, bytes_)};
}

std::optional<Contents::Torn> Contents::split(Item& left, Item& right, std::uint32_t offset) {
  if (left.ref == Ref::kString) return split_text(left, right, offset);
  if (holds_values(left.ref)) split_values(left, right, offset);
  return std::nullopt;
}

std::optional<Contents::Torn> Contents::split_text(Item& left, Item& right, std::uint32_t offset) {
  const TextUnits units = text_units(left);
  const Torn torn{units.at(offset - 1), units.at(offset)};
  right.storage = left.storage;
  if (left.storage == Storage::kInline) {
    const std::uint32_t cut = offset << (left.wide ? 1 : 0);
    right.wide = left.wide;
    right.inline_bytes = static_cast<std::uint8_t>(left.inline_bytes - cut);
    std::memcpy(right.content.bytes, left.content.bytes + cut, right.inline_bytes);
    left.inline_bytes = static_cast<std::uint8_t>(cut);
  } else {
    SharedText* text = left.content.text.buffer;
    ++text->refs;
    right.content.text = {text, left.content.text.offset + offset};
  }
  if (torn.high < 0xd800 || torn.high >= 0xdc00) return std::nullopt;
  put_unit(left, offset - 1, kReplacementUnit);
  put_unit(right, 0, kReplacementUnit);
  return torn;
}

void Contents::put_unit(Item& item, std::uint32_t offset, char16_t unit) {
  if (item.storage == Storage::kInline) {
    std::memcpy(item.content.bytes + std::size_t{offset} * 2, &unit, 2);
  } else {
    item.content.text.buffer->replace(item.content.text.offset + offset, unit);
  }
}

void Contents::split_values(Item& left, Item& right, std::uint32_t offset) {
  CHECK(left.storage == Storage::kShared);
  SharedValues* shared = left.content.values.buffer;
  ++shared->refs;
  right.storage = Storage::kShared;
  right.content.values = {shared, left.content.values.offset + offset};
}

bool Contents::merge(Item& left, Item& right) {
  if (left.ref != right.ref) return false;
  switch (left.ref) {
    case Ref::kGc:
    case Ref::kDeleted:
      return true;
    case Ref::kString:
      merge_text(left, right);
      return true;
    case Ref::kAny:
    case Ref::kJson:
      merge_values(left, right);
      return true;
    default:
      return false;
  }
}

void Contents::merge_text(Item& left, Item& right) {
  const TextUnits a = text_units(left);
  const TextUnits b = text_units(right);
  const std::uint32_t units = a.length + b.length;
  if (left.storage == Storage::kInline) {
    if (right.storage == Storage::kInline && a.wide == b.wide &&
        left.inline_bytes + right.inline_bytes <= static_cast<int>(Item::kInlineBytes)) {
      std::memcpy(left.content.bytes + left.inline_bytes, right.content.bytes, right.inline_bytes);
      left.inline_bytes = static_cast<std::uint8_t>(left.inline_bytes + right.inline_bytes);
      right.storage = Storage::kNone;
      return;
    }
  } else {
    SharedText* text = left.content.text.buffer;
    const std::uint32_t end = left.content.text.offset + a.length;
    if (right.storage == Storage::kShared && right.content.text.buffer == text &&
        right.content.text.offset == end) {
      --text->refs;  // its units are left's now
      right.storage = Storage::kNone;
      return;
    }
    if (end == text->used && text->capacity - text->used >= b.length && (text->wide || !b.wide)) {
      text->append(b);
      return release(right);
    }
  }
  auto* both = SharedText::make(with_room(units), a.wide || b.wide, bytes_);
  both->append(a);
  both->append(b);
  release(left);
  release(right);
  left.storage = Storage::kShared;
  left.content.text = {both, 0};
}

void Contents::merge_values(Item& left, Item& right) {
  std::string unused;
  const std::string_view b = view(right, unused);
  if (left.storage == Storage::kShared) {
    SharedValues* shared = left.content.values.buffer;
    const std::uint32_t end = left.content.values.offset + left.length;
    if (right.storage == Storage::kShared && right.content.values.buffer == shared &&
        right.content.values.offset == end) {
      --shared->refs;
      right.storage = Storage::kNone;
      return;
    }
    if (end == shared->ends.size()) {
      bytes_ -= shared->bytes();
      append_ends(right.ref, b, right.length, *shared);
      shared->live += right.length;
      bytes_ += shared->bytes();
      return release(right);
    }
  }
  auto* both = new SharedValues;
  append_ends(left.ref, view(left, unused), left.length, *both);
  append_ends(right.ref, b, right.length, *both);
  both->live = left.length + right.length;
  bytes_ += both->bytes();
  release(left);
  release(right);
  left.storage = Storage::kShared;
  left.content.values = {both, 0};
}

void Contents::release(Item& item) {
  if (item.storage == Storage::kBlob) {
    Blob::drop(item.ref == Ref::kFormat ? item.content.format.value : item.content.blob, bytes_);
  } else if (item.storage == Storage::kShared) {
    if (item.ref == Ref::kString) {
      SharedText::drop(item.content.text.buffer, item.length, bytes_);
    } else {
      SharedValues::drop(item.content.values.buffer, item.length, bytes_);
    }
  }
  item.storage = Storage::kNone;
}

void Contents::compact(Item& item) {
  if (item.storage != Storage::kShared) return;
  if (item.ref == Ref::kString) {
    const SharedText* old = item.content.text.buffer;
    if (old->capacity <= 2 * old->live + 64) return;
    const TextUnits units = text_units(item);
    auto* text = SharedText::make(item.length, units.wide, bytes_);
    text->append(units);
    release(item);
    item.storage = Storage::kShared;
    item.content.text = {text, 0};
    return;
  }
  const SharedValues* old = item.content.values.buffer;
  if (old->ends.size() <= 2 * std::size_t{old->live} + 16) return;
  const std::string kept(old->values(item.content.values.offset, item.length));
  release(item);
  put_values(item, kept);
}

std::string_view Contents::view(const Item& item, std::string& scratch) {
  std::string_view bytes;
  switch (item.storage) {
    case Storage::kNone:
      return {};
    case Storage::kInline:
      if (item.ref == Ref::kFormat) return {item.content.small_format.bytes, item.inline_bytes};
      if (item.ref == Ref::kString && item.wide) break;
      bytes = {item.content.bytes, item.inline_bytes};
      break;
    case Storage::kBlob:
      if (item.ref == Ref::kFormat) return item.content.format.value->view();
      bytes = item.content.blob->view();
      break;
    case Storage::kShared:
      if (item.ref == Ref::kString) break;
      return item.content.values.buffer->values(item.content.values.offset, item.length);
  }
  if (item.ref == Ref::kString) {
    const TextUnits units = text_units(item);
    if (!units.wide) return {static_cast<const char*>(units.data), units.length};
    scratch.clear();
    append_utf8(scratch, units);
    return scratch;
  }
  if (item.ref != Ref::kDoc) return bytes;
  Reader in(bytes);
  in.var_bytes();
  return in.rest();
}

void Contents::append_text(const Item& item, std::uint32_t from, std::uint32_t to,
                           std::string& out) {
  TextUnits units = text_units(item);
  units.data = static_cast<const char*>(units.data) + (std::size_t{from} << (units.wide ? 1 : 0));
  units.length = to - from;
  append_utf8(out, units);
}

bool Contents::same_text(const Item& a, std::uint32_t from_a, const Item& b, std::uint32_t from_b,
                         std::uint32_t length) {
  const TextUnits one = text_units(a);
  const TextUnits other = text_units(b);
  for (std::uint32_t i = 0; i < length; ++i) {
    if (one.at(from_a + i) != other.at(from_b + i)) return false;
  }
  return true;
}

KeyIndex Contents::format_key(const Item& item) {
  return item.storage == Storage::kInline ? item.content.small_format.key : item.content.format.key;
}

std::string_view Contents::guid(const Item& item) {
  Reader in(item.storage == Storage::kInline
                ? std::string_view(item.content.bytes, item.inline_bytes)
                : item.content.blob->view());
  return in.var_bytes();
}

}  // namespace ashlar::crdt
