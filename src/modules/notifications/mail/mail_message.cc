#include "modules/notifications/mail/mail_message.h"

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "modules/notifications/mail/mime_text.h"
#include "modules/notifications/mail/return_path.h"

namespace ashlar::notifications {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kMaxIdBytes = 64;
constexpr std::string_view kBoundaryStart = "=_";  // in no encoded part: not even in "7bit" ones

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

base::Error bad_header(std::string detail) {
  return fail(Code::kInvalid, "mail_header", std::move(detail));
}

bool is_id(std::string_view id) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !id.empty() && id.size() <= kMaxIdBytes && std::ranges::all_of(id, good);
}

base::Status check_url(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    return bad_header("the unsubscribe URL is no http or https URL");
  }
  if (url.size() > kMaxMailUrlBytes) return bad_header("the unsubscribe URL is too long");
  const auto stays = [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; };
  if (!std::ranges::all_of(url, stays)) {
    return bad_header("the unsubscribe URL holds what must be percent-encoded");
  }
  return base::ok_status();
}

base::Status check_parts(const Outgoing& message) {
  if (!is_id(message.id)) return bad_header("the message's id has other characters than allowed");
  ASHLAR_TRY(check_header_text(message.content.subject, kMaxSubjectBytes, "the subject"));
  ASHLAR_TRY(check_header_text(message.target.name, kMaxDisplayNameBytes, "the recipient's name"));
  ASHLAR_TRY(check_header_text(message.category, kMaxDisplayNameBytes, "the category"));
  if (!message.unsubscribe_url.empty()) ASHLAR_TRY(check_url(message.unsubscribe_url));
  if (message.content.text.size() + message.content.html.size() > kMaxMailContentBytes) {
    return fail(Code::kInvalid, "mail_too_large", "text and HTML are larger than 8 MiB together");
  }
  return base::ok_status();
}

std::string address_header(std::string_view header, std::string_view name,
                           const MailAddress& address) {
  std::string line = std::string(header) + ": ";
  if (name.empty()) return line + address.text + "\r\n";
  line += display_phrase(name, line.size());
  const std::size_t last_line = line.rfind('\n');
  const std::size_t column = line.size() - (last_line == std::string::npos ? 0 : last_line + 1);
  const bool fits = column + 3 + address.text.size() <= kMaxMailLineBytes;
  return line + (fits ? " <" : "\r\n <") + address.text + ">\r\n";
}

std::string date_header(base::Time at) {
  std::string date = base::format_http_date(at);
  date.replace(date.size() - 3, 3, "+0000");  // HTTP says GMT
  return "Date: " + date + "\r\n";
}

// "Feedback-ID: category:::sender": letters, digits and a few more in each part.
std::string feedback_header(std::string_view category, std::string_view sender) {
  std::string part;
  for (const char c : category.substr(0, 40)) {
    const bool stays = c > 0x20 && c < 0x7f && c != ':';
    part += stays ? c : '_';
  }
  return "Feedback-ID: " + part + ":::" + std::string(sender) + "\r\n";
}

// Nothing for a transport to mend: short lines, printable, not looking like a boundary, no blank
// at the end of a line that a server might cut off, no "From " that an old mailbox would quote.
bool may_stay_7bit(std::string_view text) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {  // with_crlf(): LF follows
      if (i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t')) return false;
      column = 0;
      ++i;
      continue;
    }
    if (static_cast<unsigned char>(text[i]) > 0x7e || (is_control(text[i]) && text[i] != '\t')) {
      return false;
    }
    if (column == 0 && text.substr(i).starts_with("From ")) return false;
    if (++column > kMaxMailLineBytes) return false;
  }
  return text.find(kBoundaryStart) == std::string_view::npos;
}

// Content-Type and Content-Transfer-Encoding, each with CRLF, and the text so encoded.
struct Part {
  std::string type;
  std::string encoding;
  std::string text;
};

