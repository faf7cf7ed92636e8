// SchemaType: what schema.cc has to know of a member's C++ type to read and write it, without being
// a template itself. One constant per type, shared by all schemas. Part of schema.h; Patch is
// public.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/json/value.h"

namespace ashlar::json {

// Patch<X>: a field of a PATCH body: not given, or given with a value. Patch<std::optional<X>> may
// be given as null, which then is a value: set to nullopt.
template <class X>
class Patch {
 public:
  Patch() = default;
  Patch(X value) : value_(std::move(value)), set_(true) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] bool is_set() const { return set_; }
  explicit operator bool() const { return set_; }
  // REQUIRES: is_set()
  [[nodiscard]] const X& value() const {
    CHECK(set_);
    return value_;
  }
  const X& operator*() const { return value(); }
  const X* operator->() const { return &value(); }

  // Assigns where given. True where `target` is another value than before.
  bool apply_to(X& target) const {
    if (!set_ || target == value_) return false;
    target = value_;
    return true;
  }

  X& emplace() {
    set_ = true;
    value_ = X{};
    return value_;
  }

 private:
  X value_{};
  bool set_ = false;
};

// Any JSON value, null too, as its text. What parse() has read and Writer writes is the same value
// with its members in the same order; blanks are gone.
struct AnyJson {
  std::string text = "null";

  friend bool operator==(const AnyJson&, const AnyJson&) = default;
};

enum class FieldKind : std::uint8_t {
  kString,
  kInt32,
  kInt64,
  kReal,
  kBoolean,
  kTime,
  kId,
  kMap,  // an object whose names are the caller's to choose
  kAny,  // any value at all
  kObject
};
enum class Wrapper : std::uint8_t { kNone, kOptional, kPatch, kArray };

struct SchemaType {
  FieldKind kind = FieldKind::kObject;
  Wrapper wrapper = Wrapper::kNone;

  // Of a wrapper: what is inside, and the way to it.
  const SchemaType* inner = nullptr;
  void* (*emplace)(void* wrapper) =
      nullptr;  // optional, Patch: a fresh value inside; vector: one more
  void (*clear)(void* wrapper) = nullptr;              // optional and vector
  std::size_t (*size)(const void* wrapper) = nullptr;  // optional and Patch: 0 or 1
  const void* (*at)(const void* wrapper, std::size_t i) = nullptr;

  [[nodiscard]] constexpr const SchemaType& leaf() const {
    return wrapper == Wrapper::kNone ? *this : inner->leaf();
  }
  [[nodiscard]] constexpr bool has(Wrapper wanted) const {
    return wrapper == wanted || (inner != nullptr && inner->has(wanted));
  }
  [[nodiscard]] constexpr bool takes_null() const {
    if (wrapper == Wrapper::kNone) return kind == FieldKind::kAny;
    return wrapper == Wrapper::kOptional || (wrapper == Wrapper::kPatch && inner->takes_null());
  }
};

template <class X>
struct TypeOf {
  static_assert(std::is_class_v<X>, "not a member type that a Schema knows");
  using Leaf = X;
  static constexpr SchemaType kType{FieldKind::kObject};
};

template <class X, FieldKind K>
struct LeafType {
  using Leaf = X;
  static constexpr SchemaType kType{K};
};
template <>
struct TypeOf<std::string> : LeafType<std::string, FieldKind::kString> {};
template <>
struct TypeOf<std::int32_t> : LeafType<std::int32_t, FieldKind::kInt32> {};
template <>
struct TypeOf<std::int64_t> : LeafType<std::int64_t, FieldKind::kInt64> {};
template <>
struct TypeOf<double> : LeafType<double, FieldKind::kReal> {};
template <>
struct TypeOf<bool> : LeafType<bool, FieldKind::kBoolean> {};
template <>
struct TypeOf<base::Time> : LeafType<base::Time, FieldKind::kTime> {};
template <class Tag>
struct TypeOf<base::StrongId<Tag>> : LeafType<base::StrongId<Tag>, FieldKind::kId> {};
template <>
struct TypeOf<Value::Object> : LeafType<Value::Object, FieldKind::kMap> {};
template <>
struct TypeOf<AnyJson> : LeafType<AnyJson, FieldKind::kAny> {};

template <class X>
struct TypeOf<std::optional<X>> {
  using Leaf = typename TypeOf<X>::Leaf;
  static_assert(TypeOf<X>::kType.wrapper != Wrapper::kOptional, "null could mean two things");
  static constexpr SchemaType kType{
      TypeOf<X>::kType.kind,
      Wrapper::kOptional,
      &TypeOf<X>::kType,
      [](void* w) -> void* { return &static_cast<std::optional<X>*>(w)->emplace(); },
      [](void* w) { static_cast<std::optional<X>*>(w)->reset(); },
      [](const void* w) -> std::size_t {
        return static_cast<const std::optional<X>*>(w)->has_value() ? 1 : 0;
      },
      [](const void* w, std::size_t) -> const void* {
        return &**static_cast<const std::optional<X>*>(w);
      }};
};

template <class X>
struct TypeOf<Patch<X>> {
  using Leaf = typename TypeOf<X>::Leaf;
  static constexpr SchemaType kType{
      TypeOf<X>::kType.kind,
      Wrapper::kPatch,
      &TypeOf<X>::kType,
      [](void* w) -> void* { return &static_cast<Patch<X>*>(w)->emplace(); },
      nullptr,
      [](const void* w) -> std::size_t {
        return static_cast<const Patch<X>*>(w)->is_set() ? 1 : 0;
      },
      [](const void* w, std::size_t) -> const void* {
        return &static_cast<const Patch<X>*>(w)->value();
      }};
};

template <class X>
struct TypeOf<std::vector<X>> {
  using Leaf = typename TypeOf<X>::Leaf;
  static_assert(!std::is_same_v<X, bool>, "std::vector<bool> has no addressable elements");
  static_assert(TypeOf<X>::kType.wrapper == Wrapper::kNone, "elements are plain values");
  static constexpr SchemaType kType{
      TypeOf<X>::kType.kind,
      Wrapper::kArray,
      &TypeOf<X>::kType,
      [](void* w) -> void* { return &static_cast<std::vector<X>*>(w)->emplace_back(); },
      [](void* w) { static_cast<std::vector<X>*>(w)->clear(); },
      [](const void* w) -> std::size_t { return static_cast<const std::vector<X>*>(w)->size(); },
      [](const void* w, std::size_t i) -> const void* {
        return &(*static_cast<const std::vector<X>*>(w))[i];
      }};
};

template <class X>
inline constexpr const SchemaType& kTypeOf = TypeOf<X>::kType;
template <class X>
using LeafOf = typename TypeOf<X>::Leaf;

}  // namespace ashlar::json
