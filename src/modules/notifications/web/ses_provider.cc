#include "modules/notifications/web/ses_provider.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/mail/mail_address.h"
#include "modules/notifications/mail/mail_message.h"
#include "modules/notifications/mail/mime_text.h"
#include "modules/notifications/web/aws_signature.h"
#include "modules/notifications/web/web_call.h"
#include "modules/notifications/web/web_settings.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kPath = "/v2/email/outbound-emails";
constexpr std::string_view kJson = "application/json";

struct SesSettings {
  std::string region, access_key_id, secret_access_key, from;
  std::optional<std::string> session_token, from_name, reply_to, configuration_set, host;
};

const json::Schema<SesSettings>& settings_schema() {
  using S = SesSettings;
  static const auto kSchema =
      json::Schema<S>("SesSettings", "An account with Amazon SES.")
          .required("region", &S::region,
                    {.min_length = 1, .max_length = 40, .pattern = "^[a-z0-9-]+$"})
          .required("access_key_id", &S::access_key_id,
                    {.min_length = 1, .max_length = 128, .pattern = "^[A-Za-z0-9]+$"})
          .required("secret_access_key", &S::secret_access_key,
                    {.min_length = 1, .max_length = 256, .format = "password"})
          .optional(
              "session_token", &S::session_token,
              {.min_length = 1, .max_length = 4'096, .pattern = "^[!-~]+$", .format = "password"})
          .required("from", &S::from, {.min_length = 3, .max_length = kMaxMailAddressBytes})
          .optional("from_name", &S::from_name, {.max_length = 120})
          .optional("reply_to", &S::reply_to, {.max_length = kMaxMailAddressBytes})
          .optional("configuration_set", &S::configuration_set,
                    {.min_length = 1, .max_length = 64, .pattern = "^[A-Za-z0-9_-]+$"})
          .optional("host", &S::host, {.min_length = 1, .max_length = 255});
  return kSchema;
}

base::Status check_sender(const SesSettings& s) {
  if (const auto from = parse_mail_address(s.from); !from.ok()) {
    return wrong_setting("/from", from.error().reason, from.error().detail);
  }
  if (s.reply_to && !s.reply_to->empty()) {
    if (const auto reply_to = parse_mail_address(*s.reply_to); !reply_to.ok()) {
      return wrong_setting("/reply_to", reply_to.error().reason, reply_to.error().detail);
    }
  }
  const base::Status name =
      check_header_text(s.from_name.value_or(""), kMaxDisplayNameBytes, "the sender's name");
  if (!name.ok()) {
    return wrong_setting("/from_name", name.error().reason, name.error().detail);
  }
  return base::ok_status();
}

base::Result<SesSettings> read(const json::Value& given) {
  ASHLAR_ASSIGN(SesSettings settings, settings_schema().parse(given));
  ASHLAR_TRY(check_sender(settings));
  if (settings.host) {
    ASHLAR_ASSIGN(settings.host, checked_origin(*settings.host, "/host"));
  }
  return settings;
}

base::Result<std::string> check(const json::Value& given) {
  ASHLAR_ASSIGN(const SesSettings settings, read(given));
  return settings_text(settings_schema(), settings);
}

std::string origin_of(const SesSettings& settings) {
  return settings.host.value_or("https://email." + settings.region + ".amazonaws.com");
}

// As the request's Host header has it: without the scheme's own port.
std::string authority_of(std::string_view origin) {
  const bool secure = origin.starts_with("https:");
  std::string_view authority = origin.substr(origin.find("://") + 3);
  const std::string_view own_port = secure ? ":443" : ":80";
  if (authority.ends_with(own_port)) authority.remove_suffix(own_port.size());
  return std::string(authority);
}

MailIdentity identity_of(const SesSettings& settings) {
  MailIdentity identity{.from = parse_mail_address(settings.from).value(),
                        .from_name = settings.from_name.value_or("")};
  if (settings.reply_to && !settings.reply_to->empty()) {
    identity.reply_to = parse_mail_address(*settings.reply_to).value();
  }
  return identity;
}

class SesProvider final : public Provider {
 public:
  SesProvider(const SesSettings& settings, const ProviderServices& services)
      : identity_(identity_of(settings)),
        from_(settings.from),
        configuration_set_(settings.configuration_set.value_or("")),
        url_(origin_of(settings) + std::string(kPath)),
        authority_(authority_of(origin_of(settings))),
        key_{settings.access_key_id, settings.secret_access_key,
             settings.session_token.value_or(""), settings.region, "ses"},
        clock_(services.clock),
        door_(settings.host ? services.own_http : services.http) {}

  void send(Outgoing message, Done done) override {
    if (message.created_at == base::Time{}) message.created_at = clock_.now();
    const base::Result<ComposedMail> mail = compose_mail(message, identity_);
    if (!mail.ok()) {
      SendResult result;
      result.verdict = Verdict::kRefused;
      result.code = mail.error().reason;
      result.detail = mail.error().detail;
      return done(std::move(result));
    }
    outbound::Request request;
    request.method = "POST";
    request.url = url_;
    request.body = body_of(message, *mail);
    const AwsRequest to_sign{.method = "POST",
                             .host = authority_,
                             .path = kPath,
                             .query = {},
                             .headers = {{"content-type", std::string(kJson)}},
                             .body = request.body};
    request.headers = aws_headers(key_, to_sign, clock_.now());
    request.headers.emplace_back("Content-Type", kJson);
    request.traceparent = message.traceparent;
    send_call(
        door_, std::move(request), message.deadline,
        [&clock = clock_](const outbound::Answer& answer) {
          return judge_ses(answer, clock.now());
        },
        std::move(done));
  }

 private:
  [[nodiscard]] std::string body_of(const Outgoing& message, const ComposedMail& mail) const {
    std::string raw;
    for (const std::string& header : mail.headers) raw += header;
    raw += "\r\n";
    raw += mail.body;
    std::string body;
    json::Writer w(body);
    w.begin_object().key("FromEmailAddress").string(from_);
    w.key("Destination").begin_object().key("ToAddresses").begin_array();
    w.string(mail.envelope_to).end_array().end_object();
    w.key("Content").begin_object().key("Raw").begin_object();
    w.key("Data").string(base64(raw)).end_object().end_object();
    // SES's events name it: whose they are is known also where the answer was lost.
    w.key("EmailTags").begin_array().begin_object().key("Name").string("message");
    w.key("Value").string(message.id).end_object().end_array();
    if (!configuration_set_.empty()) w.key("ConfigurationSetName").string(configuration_set_);
    w.end_object();
    return body;
  }

  const MailIdentity identity_;
  const std::string from_, configuration_set_, url_, authority_;
  const AwsKey key_;
  const base::Clock& clock_;
  const HttpDoor door_;
};

base::Result<std::unique_ptr<Provider>> make(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(text));
  ASHLAR_ASSIGN(const SesSettings settings, read(value));
  return std::unique_ptr<Provider>(std::make_unique<SesProvider>(settings, services));
}

struct Named {
  std::string_view type;
  Verdict verdict;
};
// Errors of SendEmail, and those of all of Amazon's services.
constexpr std::array kNamed{Named{"MessageRejected", Verdict::kRefused},
                            Named{"AccountSuspendedException", Verdict::kCredential},
                            Named{"SendingPausedException", Verdict::kCredential},
                            Named{"MailFromDomainNotVerifiedException", Verdict::kCredential},
                            Named{"NotFoundException", Verdict::kCredential},
                            Named{"UnrecognizedClientException", Verdict::kCredential},
                            Named{"InvalidClientTokenId", Verdict::kCredential},
                            Named{"InvalidSignatureException", Verdict::kCredential},
                            Named{"SignatureDoesNotMatch", Verdict::kCredential},
                            Named{"ExpiredTokenException", Verdict::kCredential},
                            Named{"AccessDeniedException", Verdict::kCredential},
                            Named{"LimitExceededException", Verdict::kThrottled},
                            Named{"TooManyRequestsException", Verdict::kThrottled},
                            Named{"ThrottlingException", Verdict::kThrottled},
                            Named{"Throttling", Verdict::kThrottled}};

Verdict by_status(int status) {
  if (status == 401 || status == 403 || status == 404) return Verdict::kCredential;
  if (status == 429) return Verdict::kThrottled;
  if (status == 503) return Verdict::kRetry;
  return status >= 500 || status < 400 ? Verdict::kAmbiguous : Verdict::kOurBug;
}

std::string text_at(const base::Result<json::Value>& body, std::string_view member) {
  const json::Value* found = body.ok() ? body->find(member) : nullptr;
  return found != nullptr && found->if_string() != nullptr ? *found->if_string() : std::string();
}

// "com.amazonaws#MessageRejected", "MessageRejected:http://…" or the name alone.
std::string name_in(std::string_view type) {
  type = type.substr(0, type.find(':'));
  if (const std::size_t at = type.rfind('#'); at != std::string_view::npos) {
    type.remove_prefix(at + 1);
  }
  return std::string(type.substr(0, 64));
}

std::string error_type(const outbound::Answer& answer, const base::Result<json::Value>& body) {
  for (const auto& [name, value] : answer.headers) {
    if (name == "x-amzn-errortype") return name_in(value);
  }
  return name_in(text_at(body, "__type"));
}

}  // namespace

SendResult judge_ses(const outbound::Answer& answer, base::Time now) {
  SendResult result = answered(answer);
  const base::Result<json::Value> body = json::parse(answer.body);
  if (answer.status >= 200 && answer.status < 300) {
    result.provider_ref = text_at(body, "MessageId").substr(0, 255);
    result.verdict = result.provider_ref.empty() ? Verdict::kAmbiguous : Verdict::kAccepted;
    if (result.verdict == Verdict::kAccepted) result.detail.clear();
    return result;
  }
  result.code = error_type(answer, body);
  const auto* named = std::ranges::find(kNamed, std::string_view(result.code), &Named::type);
  // What the service itself could not do is judged by its status alone.
  const bool is_named = named != kNamed.end() && answer.status >= 400 && answer.status < 500;
  result.verdict = is_named ? named->verdict : by_status(answer.status);
  if (const auto pause = outbound::retry_after_of(answer, now)) result.retry_after = *pause;
  return result;
}

ProviderKind ses_kind() {
  return {.type = "ses",
          .channel = Channel::kEmail,
          .secrets = {"secret_access_key", "session_token"},
          .check = check,
          .make = make,
          .read_callback = nullptr};
}

}  // namespace ashlar::notifications
