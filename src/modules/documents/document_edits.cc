#include "modules/documents/document_edits.h"

#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/documents/crdt/update.h"
#include "platform/json/parse.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::Result;

base::Error incomplete(std::size_t index, std::string_view field, std::string detail) {
  base::Error error = base::fail(Code::kInvalid, "edit_incomplete", detail);
  error.fields.push_back({"/edits/" + std::to_string(index) + "/" + std::string(field), "required",
                          std::move(detail)});
  return error;
}

Result<crdt::Any> value_of(const json::AnyJson& text) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(text.text));
  return any_of(value);
}

Result<crdt::Object> attributes_of(const std::optional<json::AnyJson>& given) {
  if (!given) return crdt::Object{};
  ASHLAR_ASSIGN(crdt::Any value, value_of(*given));
  if (auto* object = std::get_if<crdt::Object>(&value.value)) return std::move(*object);
  return base::fail(Code::kInvalid, "edit_incomplete", "attributes is an object.");
}

Result<std::vector<crdt::Any>> values_of(const json::AnyJson& given) {
  ASHLAR_ASSIGN(crdt::Any value, value_of(given));
  if (auto* array = std::get_if<crdt::Array>(&value.value)) return std::move(*array);
  return base::fail(Code::kInvalid, "edit_incomplete", "value of insert_values is an array.");
}

Result<std::string> make_edit(crdt::Doc& doc, const EditJson& edit) {
  const auto index = static_cast<std::uint64_t>(edit.index.value_or(0));
  const auto length = static_cast<std::uint64_t>(edit.length.value_or(1));
  if (edit.op == "insert_text" || edit.op == "append_text") {
    ASHLAR_ASSIGN(const crdt::Object attributes, attributes_of(edit.attributes));
    const std::uint64_t at = edit.op == "append_text" ? doc.length(edit.root) : index;
    return doc.insert_text(edit.root, at, *edit.text, attributes);
  }
  if (edit.op == "format_text") {
    ASHLAR_ASSIGN(const crdt::Object attributes, attributes_of(edit.attributes));
    return doc.format_text(edit.root, index, length, attributes);
  }
  if (edit.op == "delete") return doc.remove(edit.root, index, length);
  if (edit.op == "insert_values") {
    ASHLAR_ASSIGN(std::vector<crdt::Any> values, values_of(*edit.value));
    return doc.insert_values(edit.root, index, std::move(values));
  }
  if (edit.op == "remove_key") return doc.remove_key(edit.root, *edit.key);
  ASHLAR_ASSIGN(crdt::Any value, value_of(*edit.value));
  return doc.set_key(edit.root, *edit.key, std::move(value));
}

}  // namespace

crdt::Any any_of(const json::Value& value) {
  if (const bool* boolean = value.if_boolean()) return {*boolean};
  if (const std::int64_t* integer = value.if_integer()) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (*integer >= -kMost && *integer <= kMost) return {crdt::Integer{*integer, false}};
    return {static_cast<double>(*integer)};
  }
  if (const double* real = value.if_real()) return {*real};
  if (const std::string* text = value.if_string()) return {*text};
  if (const json::Value::Array* array = value.if_array()) {
    crdt::Array all;
    for (const json::Value& one : *array) all.push_back(any_of(one));
    return {std::move(all)};
  }
  if (const json::Value::Object* object = value.if_object()) {
    crdt::Object all;
    for (const auto& [key, member] : *object) all.push_back({key, any_of(member)});
    return {std::move(all)};
  }
  return {crdt::Null{}};
}

base::Status check_edits(const EditsJson& edits) {
  for (std::size_t i = 0; i < edits.edits.size(); ++i) {
    const EditJson& edit = edits.edits[i];
    const std::string& op = edit.op;
    const bool places =
        op == "insert_text" || op == "format_text" || op == "delete" || op == "insert_values";
    if (places && !edit.index) return incomplete(i, "index", op + " needs an index.");
    if ((op == "format_text" || op == "delete") && !edit.length) {
      return incomplete(i, "length", op + " needs a length.");
    }
    if ((op == "insert_text" || op == "append_text") && !edit.text) {
      return incomplete(i, "text", op + " needs a text.");
    }
    if (op == "format_text" && !edit.attributes) {
      return incomplete(i, "attributes", op + " needs attributes.");
    }
    if ((op == "set_key" || op == "remove_key") && !edit.key) {
      return incomplete(i, "key", op + " needs a key.");
    }
    if ((op == "set_key" || op == "insert_values") && !edit.value) {
      return incomplete(i, "value", op + " needs a value.");
    }
  }
  return base::ok_status();
}

Result<std::string> make_edits(crdt::Doc& doc, const EditsJson& edits) {
  std::vector<std::string> updates;
  for (const EditJson& edit : edits.edits) {
    ASHLAR_ASSIGN(std::string update, make_edit(doc, edit));
    if (!update.empty()) updates.push_back(std::move(update));
  }
  if (updates.size() == 1) return std::move(updates.front());
  const std::vector<std::string_view> views(updates.begin(), updates.end());
  return crdt::merge_updates(views);
}

}  // namespace ashlar::documents
