#include "platform/json/schema.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::json {
namespace {

using base::FieldError;

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kShownKeyBytes = 64;

bool is_number(FieldKind kind) {
  return kind == FieldKind::kInt32 || kind == FieldKind::kInt64 || kind == FieldKind::kReal;
}

// RFC 3986: a scheme, a colon and something after it; no blanks, no control characters. What else a
// target must be is for the module to say.
bool looks_like_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto alpha = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!alpha(text[0])) return false;
  for (const char c : text.substr(0, colon)) {
    if (!alpha(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.') return false;
  }
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

// Decimal, positive, without leading zeros: exactly what StrongId::to_string() writes.
std::optional<std::int64_t> parse_id(std::string_view text) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

// The whole number that a JSON number is. Beyond 2^53 a double does not say which one it is.
std::optional<std::int64_t> whole_number(const Value& value) {
  if (const std::int64_t* number = value.if_integer()) return *number;
  const double* real = value.if_real();
  if (real == nullptr || std::trunc(*real) != *real || std::abs(*real) > 0x1p53)
    return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::string count(std::size_t n, const char* noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

// StrongId<Tag> is an int64 in a standard-layout struct, so a pointer to one is a pointer to the
// other.
std::int64_t& as_int64(void* leaf) { return *static_cast<std::int64_t*>(leaf); }

}  // namespace

void Literal::write(Writer& writer) const {
  switch (kind_) {
    case Kind::kNone:
      writer.null();
      return;
    case Kind::kString:
      writer.string(text_);
      return;
    case Kind::kInteger:
      writer.integer(integer_);
      return;
    case Kind::kReal:
      writer.real(real_);
      return;
    case Kind::kBoolean:
      writer.boolean(integer_ != 0);
      return;
  }
}

// Reads one document into structs and gathers what is wrong with it. Lives for one parse.
class ObjectReader {
 public:
  // Where we are in the document; kept on the stack, made text only when something is wrong there.
  struct Place {
    const Place* parent = nullptr;
    std::string_view key{};
    std::size_t index = 0;  // where key is empty
    bool is_index = false;
  };

  void object(const Shape& shape, const Value& value, void* object, const Place& place);
  std::vector<FieldError> errors() && { return std::move(errors_); }

 private:
  void wrapped(const Field& field, const SchemaType& type, const Value& value, void* target,
               const Place& place);
  void array(const Field& field, const SchemaType& type, const Value& value, void* target,
             const Place& place);
  void leaf(const Field& field, FieldKind kind, const Value& value, void* target,
            const Place& place);
  void string(const Field& field, const Value& value, std::string& target, const Place& place);
  void integer(const Field& field, FieldKind kind, const Value& value, void* target,
               const Place& place);
  void real(const Field& field, const Value& value, double& target, const Place& place);
  void time(const Value& value, base::Time& target, const Place& place);
  void id(const Value& value, void* target, const Place& place);

  void wrong(const Place& place, const char* reason, std::string detail);
  static void append_pointer(std::string& out, const Place& place);
  [[nodiscard]] bool full() const { return errors_.size() >= Shape::kMaxFieldErrors; }

  std::vector<FieldError> errors_;
};

void ObjectReader::append_pointer(std::string& out, const Place& place) {
  if (place.parent == nullptr) return;
  append_pointer(out, *place.parent);
  out += '/';
  if (place.is_index) {
    out += std::to_string(place.index);
    return;
  }
  std::size_t shown = std::min(place.key.size(), kShownKeyBytes);
  while (shown < place.key.size() &&
         (static_cast<unsigned char>(place.key[shown]) & 0xc0) == 0x80) {
    --shown;
  }
  for (const char c : place.key.substr(0, shown)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  if (shown < place.key.size()) out += "…";
}

void ObjectReader::wrong(const Place& place, const char* reason, std::string detail) {
  if (full()) return;
  std::string pointer;
  append_pointer(pointer, place);
  errors_.push_back(FieldError{std::move(pointer), reason, std::move(detail)});
}

void ObjectReader::object(const Shape& shape, const Value& value, void* object,
                          const Place& place) {
  const Value::Object* members = value.if_object();
  if (members == nullptr) return wrong(place, "wrong_type", "must be an object");
  std::uint64_t seen = 0;  // bit i: fields_[i] is there
  for (const auto& [key, member] : *members) {
    if (full()) return;
    const Place here{&place, key};
    const auto field = std::ranges::find(shape.fields_, std::string_view(key), &Field::name);
    if (field == shape.fields_.end()) {
      wrong(here, "unknown_field", "there is no such field");
      continue;
    }
    seen |= std::uint64_t{1} << (field - shape.fields_.begin());
    wrapped(*field, *field->type, member, static_cast<char*>(object) + field->offset, here);
  }
  for (std::size_t i = 0; i < shape.fields_.size(); ++i) {
    const Field& field = shape.fields_[i];
    if (!field.required || (seen >> i & 1) != 0) continue;
    wrong(Place{&place, field.name}, "required", "must be given");
  }
}

void ObjectReader::wrapped(const Field& field, const SchemaType& type, const Value& value,
                           void* target, const Place& place) {
  if (value.is_null() && !type.takes_null()) {
    return wrong(place, "null_not_allowed", "must not be null");
  }
  switch (type.wrapper) {
    case Wrapper::kNone:
      return leaf(field, type.kind, value, target, place);
    case Wrapper::kArray:
      return array(field, type, value, target, place);
    case Wrapper::kOptional:
      if (value.is_null()) return type.clear(target);
      return wrapped(field, *type.inner, value, type.emplace(target), place);
    case Wrapper::kPatch:
      return wrapped(field, *type.inner, value, type.emplace(target), place);
  }
}

void ObjectReader::array(const Field& field, const SchemaType& type, const Value& value,
                         void* target, const Place& place) {
  const Value::Array* items = value.if_array();
  if (items == nullptr) return wrong(place, "wrong_type", "must be an array");
  if (items->size() < field.rules.min_items) {
    return wrong(place, "too_few_items",
                 "must have at least " + count(field.rules.min_items, "item"));
  }
  if (items->size() > field.rules.max_items) {
    return wrong(place, "too_many_items",
                 "must have at most " + count(field.rules.max_items, "item"));
  }
  type.clear(target);
  for (std::size_t i = 0; i < items->size() && !full(); ++i) {
    wrapped(field, *type.inner, (*items)[i], type.emplace(target), Place{&place, {}, i, true});
  }
}

void ObjectReader::leaf(const Field& field, FieldKind kind, const Value& value, void* target,
                        const Place& place) {
  switch (kind) {
    case FieldKind::kString:
      return string(field, value, *static_cast<std::string*>(target), place);
    case FieldKind::kInt32:
    case FieldKind::kInt64:
      return integer(field, kind, value, target, place);
    case FieldKind::kReal:
      return real(field, value, *static_cast<double*>(target), place);
    case FieldKind::kBoolean:
      if (value.if_boolean() == nullptr) return wrong(place, "wrong_type", "must be true or false");
      *static_cast<bool*>(target) = *value.if_boolean();
      return;
    case FieldKind::kTime:
      return time(value, *static_cast<base::Time*>(target), place);
    case FieldKind::kId:
      return id(value, target, place);
    case FieldKind::kMap:
      if (value.if_object() == nullptr) return wrong(place, "wrong_type", "must be an object");
      *static_cast<Value::Object*>(target) = *value.if_object();
      return;
    case FieldKind::kAny:
      static_cast<AnyJson*>(target)->text = to_text(value);
      return;
    case FieldKind::kObject:
      return object(*field.shape, value, target, place);
  }
}

void ObjectReader::string(const Field& field, const Value& value, std::string& target,
                          const Place& place) {
  const FieldRules& rules = field.rules;
  const std::string* text = value.if_string();
  if (text == nullptr) return wrong(place, "wrong_type", "must be a string");
  const std::size_t length = base::utf8_length(*text);
  if (length < rules.min_length) {
    return wrong(place, "too_short", "must have at least " + count(rules.min_length, "character"));
  }
  if (length > rules.max_length) {
    return wrong(place, "too_long", "must have at most " + count(rules.max_length, "character"));
  }
  if (field.pattern && !field.pattern->matches(*text)) {
    return wrong(place, "bad_format", "must match /" + std::string(rules.pattern) + "/");
  }
  if (rules.format == "uri" && !looks_like_uri(*text)) {
    return wrong(place, "bad_format", "must be an absolute URI");
  }
  const auto same = [&](const Literal& allowed) { return *text == allowed.text(); };
  if (!rules.one_of.empty() && std::ranges::none_of(rules.one_of, same)) {
    std::string names;
    for (const Literal& allowed : rules.one_of) {
      names.append(names.empty() ? "" : ", ").append(allowed.text());
    }
    return wrong(place, "not_allowed", "must be one of " + names);
  }
  target = *text;
}

void ObjectReader::integer(const Field& field, FieldKind kind, const Value& value, void* target,
                           const Place& place) {
  const FieldRules& rules = field.rules;
  const std::optional<std::int64_t> number = whole_number(value);
  if (!number) return wrong(place, "wrong_type", "must be a whole number");
  const auto same = [&](const Literal& allowed) { return allowed.integer() == *number; };
  if (!rules.one_of.empty() && std::ranges::none_of(rules.one_of, same)) {
    std::string names;
    for (const Literal& allowed : rules.one_of) {
      names.append(names.empty() ? "" : ", ").append(std::to_string(allowed.integer()));
    }
    return wrong(place, "not_allowed", "must be one of " + names);
  }
  const bool narrow = kind == FieldKind::kInt32;
  const std::int64_t least =
      narrow ? std::numeric_limits<std::int32_t>::min() : std::numeric_limits<std::int64_t>::min();
  const std::int64_t most =
      narrow ? std::numeric_limits<std::int32_t>::max() : std::numeric_limits<std::int64_t>::max();
  const std::int64_t min = std::max(least, rules.min.value_or(least));
  const std::int64_t max = std::min(most, rules.max.value_or(most));
  if (*number < min) return wrong(place, "out_of_range", "must be at least " + std::to_string(min));
  if (*number > max) return wrong(place, "out_of_range", "must be at most " + std::to_string(max));
  if (narrow) {
    *static_cast<std::int32_t*>(target) = static_cast<std::int32_t>(*number);
  } else {
    as_int64(target) = *number;
  }
}

void ObjectReader::real(const Field& field, const Value& value, double& target,
                        const Place& place) {
  const std::int64_t* whole = value.if_integer();
  if (whole == nullptr && value.if_real() == nullptr) {
    return wrong(place, "wrong_type", "must be a number");
  }
  const double number = whole != nullptr ? static_cast<double>(*whole) : *value.if_real();
  const FieldRules& rules = field.rules;
  if (rules.min && number < static_cast<double>(*rules.min)) {
    return wrong(place, "out_of_range", "must be at least " + std::to_string(*rules.min));
  }
  if (rules.max && number > static_cast<double>(*rules.max)) {
    return wrong(place, "out_of_range", "must be at most " + std::to_string(*rules.max));
  }
  target = number;
}

void ObjectReader::time(const Value& value, base::Time& target, const Place& place) {
  const std::string* text = value.if_string();
  if (text == nullptr) return wrong(place, "wrong_type", "must be a string");
  const std::optional<base::Time> time = base::parse_rfc3339(*text);
  if (!time) {
    return wrong(place, "bad_timestamp", "must be a time as in RFC 3339: 2030-01-31T12:00:00Z");
  }
  target = *time;
}

void ObjectReader::id(const Value& value, void* target, const Place& place) {
  const std::string* text = value.if_string();
  if (text == nullptr) return wrong(place, "wrong_type", "must be a string");
  const std::optional<std::int64_t> id = parse_id(*text);
  if (!id) return wrong(place, "bad_format", "must be an id: a string of digits");
  as_int64(target) = *id;
}

// Renders structs. Only a namespace with a friend's rights.
class ObjectWriter {
 public:
  static void object(Writer& writer, const Shape& shape, const void* source);
  static void wrapped(Writer& writer, const Shape* shape, const SchemaType& type,
                      const void* source);

 private:
  static void leaf(Writer& writer, const Shape* shape, FieldKind kind, const void* source);
};

void ObjectWriter::object(Writer& writer, const Shape& shape, const void* source) {
  writer.begin_object();
  for (const Field& field : shape.fields_) {
    const void* member = static_cast<const char*>(source) + field.offset;
    if (field.type->wrapper == Wrapper::kPatch && field.type->size(member) == 0) continue;
    writer.key(field.name);
    wrapped(writer, field.shape, *field.type, member);
  }
  writer.end_object();
}

void ObjectWriter::wrapped(Writer& writer, const Shape* shape, const SchemaType& type,
                           const void* source) {
  switch (type.wrapper) {
    case Wrapper::kNone:
      return leaf(writer, shape, type.kind, source);
    case Wrapper::kOptional:
    case Wrapper::kPatch:
      if (type.size(source) == 0) {
        writer.null();
      } else {
        wrapped(writer, shape, *type.inner, type.at(source, 0));
      }
      return;
    case Wrapper::kArray: {
      writer.begin_array();
      const std::size_t items = type.size(source);
      for (std::size_t i = 0; i < items; ++i) {
        wrapped(writer, shape, *type.inner, type.at(source, i));
      }
      writer.end_array();
      return;
    }
  }
}

void ObjectWriter::leaf(Writer& writer, const Shape* shape, FieldKind kind, const void* source) {
  switch (kind) {
    case FieldKind::kString:
      writer.string(*static_cast<const std::string*>(source));
      return;
    case FieldKind::kInt32:
      writer.integer(*static_cast<const std::int32_t*>(source));
      return;
    case FieldKind::kInt64:
      writer.integer(*static_cast<const std::int64_t*>(source));
      return;
    case FieldKind::kReal:
      writer.real(*static_cast<const double*>(source));
      return;
    case FieldKind::kBoolean:
      writer.boolean(*static_cast<const bool*>(source));
      return;
    case FieldKind::kTime:
      writer.string(base::format_rfc3339(*static_cast<const base::Time*>(source)));
      return;
    case FieldKind::kId:
      writer.string(std::to_string(*static_cast<const std::int64_t*>(source)));
      return;
    case FieldKind::kMap:
      writer.begin_object();
      for (const auto& [name, value] : *static_cast<const Value::Object*>(source)) {
        writer.key(name).value(value);
      }
      writer.end_object();
      return;
    case FieldKind::kAny:
      writer.raw(static_cast<const AnyJson*>(source)->text);
      return;
    case FieldKind::kObject:
      return object(writer, *shape, source);
  }
}

namespace {

void check_declaration(const Field& field) {
  const FieldRules& rules = field.rules;
  const FieldKind kind = field.kind();
  const bool text = kind == FieldKind::kString;
  CHECK(!field.name.empty());
  CHECK(text || (rules.min_length == 0 && rules.max_length == kUnlimited));
  CHECK(text || (rules.pattern.empty() && rules.format.empty()));
  CHECK(rules.min_length <= rules.max_length && rules.min_items <= rules.max_items);
  CHECK(rules.format.empty() || rules.format == "uri" || rules.format == "password");
  CHECK(is_number(kind) || (!rules.min && !rules.max));
  CHECK(!rules.min || !rules.max || *rules.min <= *rules.max);
  CHECK(field.is_array() || (rules.min_items == 0 && rules.max_items == kUnlimited));
  CHECK((kind == FieldKind::kObject) == (field.shape != nullptr));
  for (const Literal& allowed : rules.one_of) {
    const bool whole = kind == FieldKind::kInt32 || kind == FieldKind::kInt64;
    CHECK(allowed.kind() == Literal::Kind::kString
              ? text
              : allowed.kind() == Literal::Kind::kInteger && whole);
  }
}

// What an absent field of a plain member means: what the struct's own initialiser put there.
// Nothing, an empty text and a time or id of zero say nothing to a reader.
std::string default_of(const Field& field, const void* prototype) {
  if (field.required || field.type->wrapper != Wrapper::kNone || field.shape != nullptr) return {};
  std::string out;
  Writer writer(out);
  const FieldKind kind = field.kind();
  ObjectWriter::wrapped(writer, nullptr, *field.type,
                        static_cast<const char*>(prototype) + field.offset);
  const bool says_nothing = kind == FieldKind::kTime || kind == FieldKind::kId ||
                            kind == FieldKind::kMap || out == R"("")";
  return says_nothing ? std::string() : out;
}

}  // namespace

Shape::Shape(std::string name, std::string doc) : name_(std::move(name)), doc_(std::move(doc)) {}

void Shape::add(std::string_view name, const Member& member, bool required,
                const FieldRules& rules) {
  CHECK(fields_.size() < kMaxFields);
  CHECK(std::ranges::find(fields_, name, &Field::name) == fields_.end());
  Field& field = fields_.emplace_back();
  field.name = name;
  field.rules = rules;
  field.type = member.type;
  field.offset = static_cast<std::size_t>(member.offset);
  field.shape = member.shape;
  field.required = required;
  check_declaration(field);
  if (!rules.pattern.empty()) {
    field.pattern = Pattern::compile(rules.pattern);
    CHECK(field.pattern.has_value());
  }
  field.default_json = default_of(field, member.prototype);
}

base::Status Shape::parse_object(const Value& value, void* object) const {
  ObjectReader reader;
  reader.object(*this, value, object, ObjectReader::Place{});
  std::vector<FieldError> errors = std::move(reader).errors();
  if (errors.empty()) return base::ok_status();
  std::string detail =
      count(errors.size(), "field") + (errors.size() == 1 ? " is" : " are") + " wrong";
  return base::Error{base::Code::kInvalid, "invalid_request", std::move(detail), std::move(errors)};
}

base::Status Shape::parse_text(std::string_view text, void* object) const {
  ASHLAR_ASSIGN(const Value value, parse(text));
  return parse_object(value, object);
}

void Shape::write_object(Writer& writer, const void* object) const {
  ObjectWriter::object(writer, *this, object);
}

}  // namespace ashlar::json
