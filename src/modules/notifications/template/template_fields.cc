#include "modules/notifications/template/template_fields.h"

#include <algorithm>
#include <array>

#include "base/currency.h"
#include "base/text.h"
#include "base/time.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxErrors = 50;
constexpr std::array<std::string_view, 8> kTypes = {"string",    "number", "integer", "boolean",
                                                    "date_time", "money",  "list",    "object"};

void add(base::Error& error, std::string pointer, const char* reason, std::string detail) {
  if (error.fields.size() < kMaxErrors) {
    error.fields.push_back({std::move(pointer), reason, std::move(detail)});
  }
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= TemplateFields::kMaxNameBytes && letter(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// --- Data ----------------------------------------------------------------------------------------

class Applying {
 public:
  Applying(base::Error& error, std::vector<std::string>* ignored)
      : error_(error), ignored_(ignored) {}

  // What `given` is for `field`; null, and an error, where it is not of its type.
  json::Value apply(const TemplateField& field, const json::Value* given,
                    const std::string& pointer) {
    if (++values_ > TemplateFields::kMaxData) {
      if (values_ == TemplateFields::kMaxData + 1)
        wrong(pointer, "too_many_values", "too much data");
      return {};
    }
    if (given == nullptr || given->is_null()) {
      if (field.fallback) return *field.fallback;
      if (field.required) wrong(pointer, "required", "is required");
      return {};
    }
    switch (field.type) {
      case FieldType::kString:
        return string(field, *given, pointer);
      case FieldType::kNumber:
        if (given->if_integer() != nullptr || given->if_real() != nullptr) return *given;
        break;
      case FieldType::kInteger:
        if (given->if_integer() != nullptr) return *given;
        break;
      case FieldType::kBoolean:
        if (given->if_boolean() != nullptr) return *given;
        break;
      case FieldType::kDateTime:
        return date_time(*given, pointer);
      case FieldType::kMoney:
        return money(*given, pointer);
      case FieldType::kList:
        return list(field, *given, pointer);
      case FieldType::kObject:
        return object(field, *given, pointer);
    }
    return wrong_type(field, pointer);
  }

 private:
  void wrong(const std::string& pointer, const char* reason, std::string detail) {
    add(error_, pointer, reason, std::move(detail));
  }
  json::Value wrong_type(const TemplateField& field, const std::string& pointer) {
    wrong(pointer, "wrong_type", "is no " + std::string(name_of(field.type)));
    return {};
  }

  json::Value string(const TemplateField& field, const json::Value& given,
                     const std::string& pointer) {
    const std::string* text = given.if_string();
    if (text == nullptr) return wrong_type(field, pointer);
    if (text->size() > field.max_length && base::utf8_length(*text) > field.max_length) {
      wrong(pointer, "too_long",
            "has more than " + std::to_string(field.max_length) + " characters");
    }
    return given;
  }
  json::Value date_time(const json::Value& given, const std::string& pointer) {
    const std::string* text = given.if_string();
    const auto t = text != nullptr ? base::parse_rfc3339(*text) : std::nullopt;
    if (t) return json::Value(base::to_micros(*t));
    wrong(pointer, "bad_timestamp", "is no date and time of RFC 3339");
    return {};
  }
  json::Value money(const json::Value& given, const std::string& pointer) {
    const json::Value* amount = given.find("amount");
    const json::Value* currency = given.find("currency");
    const std::string* code = currency != nullptr ? currency->if_string() : nullptr;
    if (amount != nullptr && amount->if_integer() != nullptr && code != nullptr &&
        base::currency_digits(*code)) {
      return json::Value(json::Value::Array{*amount, *currency});
    }
    wrong(pointer, "bad_money",
          R"(is no money: {"amount": whole minor units, "currency": a code of ISO 4217})");
    return {};
  }
  json::Value list(const TemplateField& field, const json::Value& given,
                   const std::string& pointer) {
    const json::Value::Array* items = given.if_array();
    if (items == nullptr) return wrong_type(field, pointer);
    if (items->size() > field.max_items) {
      wrong(pointer, "too_many_items",
            "has more than " + std::to_string(field.max_items) + " items");
      return {};
    }
    json::Value::Array out;
    out.reserve(items->size());
    for (std::size_t i = 0; i < items->size(); ++i) {
      out.push_back(apply(field.inner[0], &(*items)[i], pointer + "/" + std::to_string(i)));
    }
    return json::Value(std::move(out));
  }
  json::Value object(const TemplateField& field, const json::Value& given,
                     const std::string& pointer) {
    const json::Value::Object* members = given.if_object();
    if (members == nullptr) return wrong_type(field, pointer);
    json::Value::Object out;
    out.reserve(field.inner.size());
    for (const TemplateField& inner : field.inner) {
      out.emplace_back(inner.name,
                       apply(inner, given.find(inner.name), pointer + "/" + inner.name));
    }
    if (ignored_ != nullptr) note_ignored(field, *members, pointer);
    return json::Value(std::move(out));
  }
  void note_ignored(const TemplateField& field, const json::Value::Object& members,
                    const std::string& pointer) {
    for (const auto& [name, value] : members) {
      const auto declared = std::any_of(field.inner.begin(), field.inner.end(),
                                        [&](const TemplateField& f) { return f.name == name; });
      if (!declared && ignored_->size() < kMaxErrors) ignored_->push_back(pointer + "/" + name);
    }
  }

  base::Error& error_;
  std::vector<std::string>* ignored_;
  std::size_t values_ = 0;
};

// --- The declaration -----------------------------------------------------------------------------

class Declaring {
 public:
  explicit Declaring(base::Error& error) : error_(error) {}

  void object(const json::Value& declared, const std::string& pointer, std::size_t depth,
              TemplateField& into) {
    const json::Value::Object* members = declared.if_object();
    if (members == nullptr) return wrong(pointer, "wrong_type", "is an object: name to field");
    for (const auto& [name, value] : *members) {
      if (!is_name(name)) {
        wrong(pointer + "/" + name, "bad_name", "a name has letters, digits and _, at most 64");
        continue;
      }
      into.inner.push_back(field(value, pointer + "/" + name, depth));
      into.inner.back().name = name;
    }
  }

 private:
  void wrong(const std::string& pointer, const char* reason, std::string detail) {
    add(error_, pointer, reason, std::move(detail));
  }

  TemplateField field(const json::Value& declared, const std::string& pointer, std::size_t depth) {
    TemplateField out;
    if (++fields_ > TemplateFields::kMaxFields || depth > TemplateFields::kMaxDepth) {
      wrong(pointer, "too_many_fields", "at most 256 fields, six levels deep");
      return out;
    }
    const json::Value* type = declared.find("type");
    const std::string* name = type != nullptr ? type->if_string() : nullptr;
    const auto* const found =
        name != nullptr ? std::find(kTypes.begin(), kTypes.end(), *name) : kTypes.end();
    if (found == kTypes.end()) {
      wrong(pointer + "/type", "not_allowed",
            "is one of string, number, integer, boolean, date_time, money, list, object");
      return out;
    }
    out.type = static_cast<FieldType>(found - kTypes.begin());
    const json::Value* fallback = nullptr;
    for (const auto& [member, value] : *declared.if_object()) {
      if (member == "default") {
        fallback = &value;
      } else if (member != "type") {
        rule(out, member, value, pointer, depth);
      }
    }
    if (out.type == FieldType::kList && out.inner.empty()) {
      wrong(pointer + "/items", "required", "a list says what its items are");
      out.inner.emplace_back();
    }
    if (fallback != nullptr) {
      out.fallback = Applying(error_, nullptr).apply(out, fallback, pointer + "/default");
    }
    return out;
  }

  void rule(TemplateField& out, const std::string& member, const json::Value& value,
            const std::string& pointer, std::size_t depth) {
    const std::string at = pointer + "/" + member;
    const auto count = [&](std::size_t most, std::size_t& into) {
      const std::int64_t* n = value.if_integer();
      if (n != nullptr && *n >= 1 && *n <= static_cast<std::int64_t>(most)) {
        into = static_cast<std::size_t>(*n);
      } else {
        wrong(at, "out_of_range", "is a whole number from 1 to " + std::to_string(most));
      }
    };
    if (member == "required" && value.if_boolean() != nullptr) {
      out.required = *value.if_boolean();
    } else if (member == "max_length" && out.type == FieldType::kString) {
      count(100'000, out.max_length);
    } else if (member == "max_items" && out.type == FieldType::kList) {
      count(TemplateFields::kMaxItems, out.max_items);
    } else if (member == "items" && out.type == FieldType::kList) {
      out.inner.push_back(field(value, at, depth + 1));
    } else if (member == "fields" && out.type == FieldType::kObject) {
      object(value, at, depth + 1, out);
    } else if (member != "doc" || value.if_string() == nullptr) {
      wrong(at, "unknown_field", "says nothing about a " + std::string(name_of(out.type)));
    }
  }

  base::Error& error_;
  std::size_t fields_ = 0;
};

}  // namespace

std::string_view name_of(FieldType type) { return kTypes[static_cast<std::size_t>(type)]; }

TemplateFields::TemplateFields() { root_.type = FieldType::kObject; }

base::Result<TemplateFields> TemplateFields::of(const json::Value& declared,
                                                const std::string& pointer) {
  base::Error error = base::fail(base::Code::kInvalid, "template_invalid",
                                 "The declaration of the data is not right.");
  TemplateFields fields;
  Declaring(error).object(declared, pointer, 1, fields.root_);
  if (!error.fields.empty()) return error;
  return fields;
}

base::Result<json::Value> TemplateFields::apply(const json::Value& data,
                                                std::vector<std::string>* ignored) const {
  base::Error error = base::fail(base::Code::kInvalid, "data_invalid",
                                 "The data is not what the template declares.");
  json::Value out = Applying(error, ignored).apply(root_, &data, "/data");
  if (data.is_null()) {
    static const json::Value kEmpty{json::Value::Object{}};
    out = Applying(error, ignored).apply(root_, &kEmpty, "/data");
  }
  if (!error.fields.empty()) return error;
  return out;
}

}  // namespace ashlar::notifications
