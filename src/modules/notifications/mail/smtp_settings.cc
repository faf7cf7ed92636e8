#include "modules/notifications/mail/smtp_settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "platform/json/schema.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/outbound/tls_client.h"

namespace ashlar::notifications {
namespace {

using base::Code;
using base::Error;

constexpr std::size_t kMaxPemLength = 64 * 1024;

const json::Schema<DkimKey>& dkim_schema() {
  static const auto kSchema =
      json::Schema<DkimKey>("SmtpDkimKey", "By what mails are signed.")
          .required("domain", &DkimKey::domain, {.max_length = 253})
          .required("selector", &DkimKey::selector, {.max_length = 253})
          .required("private_key", &DkimKey::private_key, {.max_length = 16'384});
  return kSchema;
}

const json::Schema<SmtpSettings>& settings_schema() {
  using S = SmtpSettings;
  static const auto kSchema =
      json::Schema<S>("SmtpSettings", "A mail server.")
          .required("host", &S::host, {.min_length = 1, .max_length = 253})
          .optional("port", &S::port, {.min = 0, .max = 65'535})
          .required("from", &S::from, {.min_length = 3, .max_length = kMaxMailAddressBytes})
          .optional("from_name", &S::from_name, {.max_length = 120})
          .optional("reply_to", &S::reply_to, {.max_length = kMaxMailAddressBytes})
          .optional("tls", &S::tls, {.one_of = {"none", "starttls", "tls"}})
          .optional("username", &S::username, {.max_length = 255})
          .optional("password", &S::password, {.max_length = 1'024, .format = "password"})
          .optional("dkim", &S::dkim, dkim_schema())
          .optional("return_path", &S::return_path, {.max_length = 253})
          .optional("feedback_id", &S::feedback_id,
                    {.max_length = 15, .pattern = "^[A-Za-z0-9._-]*$"})
          .optional("max_connections", &S::max_connections, {.min = 1, .max = 64})
          .optional("mails_per_connection", &S::mails_per_connection, {.min = 1, .max = 100'000})
          .optional("ca", &S::ca, {.max_length = kMaxPemLength})
          .optional("verify", &S::verify)
          .optional("timeout_s", &S::timeout_s, {.min = 1, .max = 600})
          .optional("callback_secret", &S::callback_secret, {.max_length = 255});
  return kSchema;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && is_address(host));
}

// Gathers what is wrong, so that all can be mended at once.
class Wrongs {
 public:
  void add(std::string pointer, const char* reason, std::string detail) {
    fields_.push_back({std::move(pointer), reason, std::move(detail)});
  }
  void add(std::string pointer, const Error& error) {
    add(std::move(pointer), error.reason, error.detail);
  }
  [[nodiscard]] base::Status status() && {
    if (fields_.empty()) return base::ok_status();
    std::string detail = fields_.front().detail;
    return Error{Code::kInvalid, "invalid_request", std::move(detail), std::move(fields_)};
  }

 private:
  std::vector<base::FieldError> fields_;
};

void check_addresses(const SmtpSettings& s, Wrongs& wrongs) {
  const auto from = parse_mail_address(s.from);
  if (!from.ok()) wrongs.add("/from", from.error());
  if (!s.reply_to.empty()) {
    const auto reply_to = parse_mail_address(s.reply_to);
    if (!reply_to.ok()) wrongs.add("/reply_to", reply_to.error());
  }
  const auto name = check_header_text(s.from_name, kMaxDisplayNameBytes, "the sender's name");
  if (!name.ok()) wrongs.add("/from_name", name.error());
  if (!s.return_path.empty() && !is_mail_domain(s.return_path)) {
    wrongs.add("/return_path", "domain_invalid", "the return path is a domain name");
  }
}

void check_server(const SmtpSettings& s, Wrongs& wrongs) {
  if (!is_address(s.host) && !is_mail_domain(s.host)) {
    wrongs.add("/host", "host_invalid", "the host is a name or an IP address, without port");
  }
  if (s.tls == "none" && !s.password.empty() && !is_loopback(s.host)) {
    wrongs.add("/tls", "password_in_the_clear",
               "a password goes to another machine over TLS only: starttls or tls");
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::ranges::any_of(s.username, control) || std::ranges::any_of(s.password, control)) {
    wrongs.add("/username", "mail_header", "neither user nor password hold control characters");
  }
  if (s.ca.empty()) return;
  const outbound::TlsClientContext tls(outbound::TlsClientContext::Options{
      .ca_file = {}, .ca_pem = s.ca, .verify = true, .offer_http = false});
  if (!tls.connect("localhost").ok()) {
    wrongs.add("/ca", "ca_invalid", "the authority is no certificate in PEM form");
  }
}

base::Status check(const SmtpSettings& s) {
  Wrongs wrongs;
  check_addresses(s, wrongs);
  check_server(s, wrongs);
  if (s.dkim) {
    const auto signer = DkimSigner::make(*s.dkim);
    if (!signer.ok()) {
      const std::string member = std::string(signer.error().reason).substr(5);  // "dkim_domain"
      wrongs.add("/dkim/" + member, signer.error());
    }
  }
  return std::move(wrongs).status();
}

}  // namespace

base::Result<SmtpSettings> SmtpSettings::read(const json::Value& given) {
  ASHLAR_ASSIGN(SmtpSettings settings, settings_schema().parse(given));
  if (settings.port == 0) {
    settings.port = settings.tls == "none" ? 25 : settings.tls == "tls" ? 465 : 587;
  }
  ASHLAR_TRY(check(settings));
  return settings;
}

base::Result<SmtpSettings> SmtpSettings::read_text(std::string_view text) {
  return settings_schema().parse_body(text);
}

std::string SmtpSettings::text() const {
  std::string out;
  json::Writer writer(out);
  settings_schema().write(writer, *this);
  return out;
}

MailIdentity SmtpSettings::identity() const {
  MailIdentity identity{.from = parse_mail_address(from).value(), .from_name = from_name};
  if (!reply_to.empty()) identity.reply_to = parse_mail_address(reply_to).value();
  identity.return_path_domain = return_path;
  identity.feedback_id = feedback_id;
  return identity;
}

SmtpClientOptions SmtpSettings::client() const {
  SmtpClientOptions options;
  options.endpoint.host = host;
  options.endpoint.port = static_cast<std::uint16_t>(port);
  options.endpoint.tls = tls == "none"  ? SmtpTls::kNone
                         : tls == "tls" ? SmtpTls::kTls
                                        : SmtpTls::kStarttls;
  options.endpoint.hello_name = parse_mail_address(from).value().domain();
  options.endpoint.username = username;
  options.endpoint.password = password;
  options.endpoint.step_timeout = base::Seconds{timeout_s};
  options.endpoint.connect_timeout =
      std::min(options.endpoint.connect_timeout, options.endpoint.step_timeout);
  options.ca_pem = ca;
  options.verify = verify;
  options.max_connections = static_cast<std::size_t>(max_connections);
  options.mails_per_connection = static_cast<std::size_t>(mails_per_connection);
  return options;
}

MailCorrelation SmtpSettings::correlation() const {
  return {.sender_domain = std::string(parse_mail_address(from).value().domain()),
          .return_path_domain = return_path};
}

}  // namespace ashlar::notifications
