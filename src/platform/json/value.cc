#include "platform/json/value.h"

namespace ashlar::json {

const Value* Value::find(std::string_view key) const {
  const Object* members = if_object();
  if (members == nullptr) return nullptr;
  for (const auto& [name, value] : *members) {
    if (name == key) return &value;
  }
  return nullptr;
}

bool operator==(const Value& a, const Value& b) { return a.data_ == b.data_; }

}  // namespace ashlar::json
