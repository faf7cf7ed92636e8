#include "platform/json/parse.h"

#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace ashlar::json {
namespace {

using base::Code;
using base::Error;
namespace bj = boost::json;

// Keys of one object that are compared one by one; beyond, a sorted set keeps the cost of hostile
// objects at n log n.
constexpr std::size_t kFewKeys = 16;
constexpr std::size_t kShownKeyBytes = 64;

std::string shown(std::string_view key) {
  if (key.size() <= kShownKeyBytes) return std::string(key);
  std::size_t end = kShownKeyBytes;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xc0) == 0x80) --end;
  return std::string(key.substr(0, end)) + "…";
}

// Builds the Value from the parser's events. A false answer stops the parser; what was wrong is in
// reason() then.
class Builder {
 public:
  static constexpr std::size_t max_array_size =
      -1;  // the size of the text and max_values bound all
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_string_size = -1;
  static constexpr std::size_t max_key_size = -1;

  explicit Builder(std::size_t max_values) : values_left_(max_values) {}

  [[nodiscard]] const char* reason() const { return reason_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  Value take() { return std::move(root_); }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }

  bool on_array_begin(bj::error_code& ec) { return open(Value(Value::Array{}), ec); }
  bool on_object_begin(bj::error_code& ec) { return open(Value(Value::Object{}), ec); }
  bool on_array_end(std::size_t, bj::error_code&) { return close(); }
  bool on_object_end(std::size_t, bj::error_code&) { return close(); }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }
  bool on_key(bj::string_view part, std::size_t, bj::error_code& ec) {
    gather(part);
    return check_text(ec) && check_key(ec);
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return gather(part); }
  bool on_string(bj::string_view part, std::size_t, bj::error_code& ec) {
    gather(part);
    return check_text(ec) && add(Value(std::exchange(text_, {})), ec);
  }

  bool on_number_part(bj::string_view part, bj::error_code&) { return gather(part); }
  bool on_int64(std::int64_t number, bj::string_view, bj::error_code& ec) {
    text_.clear();
    return add(Value(number), ec);
  }
  bool on_uint64(std::uint64_t, bj::string_view, bj::error_code& ec) {
    return fail(ec, "number_out_of_range", "a whole number is beyond 64 bits");
  }
  bool on_double(double, bj::string_view part, bj::error_code& ec) {
    gather(part);
    return add_double(ec);
  }

  bool on_bool(bool flag, bj::error_code& ec) { return add(Value(flag), ec); }
  bool on_null(bj::error_code& ec) { return add(Value(), ec); }
  bool on_comment_part(bj::string_view, bj::error_code&) {
    return true;
  }  // not allowed: never called
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  struct Frame {
    Value* container;
    std::string key;               // of the member whose value comes next
    std::set<std::string> keys{};  // of an object with more than kFewKeys members
  };

  bool gather(bj::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool fail(bj::error_code& ec, const char* reason, std::string detail) {
    reason_ = reason;
    detail_ = std::move(detail);
    ec = bj::make_error_code(bj::error::input_error);
    return false;
  }

  bool check_text(bj::error_code& ec) {
    if (text_.find('\0') == std::string::npos) return true;
    return fail(ec, "nul_character", "text with the character U+0000 cannot be stored");
  }

  bool check_key(bj::error_code& ec) {
    Frame& frame = frames_.back();
    const Value::Object& members = *frame.container->if_object();
    bool known = false;
    if (members.size() <= kFewKeys) {
      for (const auto& [name, value] : members) known = known || name == text_;
    } else {
      if (frame.keys.empty()) {
        for (const auto& [name, value] : members) frame.keys.insert(name);
      }
      known = !frame.keys.insert(text_).second;
    }
    if (known) return fail(ec, "duplicate_key", "the key \"" + shown(text_) + "\" is given twice");
    frame.key = std::exchange(text_, {});
    return true;
  }

  // Boost's own conversion may be off in the last digit; what was sent must come back the same.
  bool add_double(bj::error_code& ec) {
    const std::string text = std::exchange(text_, {});
    if (text.find_first_of(".eE") == std::string::npos) {
      return fail(ec, "number_out_of_range", "a whole number is beyond 64 bits");
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    CHECK(end == text.data() + text.size());
    if (error != std::errc{} || !std::isfinite(number)) {
      return fail(ec, "number_out_of_range", "a number is beyond the range of a double");
    }
    return add(Value(number), ec);
  }

  bool add(Value value, bj::error_code& ec) { return place(std::move(value), ec) != nullptr; }

  bool open(Value container, bj::error_code& ec) {
    Value* placed = place(std::move(container), ec);
    if (placed == nullptr) return false;
    frames_.push_back(Frame{placed, {}});
    return true;
  }

  bool close() {
    frames_.pop_back();
    return true;
  }

  // Where it now lies. It stays there while it is in frames_: its siblings come after its end.
  Value* place(Value value, bj::error_code& ec) {
    if (values_left_ == 0) {
      fail(ec, "too_many_values", "more values than a document may have");
      return nullptr;
    }
    --values_left_;
    if (frames_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Frame& frame = frames_.back();
    if (auto* members = frame.container->if_object()) {
      return &members->emplace_back(std::move(frame.key), std::move(value)).second;
    }
    return &frame.container->if_array()->emplace_back(std::move(value));
  }

  std::size_t values_left_;
  Value root_;
  std::vector<Frame> frames_;
  std::string text_;  // of the string, key or number being read, as far as it came in parts
  const char* reason_ = nullptr;
  std::string detail_;
};

Error at_byte(const char* reason, const std::string& what, std::size_t offset) {
  return base::fail(Code::kInvalid, reason, what + ", at byte " + std::to_string(offset));
}

Error explain(const bj::error_code& ec, const Builder& builder, std::string_view text,
              std::size_t offset) {
  if (builder.reason() != nullptr) return at_byte(builder.reason(), builder.detail(), offset);
  if (ec == bj::error::too_deep) {
    return at_byte("too_deep", "more arrays and objects inside each other than allowed", offset);
  }
  if (ec == bj::error::exponent_overflow) {
    return at_byte("number_out_of_range", "a number is beyond the range of a double", offset);
  }
  if (!base::is_utf8(text)) return at_byte("invalid_utf8", "the text is not UTF-8", offset);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return base::fail(Code::kInvalid, "invalid_json", "there is no JSON");
  }
  return at_byte("invalid_json",
                 ec == bj::error::incomplete ? "the JSON ends early" : "this is not JSON", offset);
}

}  // namespace

base::Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  bj::parse_options options;
  options.max_depth = limits.max_depth;
  bj::basic_parser<Builder> parser(options, limits.max_values);
  bj::error_code ec;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) return explain(ec, parser.handler(), text, consumed);
  if (consumed < text.size()) {
    return at_byte("invalid_json", "there is text after the JSON value", consumed);
  }
  return parser.handler().take();
}

}  // namespace ashlar::json