Part part_of(std::string_view media_type, std::string_view content) {
  std::string text = with_crlf(content);
  if (!text.ends_with("\r\n")) text += "\r\n";
  Part part;
  part.type = "Content-Type: " + std::string(media_type) + "; charset=utf-8\r\n";
  std::string_view encoding = "7bit";
  if (may_stay_7bit(text)) {
    part.text = std::move(text);
  } else {
    std::string quoted = quoted_printable(text);
    const std::size_t as_base64 = (text.size() + 56) / 57 * 78;
    const bool shorter = quoted.size() <= as_base64;
    encoding = shorter ? "quoted-printable" : "base64";
    part.text = shorter ? std::move(quoted) : base64_lines(text);
  }
  part.encoding = "Content-Transfer-Encoding: " + std::string(encoding) + "\r\n";
  return part;
}

void add_content(ComposedMail& mail, const Outgoing& message) {
  mail.headers.emplace_back("MIME-Version: 1.0\r\n");
  const Rendered& content = message.content;
  if (content.html.empty() || content.text.empty()) {
    const bool html = !content.html.empty();
    Part part = part_of(html ? "text/html" : "text/plain", html ? content.html : content.text);
    mail.headers.push_back(std::move(part.type));
    mail.headers.push_back(std::move(part.encoding));
    mail.body = std::move(part.text);
    return;
  }
  const std::string boundary = std::string(kBoundaryStart) + message.id;
  mail.headers.push_back("Content-Type: multipart/alternative;\r\n boundary=\"" + boundary +
                         "\"\r\n");
  // The last one is the one that readers prefer.
  const Part parts[] = {part_of("text/plain", content.text), part_of("text/html", content.html)};
  mail.body.reserve(parts[0].text.size() + parts[1].text.size() + 512);
  for (const Part& part : parts) {
    mail.body += "--" + boundary + "\r\n" + part.type + part.encoding + "\r\n" + part.text;
  }
  mail.body += "--" + boundary + "--\r\n";
}

}  // namespace

base::Status check_header_text(std::string_view text, std::size_t max_bytes, const char* what) {
  if (text.size() > max_bytes) return bad_header(std::string(what) + " is too long for a header");
  if (std::ranges::any_of(text, is_control) || !base::is_utf8(text)) {
    return bad_header(std::string(what) +
                      " holds a control character (a line end?), which no header may");
  }
  return base::ok_status();
}

std::string message_id_of(std::string_view id, std::string_view domain) {
  return "<" + std::string(id) + "@" + std::string(domain) + ">";
}

base::Result<ComposedMail> compose_mail(const Outgoing& message, const MailIdentity& identity) {
  ASHLAR_ASSIGN(const MailAddress to, parse_mail_address(message.target.address));
  ASHLAR_TRY(check_parts(message));
  ComposedMail mail;
  mail.envelope_from = identity.from.text;
  if (!identity.return_path_domain.empty()) {
    const auto verp = verp_address(message.id, identity.return_path_domain);
    if (verp) mail.envelope_from = *verp;
  }
  mail.envelope_to = to.text;
  std::vector<std::string>& headers = mail.headers;
  headers.reserve(16);
  headers.push_back(date_header(message.created_at));
  headers.push_back(address_header("From", identity.from_name, identity.from));
  headers.push_back(address_header("To", message.target.name, to));
  if (identity.reply_to) headers.push_back(address_header("Reply-To", {}, *identity.reply_to));
  headers.push_back(unstructured_header("Subject", message.content.subject));
  headers.push_back("Message-ID: " + message_id_of(message.id, identity.from.domain()) + "\r\n");
  if (!message.unsubscribe_url.empty()) {
    headers.push_back("List-Unsubscribe: <" + message.unsubscribe_url + ">\r\n");
    headers.emplace_back("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
  }
  headers.emplace_back("Auto-Submitted: auto-generated\r\n");
  if (!identity.feedback_id.empty()) {
    headers.push_back(feedback_header(message.category, identity.feedback_id));
  }
  if (message.urgent) {
    headers.emplace_back("Importance: high\r\n");
    headers.emplace_back("X-Priority: 1\r\n");
  }
  add_content(mail, message);
  return mail;
}

}  // namespace ashlar::notifications
