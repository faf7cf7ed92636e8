#include "modules/notifications/mail/smtp_provider.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "base/text.h"
#include "modules/notifications/mail/mime_reader.h"
#include "modules/notifications/mail/smtp_settings.h"
#include "modules/notifications/queued_provider.h"
#include "platform/json/value.h"
#include "platform/net/loop_group.h"
#include "platform/security/hmac.h"

namespace ashlar::notifications {
namespace {

using base::Code;

SendResult refused(const base::Error& error) {
  SendResult result;
  result.verdict = Verdict::kRefused;
  result.code = error.reason;
  result.detail = error.detail;
  return result;
}

SmtpClientOptions options_of(const SmtpSettings& settings, const ProviderServices& services) {
  SmtpClientOptions options = settings.client();
  options.allow_private = services.private_hosts;
  return options;
}

class SmtpProvider final : public QueuedProvider {
 public:
  SmtpProvider(const SmtpSettings& settings, std::unique_ptr<DkimSigner> signer,
               const ProviderServices& services)
      : clock_(services.clock),
        identity_(settings.identity()),
        signer_(std::move(signer)),
        client_(options_of(settings, services), services.loops,
                services.entropy.u64() % services.loops.size(), services.metrics) {}

  void send(Outgoing message, Done done) override {
    hand_over(std::move(message), false, std::move(done));
  }
  void send_probe(Outgoing message, Done done) override {
    hand_over(std::move(message), true, std::move(done));
  }
  void give_back() override { client_.give_back(); }

 private:
  void hand_over(Outgoing message, bool probe, Done done) {
    if (message.created_at == base::Time{}) message.created_at = clock_.now();
    base::Result<ComposedMail> mail = compose_mail(message, identity_);
    if (!mail.ok()) return done(refused(mail.error()));
    std::string data;
    data.reserve(mail->body.size() + 4'096);
    if (signer_) data += signer_->sign(mail->headers, mail->body, message.created_at);
    for (const std::string& header : mail->headers) data += header;
    data += "\r\n";
    data += mail->body;
    client_.send({.id = std::move(message.id),
                  .from = std::move(mail->envelope_from),
                  .to = std::move(mail->envelope_to),
                  .data = std::move(data),
                  .probe = probe},
                 message.deadline, std::move(done));
  }

  const base::Clock& clock_;
  const MailIdentity identity_;
  const std::unique_ptr<DkimSigner> signer_;
  SmtpClient client_;
};

base::Result<std::string> check(const json::Value& given) {
  ASHLAR_ASSIGN(const SmtpSettings settings, SmtpSettings::read(given));
  return settings.text();
}

base::Result<std::unique_ptr<Provider>> make(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const SmtpSettings settings, SmtpSettings::read_text(text));
  std::unique_ptr<DkimSigner> signer;
  if (settings.dkim) {
    ASHLAR_ASSIGN(signer, DkimSigner::make(*settings.dkim));
  }
  return std::unique_ptr<Provider>(
      std::make_unique<SmtpProvider>(settings, std::move(signer), services));
}

std::string_view header_of(const Callback& callback, std::string_view name) {
  const auto found =
      std::ranges::find_if(callback.headers, [&](const auto& h) { return h.first == name; });
  return found == callback.headers.end() ? std::string_view() : std::string_view(found->second);
}

base::Result<std::vector<Report>> read_callback(std::string_view text, const Callback& callback) {
  ASHLAR_ASSIGN(const SmtpSettings settings, SmtpSettings::read_text(text));
  // A path's secret stands in logs and proxies: it alone does not suppress anybody.
  if (settings.callback_secret.empty()) {
    return base::fail(Code::kForbidden, "callback_signature",
                      "Set the provider's callback_secret: what nobody can sign is not taken");
  }
  if (!base::constant_time_equals(
          header_of(callback, "ashlar-signature"),
          base::hex_encode(security::hmac_sha256(settings.callback_secret, {callback.body})))) {
    return base::fail(Code::kForbidden, "callback_signature",
                      "Ashlar-Signature is not the HMAC-SHA256 of the body");
  }
  if (read_media_type(header_of(callback, "content-type")).type != "message/rfc822") {
    return base::fail(Code::kInvalid, "callback_malformed",
                      "post the bounce as it came, as message/rfc822");
  }
  std::vector<Report> reports = read_mail_reports(callback.body, settings.correlation());
  for (Report& report : reports) report.at = callback.now;
  return reports;
}

}  // namespace

ProviderKind smtp_kind() {
  return {.type = "smtp",
          .channel = Channel::kEmail,
          .secrets = {"password", "dkim", "callback_secret"},
          .check = check,
          .make = make,
          .read_callback = read_callback};
}

}  // namespace ashlar::notifications
