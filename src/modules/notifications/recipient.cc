#include "modules/notifications/recipient.h"

#include <algorithm>

namespace ashlar::notifications {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_visible(char c) { return c > ' ' && c < '\x7f'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

base::Error wrong(const char* reason, std::string_view field, std::string detail) {
  return {base::Code::kInvalid, reason, detail, {{std::string(field), reason, detail}}};
}

// Labels of letters, digits and dashes; bytes beyond ASCII are some other language's.
bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 253) return false;
  std::size_t label = 0;
  char before = '.';
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0 || before == '-') return false;
      label = 0;
    } else {
      const bool plain = is_letter(c) || is_digit(c) || (static_cast<unsigned char>(c) >= 0x80);
      if (!plain && (c != '-' || label == 0)) return false;
      if (++label > 63) return false;
    }
    before = c;
  }
  return label > 0 && before != '-';
}

// A dot-atom (RFC 5321): what is quoted is found in no address book, and every second server
// refuses it.
bool is_local_part(std::string_view local) {
  static constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~";
  if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.') {
    return false;
  }
  char before = 'x';
  for (const char c : local) {
    if (c == '.' && before == '.') return false;
    const bool plain = c == '.' || is_letter(c) || is_digit(c) ||
                       kSigns.find(c) != std::string_view::npos ||
                       static_cast<unsigned char>(c) >= 0x80;
    if (!plain) return false;
    before = c;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view Recipient::address(Channel channel) const {
  switch (channel) {
    case Channel::kEmail:
      return email;
    case Channel::kSms:
      return phone;
    case Channel::kInbox:
      return user_id;
    case Channel::kPush:
    case Channel::kChat:
    case Channel::kHttp:
      break;
  }
  return {};
}

base::Result<std::string> normalized_email(std::string_view given, std::string_view field) {
  std::string address(trimmed(given));
  const std::size_t at = address.rfind('@');
  const bool good = address.size() <= kMaxAddressBytes && at != std::string::npos &&
                    is_local_part(std::string_view(address).substr(0, at)) &&
                    is_domain(std::string_view(address).substr(at + 1));
  if (!good) return wrong("email_invalid", field, "This is no mail address: name@example.com.");
  std::transform(address.begin() + static_cast<std::ptrdiff_t>(at), address.end(),
                 address.begin() + static_cast<std::ptrdiff_t>(at), lower);
  return address;
}

base::Result<std::string> normalized_phone(std::string_view given, std::string_view field) {
  static constexpr std::string_view kFiller = " -./()";
  std::string number;
  for (const char c : trimmed(given)) {
    if (is_digit(c) || (c == '+' && number.empty())) {
      number += c;
    } else if (kFiller.find(c) == std::string_view::npos) {
      number.clear();
      break;
    }
    if (number.size() > 20) break;
  }
  if (number.starts_with("00")) number.replace(0, 2, "+");
  // E.164: at most fifteen digits, of which the country's never begin with 0.
  const bool good =
      number.size() >= 8 && number.size() <= 16 && number.front() == '+' && number[1] != '0';
  if (!good) {
    return wrong("phone_invalid", field,
                 "Give the number with its country: +49 1511 2345678 (E.164).");
  }
  return number;
}

base::Result<std::string> normalized_address(Channel channel, std::string_view given,
                                             std::string_view field) {
  if (channel == Channel::kEmail) return normalized_email(given, field);
  if (channel == Channel::kSms) return normalized_phone(given, field);
  if (given.empty() || given.size() > kMaxAddressBytes) {
    return wrong("address_invalid", field, "An address has 1 to 320 bytes.");
  }
  return std::string(given);
}

base::Status check_user_id(std::string_view user_id, std::string_view field) {
  const bool good = !user_id.empty() && user_id.size() <= kMaxUserIdBytes &&
                    std::all_of(user_id.begin(), user_id.end(), is_visible);
  if (good) return base::ok_status();
  return wrong("user_id_invalid", field, "A user's id has 1 to 128 visible ASCII characters.");
}

base::Status check_name(std::string_view name, std::string_view field) {
  const auto inside = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == ':' || c == '-';
  };
  const bool good = !name.empty() && name.size() <= 64 &&
                    (is_letter(name.front()) || is_digit(name.front())) &&
                    std::all_of(name.begin(), name.end(), inside);
  if (good) return base::ok_status();
  return wrong("name_invalid", field,
               "A name has 1 to 64 of letters, digits, _ . : and -, a letter or digit first.");
}

}  // namespace ashlar::notifications
