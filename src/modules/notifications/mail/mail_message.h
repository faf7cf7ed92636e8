// MailMessage: a notification as the bytes of a mail (RFC 5322, MIME).
//
//   Outgoing + MailIdentity ──compose_mail──> envelope, headers, body ──DkimSigner──> … ──SMTP──>
//
// Promises
//  1. The same Outgoing and identity give the same bytes, at each attempt and on each instance:
//     Message-ID and boundary come from Outgoing::id, Date from created_at.
//  2. Nothing of the content can add a header, a recipient or a part: control characters in what
//     goes into a header are refused, in bodies they are encoded.
//  3. Lines end with CRLF and hold at most 998 bytes, and 78 where nothing unbreakable (a URL) is
//     in them. All of it is ASCII.
//  4. Auto-Submitted says that no person wrote it, so no decent robot answers. With an
//     unsubscribe_url it carries List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).
// Dots at the beginning of lines are SMTP's matter, not this file's.
//
// Errors: kInvalid mail_address, mail_header, mail_too_large.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/mail/mail_address.h"

namespace ashlar::notifications {

inline constexpr std::size_t kMaxMailContentBytes = 8 * 1024 * 1024;  // text and HTML together
inline constexpr std::size_t kMaxSubjectBytes = 2'000;
inline constexpr std::size_t kMaxDisplayNameBytes = 256;
inline constexpr std::size_t kMaxMailUrlBytes = 900;

// Who sends: a provider's settings.
struct MailIdentity {
  MailAddress from;
  std::string from_name{};
  std::optional<MailAddress> reply_to{};
  std::string return_path_domain{};  // empty: bounces go to `from`
  std::string feedback_id{};         // the sender's part of Feedback-ID; empty: no such header
};

struct ComposedMail {
  std::string envelope_from;
  std::string envelope_to;
  std::vector<std::string> headers;  // "Name: value\r\n", folded
  std::string body;
};

base::Result<ComposedMail> compose_mail(const Outgoing& message, const MailIdentity& identity);

// "<id@domain>"; what stands between < and @ is the id.
std::string message_id_of(std::string_view id, std::string_view domain);

// UTF-8 text of a header that holds no control character (CR and LF among them) and is not too
// long. kInvalid mail_header; `what` names it.
base::Status check_header_text(std::string_view text, std::size_t max_bytes, const char* what);

}  // namespace ashlar::notifications
