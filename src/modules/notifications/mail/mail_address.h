// MailAddress: whom a mail goes to or comes from, in the form that every server on the way reads
// the same way. Pure; any thread.
//
// What is taken: local@domain with a dot-atom before the @ and letters, digits, hyphens and dots
// behind it, in ASCII (RFC 5321, section 4.1.2, without what only clever readers know).
// What is refused, although some RFC allows it: quoted local parts, comments, domains as
// addresses ([192.0.2.1]), and anything not ASCII. A domain with other letters has an ASCII form
// (xn--…), which whoever gives the address must use: mapping letters is not this place's to guess.
// A local part that is not ASCII would need SMTPUTF8 on the whole way.
//
// Errors: kInvalid mail_address; the detail says what is wrong and repeats nothing of the address.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::notifications {

inline constexpr std::size_t kMaxMailAddressBytes = 254;  // RFC 5321, section 4.5.3.1, with < and >
inline constexpr std::size_t kMaxLocalPartBytes = 64;

struct MailAddress {
  std::string text;    // local@domain, the domain in lower case
  std::size_t at = 0;  // of the @

  [[nodiscard]] std::string_view local() const { return std::string_view(text).substr(0, at); }
  [[nodiscard]] std::string_view domain() const { return std::string_view(text).substr(at + 1); }
};

base::Result<MailAddress> parse_mail_address(std::string_view text);

// Labels of letters, digits and hyphens, at most 253 bytes, no dot at the end.
bool is_mail_domain(std::string_view text);

}  // namespace ashlar::notifications
