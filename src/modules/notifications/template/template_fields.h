// TemplateFields: the typed data of a template: which members a call's `data` has, of what type,
// and what an absent one means. From JSON, and applied to JSON.
//
//   {"name":  {"type": "string", "required": true, "max_length": 80},
//    "total": {"type": "money"},                     {"amount": 1999, "currency": "EUR"}
//    "items": {"type": "list", "items": {"type": "object", "fields": {"title": {…}}}}}
//
// What apply() gives is made for reading by position: an object has one value per declared field,
// in the order of the declaration, null where there is none; a date-time is microseconds since 1970
// (an integer); money is [amount, "EUR"]. Members that are not declared are left out and named, for
// a preview's warnings: a caller need not change on the day on which a template drops a field.
//
// Immutable: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/json/value.h"

namespace ashlar::notifications {

enum class FieldType : std::uint8_t {
  kString,
  kNumber,
  kInteger,
  kBoolean,
  kDateTime,
  kMoney,
  kList,
  kObject,
};
std::string_view name_of(FieldType type);  // "string", … "date_time", …

struct TemplateField {
  std::string name;
  FieldType type = FieldType::kString;
  bool required = false;
  std::optional<json::Value> fallback{};  // as apply() would give it
  std::size_t max_length = 10'000;        // strings, in code points
  std::size_t max_items = 1'000;          // lists
  std::vector<TemplateField> inner;       // an object's fields; a list's one element, without name
};

class TemplateFields {
 public:
  static constexpr std::size_t kMaxFields = 256;  // in all, inner ones too
  static constexpr std::size_t kMaxDepth = 6;
  static constexpr std::size_t kMaxItems = 1'000;
  static constexpr std::size_t kMaxNameBytes = 64;
  static constexpr std::size_t kMaxData = 20'000;  // values in a call's data

  TemplateFields();
  // kInvalid template_invalid; fields[] have pointers below `pointer`.
  static base::Result<TemplateFields> of(const json::Value& declared, const std::string& pointer);

  // kInvalid data_invalid; fields[] have pointers below "/data" and one of required, wrong_type,
  // too_long, too_many_items, bad_timestamp, bad_money. `ignored`, where given, gets the pointers
  // of what is not declared.
  base::Result<json::Value> apply(const json::Value& data,
                                  std::vector<std::string>* ignored = nullptr) const;

  [[nodiscard]] const TemplateField& root() const { return root_; }

 private:
  TemplateField root_;
};

}  // namespace ashlar::notifications
