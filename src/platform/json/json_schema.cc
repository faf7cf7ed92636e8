#include "platform/json/json_schema.h"

#include <limits>

#include "base/check.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::json {
namespace {

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

std::string_view type_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::kInt32:
    case FieldKind::kInt64:
      return "integer";
    case FieldKind::kReal:
      return "number";
    case FieldKind::kBoolean:
      return "boolean";
    case FieldKind::kMap:
    case FieldKind::kObject:
      return "object";
    case FieldKind::kString:
    case FieldKind::kTime:
    case FieldKind::kId:
    case FieldKind::kAny:  // has none: write_scalar()
      return "string";
  }
  return "string";
}

void write_type(Writer& writer, std::string_view type, bool nullable) {
  writer.key("type");
  if (!nullable) {
    writer.string(type);
    return;
  }
  writer.begin_array().string(type).string("null").end_array();
}

void write_size(Writer& writer, std::string_view key, std::size_t size) {
  writer.key(key).integer(static_cast<std::int64_t>(size));
}

void write_format(Writer& writer, const Field& field) {
  switch (field.kind()) {
    case FieldKind::kTime:
      writer.key("format").string("date-time");
      return;
    case FieldKind::kId:
      writer.key("pattern").string("^[1-9][0-9]{0,18}$");
      return;
    case FieldKind::kInt32:
      writer.key("format").string("int32");
      return;
    case FieldKind::kInt64:
      writer.key("format").string("int64");
      return;
    case FieldKind::kReal:
      writer.key("format").string("double");
      return;
    default:
      if (!field.rules.format.empty()) writer.key("format").string(field.rules.format);
  }
}

void write_choices(Writer& writer, const FieldRules& rules, bool nullable) {
  if (rules.one_of.empty()) return;
  writer.key("enum").begin_array();
  for (const Literal& choice : rules.one_of) choice.write(writer);
  if (nullable) writer.null();
  writer.end_array();
}

// The keywords of a scalar, without description.
void write_scalar(Writer& writer, const Field& field, bool nullable) {
  if (field.kind() == FieldKind::kAny) return;
  const FieldRules& rules = field.rules;
  write_type(writer, type_name(field.kind()), nullable);
  write_format(writer, field);
  if (rules.min_length > 0) write_size(writer, "minLength", rules.min_length);
  if (rules.max_length != kUnlimited) write_size(writer, "maxLength", rules.max_length);
  if (!rules.pattern.empty()) writer.key("pattern").string(rules.pattern);
  if (rules.min) writer.key("minimum").integer(*rules.min);
  if (rules.max) writer.key("maximum").integer(*rules.max);
  write_choices(writer, rules, nullable);
}

void write_reference(Writer& writer, const Shape& shape) {
  writer.key("$ref").string("#/components/schemas/" + shape.name());
}

// One element of a vector, or the value itself where there is no vector.
void write_item(Writer& writer, const Field& field, bool nullable) {
  if (field.shape == nullptr) return write_scalar(writer, field, nullable);
  if (!nullable) return write_reference(writer, *field.shape);
  writer.key("anyOf").begin_array().begin_object();
  write_reference(writer, *field.shape);
  writer.end_object().begin_object().key("type").string("null").end_object().end_array();
}

std::string sample_text(const FieldRules& rules) {
  if (rules.format == "uri") return "https://example.com/";
  std::string text = rules.format == "password" ? "correct horse battery staple" : "text";
  if (text.size() < rules.min_length) text.resize(rules.min_length, 'x');
  if (text.size() > rules.max_length) text.resize(rules.max_length);
  return text;
}

void write_sample(Writer& writer, const Field& field) {
  const FieldRules& rules = field.rules;
  if (field.kind() == FieldKind::kMap || field.kind() == FieldKind::kAny) {
    writer.raw(rules.example.is_set() ? rules.example.text() : "{}");
    return;
  }
  if (rules.example.is_set()) return rules.example.write(writer);
  if (!rules.one_of.empty()) return rules.one_of.begin()->write(writer);
  if (!field.default_json.empty()) {
    writer.raw(field.default_json);
    return;
  }
  switch (field.kind()) {
    case FieldKind::kString:
      writer.string(sample_text(rules));
      return;
    case FieldKind::kInt32:
    case FieldKind::kInt64:
    case FieldKind::kReal:
      writer.integer(rules.min.value_or(rules.max.value_or(1)));
      return;
    case FieldKind::kBoolean:
      writer.boolean(true);
      return;
    case FieldKind::kTime:
      writer.string("2030-01-31T12:00:00Z");
      return;
    case FieldKind::kId:
      writer.string("8070450532247928832");
      return;
    case FieldKind::kMap:  // written above
    case FieldKind::kAny:
      return;
    case FieldKind::kObject:
      CHECK(field.shape != nullptr);
      return write_example(writer, *field.shape);
  }
}

}  // namespace

void write_json_schema(Writer& writer, const Field& field) {
  const FieldRules& rules = field.rules;
  writer.begin_object();
  if (field.is_array()) {
    write_type(writer, "array", field.nullable());
    writer.key("items").begin_object();
    write_item(writer, field, false);
    writer.end_object();
    if (rules.min_items > 0) write_size(writer, "minItems", rules.min_items);
    if (rules.max_items != kUnlimited) write_size(writer, "maxItems", rules.max_items);
  } else {
    write_item(writer, field, field.nullable());
  }
  if (!rules.doc.empty()) writer.key("description").string(rules.doc);
  if (!field.default_json.empty()) writer.key("default").raw(field.default_json);
  if (rules.example.is_set()) {
    writer.key("examples").begin_array();
    write_example(writer, field);
    writer.end_array();
  }
  writer.end_object();
}

void write_json_schema(Writer& writer, const Shape& shape, Openness openness) {
  writer.begin_object().key("type").string("object");
  if (!shape.doc().empty()) writer.key("description").string(shape.doc());
  bool any_required = false;
  writer.key("properties").begin_object();
  for (const Field& field : shape.fields()) {
    any_required = any_required || field.required;
    writer.key(field.name);
    write_json_schema(writer, field);
  }
  writer.end_object();
  if (any_required) {
    writer.key("required").begin_array();
    for (const Field& field : shape.fields()) {
      if (field.required) writer.string(field.name);
    }
    writer.end_array();
  }
  if (openness == Openness::kClosed) writer.key("additionalProperties").boolean(false);
  writer.end_object();
}

void write_example(Writer& writer, const Field& field) {
  const bool none = field.nullable() && !field.rules.example.is_set() && field.shape == nullptr &&
                    field.rules.one_of.empty();
  if (none) {
    writer.null();
    return;
  }
  if (!field.is_array()) return write_sample(writer, field);
  writer.begin_array();
  write_sample(writer, field);
  writer.end_array();
}

void write_example(Writer& writer, const Shape& shape) {
  writer.begin_object();
  for (const Field& field : shape.fields()) {
    if (!field.required && !field.rules.example.is_set()) continue;
    writer.key(field.name);
    write_example(writer, field);
  }
  writer.end_object();
}

std::string example_of(const Shape& shape) {
  std::string out;
  Writer writer(out);
  write_example(writer, shape);
  return out;
}

}  // namespace ashlar::json
