#include <algorithm>
#include <string>

#include "base/text.h"
#include "modules/notifications/template/escape.h"
#include "modules/notifications/template/message.h"

namespace ashlar::notifications {
namespace {

using Kind = MessageNode::Kind;
using json::Value;

Number number_of(const Value& value) {
  if (const std::int64_t* whole = value.if_integer()) return {true, *whole, 0};
  const double* real = value.if_real();
  return {false, 0, real != nullptr ? *real : 0};
}

Number less(const Number& number, std::int64_t offset) {
  if (!number.whole) return {false, 0, number.real - static_cast<double>(offset)};
  std::int64_t result = 0;
  if (!__builtin_sub_overflow(number.integer, offset, &result)) return {true, result, 0};
  return {false, 0, number.as_real() - static_cast<double>(offset)};
}

bool equals(const Number& number, std::int64_t value) {
  return number.whole ? number.integer == value : number.real == static_cast<double>(value);
}

class MessageWriter {
 public:
  MessageWriter(const MessageReader& reader, std::string& out)
      : reader_(reader), out_(out), limit_(out.size() + kMaxOutputBytes) {}

  base::Status write(const Message& message, const Value* item, const Number* pound) {
    for (const MessageNode& node : message.nodes) {
      ASHLAR_TRY(write(node, item, pound));
    }
    return base::ok_status();
  }

 private:
  static base::Error refused(const char* reason, std::string detail) {
    return base::fail(base::Code::kInvalid, reason, std::move(detail));
  }

  base::Status write(const MessageNode& node, const Value* item, const Number* pound) {
    if (++steps_ > kMaxSteps) {
      return refused("message_too_many_steps", "The text takes more than 100,000 steps to write.");
    }
    if (node.kind == Kind::kLiteral) {
      out_ += node.text;
      return bounded();
    }
    if (node.kind == Kind::kPound) {
      if (pound == nullptr) return base::ok_status();
      text_.clear();
      reader_.formats.number(*pound, NumberStyle::kDecimal, text_);
      return put(node, text_);
    }
    const Value* value = found(node, item);
    switch (node.kind) {
      case Kind::kPlural:
      case Kind::kOrdinal:
        return plural(node, value, item);
      case Kind::kSelect:
        return select(node, value, item);
      case Kind::kList:
        return list(node, value, item);
      default:
        return formatted(node, value);
    }
  }

  [[nodiscard]] const Value* found(const MessageNode& node, const Value* item) const {
    const Value* value = node.of_item ? item : &reader_.data;
    for (const std::uint16_t position : node.path) {
      const Value::Object* members = value != nullptr ? value->if_object() : nullptr;
      if (members == nullptr || position >= members->size()) return nullptr;
      value = &(*members)[position].second;
    }
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  base::Status bounded() const {
    if (out_.size() <= limit_) return base::ok_status();
    return refused("message_too_long", "The text becomes longer than 256 KiB.");
  }

  base::Status put(const MessageNode& node, std::string_view text) {
    if (text.size() > kMaxOutputBytes) return refused("message_too_long", "A value is too long.");
    if (!append_escaped(text, node.escape, out_)) {
      return refused("url_refused", "The value of " + node.name +
                                        " is no URL of http, https, mailto or tel, nor a path.");
    }
    return bounded();
  }

  base::Status formatted(const MessageNode& node, const Value* value) {
    if (value == nullptr) return put(node, "");
    if (const std::string* text = value->if_string()) return put(node, *text);
    text_.clear();
    const std::int64_t* whole = value->if_integer();
    if (node.kind == Kind::kNumber) {
      reader_.formats.number(number_of(*value), node.number, text_);
    } else if (node.kind == Kind::kMoney) {
      const Value::Array& money = *value->if_array();
      reader_.formats.money(*money[0].if_integer(), *money[1].if_string(), text_);
    } else if (node.kind == Kind::kDate && whole != nullptr) {
      reader_.formats.date(base::from_micros(*whole), reader_.zone, node.date, text_);
    } else if (node.kind == Kind::kTime && whole != nullptr) {
      reader_.formats.time(base::from_micros(*whole), reader_.zone, node.date, text_);
    } else if (const bool* flag = value->if_boolean()) {
      text_ = *flag ? "true" : "false";
    }
    return put(node, text_);
  }

  base::Status plural(const MessageNode& node, const Value* value, const Value* item) {
    const Number number = value != nullptr ? number_of(*value) : Number{};
    const Number shown = less(number, node.offset);
    const MessageNode::Arm* chosen = nullptr;
    for (const MessageNode::Arm& arm : node.arms) {
      if (arm.exact && value != nullptr && equals(number, *arm.exact)) chosen = &arm;
    }
    if (chosen == nullptr) {
      PluralForm form = PluralForm::kOther;
      if (value != nullptr) {
        form = node.kind == Kind::kPlural ? reader_.language.cardinal(shown)
                                          : reader_.language.ordinal(shown);
      }
      for (const MessageNode::Arm& arm : node.arms) {
        if (arm.exact) continue;
        if (arm.form == form) chosen = &arm;
        if (chosen == nullptr && arm.form == PluralForm::kOther) chosen = &arm;
      }
    }
    return write(chosen->body, item, value != nullptr ? &shown : nullptr);
  }

  base::Status select(const MessageNode& node, const Value* value, const Value* item) {
    std::string key = "missing";
    if (value != nullptr) {
      if (const std::string* text = value->if_string()) key = *text;
      if (const bool* flag = value->if_boolean()) key = *flag ? "true" : "false";
      if (const std::int64_t* whole = value->if_integer()) key = std::to_string(*whole);
    }
    const auto arm = [&](std::string_view name) {
      return std::find_if(node.arms.begin(), node.arms.end(),
                          [&](const MessageNode::Arm& a) { return a.key == name; });
    };
    auto chosen = arm(key);
    if (chosen == node.arms.end()) chosen = arm("other");
    return write(chosen->body, item, nullptr);
  }

  base::Status list(const MessageNode& node, const Value* value, const Value* outer) {
    const Value::Array* items = value != nullptr ? value->if_array() : nullptr;
    if (items == nullptr || items->empty()) {
      return node.arms.size() > 1 ? write(node.arms[1].body, outer, nullptr) : base::ok_status();
    }
    for (const Value& item : *items) {
      if (++steps_ > kMaxSteps) {
        return refused("message_too_many_steps",
                       "The text takes more than 100,000 steps to write.");
      }
      ASHLAR_TRY(write(node.arms[0].body, &item, nullptr));
    }
    return base::ok_status();
  }

  const MessageReader& reader_;
  std::string& out_;
  std::size_t limit_;
  std::size_t steps_ = 0;
  std::string text_;  // of one value, before it is escaped
};

}  // namespace

base::Status write_message(const Message& message, const MessageReader& reader, std::string& out) {
  return MessageWriter(reader, out).write(message, nullptr, nullptr);
}

}  // namespace ashlar::notifications
