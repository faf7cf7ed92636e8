#include "modules/limits/attributes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "platform/http/ip_address.h"

namespace ashlar::limits {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address, its /64

// Names that are none may hold anything: what a JSON pointer escapes, or more than anybody wants to
// read.
std::string pointer_to(std::string_view parent, std::string_view name) {
  std::string out(parent);
  out += '/';
  for (const char c : name.substr(0, kMaxAttributeNameBytes)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

class Findings {
 public:
  explicit Findings(std::string_view pointer) : pointer_(pointer) {}

  void add(std::string_view name, const char* reason, const char* detail) {
    fields_.push_back({pointer_to(pointer_, name), reason, detail});
  }
  void add_whole(const char* reason, const char* detail) {
    fields_.push_back({std::string(pointer_), reason, detail});
  }
  [[nodiscard]] base::Status status() && {
    if (fields_.empty()) return base::ok_status();
    return base::Error{base::Code::kInvalid, "invalid_request",
                       "The attributes are not as they should be.", std::move(fields_)};
  }

 private:
  std::string_view pointer_;
  std::vector<base::FieldError> fields_;
};

bool has(Attributes attributes, std::string_view name) {
  return std::ranges::find(attributes, name, &Attribute::name) != attributes.end();
}

}  // namespace

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxAttributeNameBytes &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-';
         });
}

base::Status check_attributes(Attributes attributes, std::string_view pointer) {
  Findings findings(pointer);
  if (attributes.size() > kMaxAttributes) {
    findings.add_whole("too_many_items", "A request has at most 16 attributes.");
    return std::move(findings).status();
  }
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const auto [name, value] = attributes[i];
    if (!is_attribute_name(name)) {
      findings.add(name, "bad_format", "A name is 1 to 40 of a-z, 0-9, '_', '.', '-'.");
    } else if (has(attributes.first(i), name)) {
      findings.add(name, "duplicate", "Give each attribute once.");
    } else if (value.empty()) {
      findings.add(name, "too_short", "Give at least one character.");
    } else if (value.size() > kMaxAttributeBytes) {
      findings.add(name, "too_long", "A value has at most 256 bytes.");
    } else if (!base::is_utf8(value) || value.find('\0') != std::string_view::npos) {
      findings.add(name, "bad_format", "A value is text: UTF-8 without NUL bytes.");
    } else if (name == kAddress && !http::parse_ip(value)) {
      findings.add(name, "bad_address", "Give an IPv4 or IPv6 address.");
    }
  }
  return std::move(findings).status();
}

std::string counted_address(std::string_view text) {
  std::optional<http::IpAddress> address = http::parse_ip(text);
  if (!address) return std::string(text);
  if (address->is_v4()) return address->to_string();
  std::fill(address->bytes.begin() + kNetworkBytes, address->bytes.end(), std::uint8_t{0});
  return address->to_string() + "/64";
}

}  // namespace ashlar::limits
