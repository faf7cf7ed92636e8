#include "modules/notifications/mail/mail_address.h"

#include <algorithm>

#include "base/text.h"

namespace ashlar::notifications {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kMaxDomainBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_atom_character(char c) {
  static constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";
  return is_letter_or_digit(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return c == '-' || is_letter_or_digit(c); });
}

base::Error wrong(const char* what) { return fail(Code::kInvalid, "mail_address", what); }

}  // namespace

bool is_mail_domain(std::string_view text) {
  if (text.empty() || text.size() > kMaxDomainBytes) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

base::Result<MailAddress> parse_mail_address(std::string_view text) {
  if (text.size() > kMaxMailAddressBytes) return wrong("a mail address has at most 254 bytes");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control)) {
    return wrong("a mail address holds no control characters, line ends among them");
  }
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return wrong("a mail address has the form local@domain");
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) > 0x7e; };
  if (std::ranges::any_of(domain, beyond_ascii)) {
    return wrong("write the domain in its ASCII form (xn--…)");
  }
  if (std::ranges::any_of(local, beyond_ascii)) {
    return wrong("what stands before the @ must be ASCII");
  }
  if (local.size() > kMaxLocalPartBytes) return wrong("at most 64 bytes stand before the @");
  if (!is_dot_atom(local)) {
    return wrong("before the @ stand letters, digits, single dots and !#$%&'*+-/=?^_`{|}~ only");
  }
  if (!is_mail_domain(domain)) return wrong("what stands behind the @ is no domain name");
  return MailAddress{std::string(local) + "@" + base::ascii_lower(domain), at};
}

}  // namespace ashlar::notifications
