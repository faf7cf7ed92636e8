// Value: a JSON document in memory, as parse() (parse.h) makes it.
//
// Whole numbers and fractions are different kinds: a number written without fraction and exponent
// is an int64 (others are refused by parse()), any other is a finite double. Objects keep the order
// of their members, and their keys are unique when they come from parse(). Strings are valid UTF-8.
//
// A plain value type: copying copies all of it. Reading from many threads is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ashlar::json {

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;

  Value() = default;  // null
  explicit Value(bool value) : data_(value) {}
  explicit Value(int value) : data_(std::int64_t{value}) {}
  explicit Value(std::int64_t value) : data_(value) {}
  explicit Value(double value) : data_(value) {}  // REQUIRES: finite
  explicit Value(const char* value) : data_(std::string(value)) {}
  explicit Value(std::string value) : data_(std::move(value)) {}
  explicit Value(Array value) : data_(std::move(value)) {}
  explicit Value(Object value) : data_(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data_); }

  // The content where the value is of that kind, else nullptr.
  [[nodiscard]] const bool* if_boolean() const { return std::get_if<bool>(&data_); }
  [[nodiscard]] const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&data_); }
  [[nodiscard]] const double* if_real() const { return std::get_if<double>(&data_); }
  [[nodiscard]] const std::string* if_string() const { return std::get_if<std::string>(&data_); }
  [[nodiscard]] const Array* if_array() const { return std::get_if<Array>(&data_); }
  [[nodiscard]] const Object* if_object() const { return std::get_if<Object>(&data_); }
  [[nodiscard]] Array* if_array() { return std::get_if<Array>(&data_); }
  [[nodiscard]] Object* if_object() { return std::get_if<Object>(&data_); }

  // The member of an object; nullptr where there is none or this is no object. Linear in the
  // members.
  [[nodiscard]] const Value* find(std::string_view key) const;

  // Order of members counts; 1 and 1.0 differ.
  friend bool operator==(const Value& a, const Value& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
};

}  // namespace ashlar::json
