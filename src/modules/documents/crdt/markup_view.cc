#include <algorithm>

#include "base/text.h"
#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/shared_text.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

constexpr std::string_view kObject = "[object Object]";

void write_string(std::string& out, const Any& value);

void write_joined(std::string& out, const Array& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    const auto& inner = values[i].value;
    if (!std::holds_alternative<Null>(inner) && !std::holds_alternative<Undefined>(inner)) {
      write_string(out, values[i]);
    }
  }
}

// String(value), as JavaScript has it. As deep as values are (kMaxAnyDepth).
void write_string(std::string& out, const Any& any) {
  if (const auto* text = std::get_if<std::string>(&any.value)) {
    out += *text;
  } else if (std::holds_alternative<Undefined>(any.value)) {
    out += "undefined";
  } else if (std::holds_alternative<Null>(any.value)) {
    out += "null";
  } else if (const auto* array = std::get_if<Array>(&any.value)) {
    write_joined(out, *array);
  } else if (const auto* bytes = std::get_if<Bytes>(&any.value)) {
    for (std::size_t i = 0; i < bytes->data.size(); ++i) {
      if (i > 0) out += ',';
      out += std::to_string(static_cast<unsigned char>(bytes->data[i]));
    }
  } else if (std::holds_alternative<Object>(any.value)) {
    out += kObject;
  } else if (const auto* number = std::get_if<double>(&any.value)) {
    out += js_number(*number);
  } else if (const auto* small = std::get_if<float>(&any.value)) {
    out += js_number(static_cast<double>(*small));
  } else if (const auto* whole = std::get_if<Integer>(&any.value)) {
    out += std::to_string(whole->value);
  } else if (const auto* wide = std::get_if<std::int64_t>(&any.value)) {
    out += std::to_string(*wide);
  } else {
    out += std::get<bool>(any.value) ? "true" : "false";
  }
}

void write_value(const StructStore& store, const Item& item, std::uint32_t index,
                 std::string& out) {
  if (item.ref == Ref::kType) {
    write_markup(store, item.content.type, store.type(item.content.type).ref, out);
  } else if (item.ref == Ref::kDoc) {
    out += kObject;
  } else {
    write_string(out, value_at(item, index));
  }
}

void write_children(const StructStore& store, const Type& type, std::string& out) {
  for (ItemRef ref = type.start; ref != 0; ref = store.item(ref).right) {
    const Item& item = store.item(ref);
    if (!item.visible()) continue;
    for (std::uint32_t i = 0; i < item.length; ++i) write_value(store, item, i, out);
  }
}

void write_element(const StructStore& store, const Type& type, std::string& out) {
  const std::string name =
      type.name == kNoKey ? "undefined" : base::ascii_lower(store.keys().name(type.name));
  std::vector<std::pair<std::string_view, ItemRef>> attributes;
  if (type.keyed) {
    for (const auto& [key, value] : type.keyed->entries()) {
      if (!store.item(value).deleted) attributes.emplace_back(store.keys().name(key), value);
    }
  }
  std::ranges::sort(attributes,
                    [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
  out += '<' + name;
  for (const auto& [key, value] : attributes) {
    const Item& item = store.item(value);
    out += ' ';
    out += key;
    out += "=\"";
    write_value(store, item, item.length - 1, out);
    out += '"';
  }
  out += '>';
  write_children(store, type, out);
  out += "</" + name + '>';
}

// The members that `for (key in value)` gives, sorted by key.
std::vector<std::pair<std::string, std::string>> members_of(std::string_view json) {
  std::vector<std::pair<std::string, std::string>> out;
  Any any;
  if (read_json(json, any) != Fault::kNone) return out;
  const auto add = [&](std::string key, const Any& value) {
    std::string text;
    write_string(text, value);
    out.emplace_back(std::move(key), std::move(text));
  };
  if (const auto* object = std::get_if<Object>(&any.value)) {
    for (const Member& member : *object) add(member.key, member.value);
  } else if (const auto* array = std::get_if<Array>(&any.value)) {
    for (std::size_t i = 0; i < array->size(); ++i) add(std::to_string(i), (*array)[i]);
  } else if (const auto* text = std::get_if<std::string>(&any.value)) {
    std::u16string units(utf16_length(*text), u'\0');
    decode_utf8(text->data(), text->data() + text->size(), units.data());
    for (std::size_t i = 0; i < units.size(); ++i) {
      std::string unit;
      append_utf8(unit, {&units[i], 1, true});
      out.emplace_back(std::to_string(i), std::move(unit));
    }
  }
  std::ranges::sort(out, [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
  return out;
}

// A format is an element around what it formats; its value's members are the attributes.
void write_formatted(const StructStore& store, TypeIndex type, std::string& out) {
  for (DeltaOp& op : delta_ops(store, type)) {
    std::ranges::sort(op.attributes, [&](const auto& a, const auto& b) {
      return utf16_less(store.keys().name(a.first), store.keys().name(b.first));
    });
    for (const auto& [key, value] : op.attributes) {
      out += '<';
      out += store.keys().name(key);
      for (const auto& [name, text] : members_of(value)) out += ' ' + name + "=\"" + text + '"';
      out += '>';
    }
    if (op.embed != 0) {
      write_value(store, store.item(op.embed), 0, out);
    } else {
      out += op.text;
    }
    for (auto at = op.attributes.rbegin(); at != op.attributes.rend(); ++at) {
      out += "</";
      out += store.keys().name(at->first);
      out += '>';
    }
  }
}

bool is_xml(TypeRef ref) {
  return ref == TypeRef::kXmlElement || ref == TypeRef::kXmlFragment || ref == TypeRef::kXmlText;
}

}  // namespace

bool utf16_less(std::string_view a, std::string_view b) {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  // In UTF-16 what lies beyond 0xffff (4 bytes in UTF-8) comes before 0xe000 to 0xffff.
  const auto first = static_cast<unsigned char>(*x);
  const auto second = static_cast<unsigned char>(*y);
  if (first >= 0xf0 && (second == 0xee || second == 0xef)) return true;
  if (second >= 0xf0 && (first == 0xee || first == 0xef)) return false;
  return first < second;
}

std::string text_of(const StructStore& store, TypeIndex index) {
  std::string out;
  for (ItemRef ref = store.type(index).start; ref != 0; ref = store.item(ref).right) {
    const Item& item = store.item(ref);
    if (item.deleted) continue;
    if (item.ref == Ref::kString) {
      Contents::append_text(item, 0, item.length, out);
    } else if (item.ref == Ref::kType && is_xml(store.type(item.content.type).ref)) {
      write_value(store, item, 0, out);
    }
  }
  return out;
}

void write_markup(const StructStore& store, TypeIndex index, TypeRef as, std::string& out) {
  const Type& type = store.type(index);
  switch (as) {
    case TypeRef::kText:
      for (ItemRef ref = type.start; ref != 0; ref = store.item(ref).right) {
        const Item& item = store.item(ref);
        if (item.deleted || item.ref != Ref::kString) continue;
        Contents::append_text(item, 0, item.length, out);
      }
      return;
    case TypeRef::kXmlElement:
      return write_element(store, type, out);
    case TypeRef::kXmlFragment:
      return write_children(store, type, out);
    case TypeRef::kXmlText:
      return write_formatted(store, index, out);
    case TypeRef::kArray:
    case TypeRef::kMap:
    case TypeRef::kXmlHook:
      out += kObject;
      return;
  }
}

}  // namespace ashlar::crdt
