// SmtpSettings: what an operator says of a mail server. Pure; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/notifications/mail/dkim.h"
#include "modules/notifications/mail/mail_message.h"
#include "modules/notifications/mail/mail_reports.h"
#include "modules/notifications/mail/smtp_client.h"

namespace ashlar::json {
class Value;
}

namespace ashlar::notifications {

struct SmtpSettings {
  std::string host;
  int port = 0;  // 0: 25, 587 or 465, as `tls` is
  std::string from;
  std::string from_name{};
  std::string reply_to{};
  std::string tls = "starttls";  // "none", "starttls" (demanded), "tls" (from the first byte on)
  std::string username{};
  std::string password{};
  std::optional<DkimKey> dkim{};
  std::string return_path{};  // a domain: bounces come to b+<id>@it
  std::string feedback_id{};
  int max_connections = 8;
  int mails_per_connection = 100;
  std::string ca{};  // PEM
  bool verify = true;
  int timeout_s = 30;             // of each step of the dialogue
  std::string callback_secret{};  // signs what is posted as a bounce; empty: the URL's token alone

  // kInvalid invalid_request, each wrong member with its pointer and one of: what json::Schema
  // says, host_invalid, mail_address, mail_header, domain_invalid, password_in_the_clear,
  // dkim_domain, dkim_selector, dkim_private_key, ca_invalid.
  static base::Result<SmtpSettings> read(const json::Value& given);
  // As text() wrote them.
  static base::Result<SmtpSettings> read_text(std::string_view text);
  [[nodiscard]] std::string text() const;

  // REQUIRES of all: read() has taken them.
  [[nodiscard]] MailIdentity identity() const;
  [[nodiscard]] SmtpClientOptions client() const;
  [[nodiscard]] MailCorrelation correlation() const;
};

}  // namespace ashlar::notifications
