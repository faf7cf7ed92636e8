// Schema<T>: one declaration of an API type, which parses and validates it, renders it, and
// describes it (OpenAPI, the API page).
//
//   struct CreateLink { std::string url; int status = 302; };
//   const json::Schema<CreateLink>& create_link_schema() {
//     static const auto schema =
//         json::Schema<CreateLink>("CreateLink", "What to shorten.")
//             .required("url", &CreateLink::url, {.doc = "Target.", .format = "uri"})
//             .optional("status", &CreateLink::status, {.one_of = {301, 302, 307, 308}});
//     return schema;
//   }
//
// Members     std::string, bool, int, std::int64_t, double, base::Time (RFC 3339), base::StrongId
//             (a string of digits), Value::Object (an object with any names; what is in it is the
//             caller's to check; its example is JSON text), AnyJson (any value, kept as text; its
//             example is JSON text), a struct with its own Schema; std::vector, std::optional and
//             Patch of these.
// required()  the member must be there. optional(): absent keeps what T's initialiser says.
// null        only for AnyJson, std::optional (nullopt) and Patch<std::optional<>>; elsewhere
//             refused.
// Rendering   every field, in the order of declaration; nullopt as null; an unset Patch not at
//             all. So a response field that may be null is `required`, its member std::optional.
// parse()     takes the fields declared and no other, and reports every wrong field at once:
//             Error{kInvalid, "invalid_request"} with at most kMaxFieldErrors fields, each a JSON
//             pointer and one of
//               required, unknown_field, wrong_type, null_not_allowed, too_short, too_long,
//               bad_format, not_allowed, out_of_range, bad_timestamp, too_few_items,
//               too_many_items
//             Lengths count code points. 302.0 is a whole number, as in JSON Schema.
//             Details never repeat a value: it may be a secret.
// A wrong declaration (a name twice, a pattern that is none, a format that is not checked) aborts
// at start. Once built a Schema is immutable and used from any thread; nested schemas must outlive
// it. Names and rules are kept as views of literals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/json/field_rules.h"
#include "platform/json/pattern.h"
#include "platform/json/schema_type.h"

namespace ashlar::json {

class Shape;
class Value;
class Writer;

// One field of a Shape, as declared.
struct Field {
  std::string_view name;
  FieldRules rules;
  const SchemaType* type = nullptr;
  std::size_t offset = 0;        // of the member in its struct
  const Shape* shape = nullptr;  // kObject: of the struct inside
  bool required = false;
  std::string default_json;  // what an absent field means; empty where there is nothing to say
  std::optional<Pattern> pattern{};

  [[nodiscard]] FieldKind kind() const { return type->leaf().kind; }
  [[nodiscard]] bool is_array() const { return type->has(Wrapper::kArray); }
  [[nodiscard]] bool nullable() const { return type->takes_null(); }
};

// Shape: all of a Schema but its C++ type; what OpenAPI and the API page read.
class Shape {
 public:
  static constexpr std::size_t kMaxFields = 64;
  static constexpr std::size_t kMaxFieldErrors = 50;

  // "CreateLink": one Shape of this name in the whole product.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& doc() const { return doc_; }
  [[nodiscard]] std::span<const Field> fields() const { return fields_; }

 protected:
  Shape(std::string name, std::string doc);
  ~Shape() = default;
  Shape(const Shape&) = default;
  Shape& operator=(const Shape&) = default;

  // A member as Schema<T> sees it. `prototype` is a T as its initialisers make it.
  struct Member {
    const SchemaType* type;
    std::ptrdiff_t offset;
    const Shape* shape;
    const void* prototype;
  };
  void add(std::string_view name, const Member& member, bool required, const FieldRules& rules);
  // REQUIRES of both: the object is of the type that this Shape was declared for.
  base::Status parse_object(const Value& value, void* object) const;
  base::Status parse_text(std::string_view text, void* object) const;
  void write_object(Writer& writer, const void* object) const;

 private:
  friend class ObjectReader;  // both in schema.cc
  friend class ObjectWriter;

  std::string name_;
  std::string doc_;
  std::vector<Field> fields_;
};

template <class T>
class Schema : public Shape {
 public:
  Schema(std::string name, std::string doc) : Shape(std::move(name), std::move(doc)) {}

  template <class M>
  Schema& required(std::string_view name, M T::* member, const FieldRules& rules = {}) {
    static_assert(kTypeOf<M>.leaf().kind != FieldKind::kObject, "give the Schema of the struct");
    return with(name, member, nullptr, true, rules);
  }
  template <class M>
  Schema& optional(std::string_view name, M T::* member, const FieldRules& rules = {}) {
    static_assert(kTypeOf<M>.leaf().kind != FieldKind::kObject, "give the Schema of the struct");
    return with(name, member, nullptr, false, rules);
  }

  // The same for structs, alone or in std::vector, std::optional, Patch.
  template <class M, class N>
  Schema& required(std::string_view name, M T::* member, const Schema<N>& shape,
                   const FieldRules& rules = {}) {
    static_assert(std::is_same_v<LeafOf<M>, N>, "the Schema is of another struct");
    return with(name, member, &shape, true, rules);
  }
  template <class M, class N>
  Schema& optional(std::string_view name, M T::* member, const Schema<N>& shape,
                   const FieldRules& rules = {}) {
    static_assert(std::is_same_v<LeafOf<M>, N>, "the Schema is of another struct");
    return with(name, member, &shape, false, rules);
  }

  [[nodiscard]] base::Result<T> parse(const Value& value) const {
    T object{};
    ASHLAR_TRY(parse_object(value, &object));
    return object;
  }
  // From the text: the errors of json::parse() as well.
  [[nodiscard]] base::Result<T> parse_body(std::string_view text) const {
    T object{};
    ASHLAR_TRY(parse_text(text, &object));
    return object;
  }

  void write(Writer& writer, const T& object) const { write_object(writer, &object); }

 private:
  template <class M>
  Schema& with(std::string_view name, M T::* member, const Shape* shape, bool required,
               const FieldRules& rules) {
    static const T prototype{};
    const auto offset = reinterpret_cast<const char*>(&(prototype.*member)) -
                        reinterpret_cast<const char*>(&prototype);
    add(name, {&kTypeOf<M>, offset, shape, &prototype}, required, rules);
    return *this;
  }
};

// One page of a list: {"data": […], "next_cursor": "…" or null}.
template <class T>
struct Page {
  std::vector<T> data;
  std::optional<std::string> next_cursor;
};

template <class T>
Schema<Page<T>> page_schema(const Schema<T>& item) {
  Schema<Page<T>> schema(item.name() + "Page", "One page of a list.");
  schema.required("data", &Page<T>::data, item, {.doc = "The items of this page, in order."});
  schema.required("next_cursor", &Page<T>::next_cursor,
                  {.doc = "Give it as `cursor` to get the next page; null on the last one."});
  return schema;
}

}  // namespace ashlar::json
