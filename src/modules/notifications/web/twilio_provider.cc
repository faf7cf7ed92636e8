#include "modules/notifications/web/twilio_provider.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/clock.h"
#include "base/text.h"
#include "modules/notifications/mail/mime_text.h"
#include "modules/notifications/sms/sms_text.h"
#include "modules/notifications/web/web_call.h"
#include "modules/notifications/web/web_settings.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxParameters = 200;
constexpr std::size_t kMaxMessageIdBytes = 64;
constexpr std::string_view kApi = "https://api.twilio.com";

struct TwilioSettings {
  std::string account_sid, auth_token;
  std::optional<std::string> from, messaging_service_sid, status_callback;
  std::string host = std::string(kApi);
};

const json::Schema<TwilioSettings>& settings_schema() {
  static const auto kSchema =
      json::Schema<TwilioSettings>("TwilioSettings", "An account with Twilio, or one like it.")
          .required("account_sid", &TwilioSettings::account_sid,
                    {.min_length = 1, .max_length = 64, .pattern = "^[A-Za-z0-9_-]+$"})
          .required("auth_token", &TwilioSettings::auth_token, {.min_length = 1, .max_length = 128})
          .optional("from", &TwilioSettings::from, {.min_length = 1, .max_length = 32})
          .optional("messaging_service_sid", &TwilioSettings::messaging_service_sid,
                    {.min_length = 1, .max_length = 64})
          .optional("status_callback", &TwilioSettings::status_callback, {.max_length = 2048})
          .optional("host", &TwilioSettings::host, {.min_length = 1, .max_length = 255});
  return kSchema;
}

base::Result<TwilioSettings> read(const json::Value& given) {
  ASHLAR_ASSIGN(TwilioSettings settings, settings_schema().parse(given));
  if (settings.from.has_value() == settings.messaging_service_sid.has_value()) {
    return wrong_setting("/from", "sender_missing", "Give either from or messaging_service_sid.");
  }
  ASHLAR_ASSIGN(settings.host, checked_origin(settings.host, "/host"));
  if (settings.status_callback) {
    ASHLAR_TRY(check_operators_url(*settings.status_callback, "/status_callback"));
  }
  return settings;
}

base::Result<std::string> check(const json::Value& given) {
  ASHLAR_ASSIGN(const TwilioSettings settings, read(given));
  return settings_text(settings_schema(), settings);
}

base::Result<TwilioSettings> read_text(std::string_view text) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(text));
  return read(value);
}

// What it costs, for the person who looks: "2 segments, UCS-2".
std::string described(const SmsSize& size) {
  return std::to_string(size.segments) + (size.segments == 1 ? " segment, " : " segments, ") +
         (size.encoding == SmsEncoding::kGsm7 ? "GSM-7" : "UCS-2");
}

// Receipts may come before the answer that names the MessageSid is written down: the URL, which
// Twilio signs, says whose they are.
std::string callback_for(std::string_view url, std::string_view message_id) {
  const std::size_t end = std::min(url.find('#'), url.size());
  std::string told(url.substr(0, end));
  told += told.find('?') == std::string::npos ? "?m=" : "&m=";
  told += message_id;
  told += url.substr(end);
  return told;
}

bool is_message_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMessageIdBytes &&
         std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '-' || c == '_';
         });
}

// The last m of the query: others may be the operator's own. Empty: there is none.
std::string_view message_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t query = url.find('?');
  if (query == std::string_view::npos) return {};
  std::string_view found;
  for (std::string_view rest = url.substr(query + 1); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    if (rest.substr(0, end).starts_with("m=")) found = rest.substr(2, end - 2);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return is_message_id(found) ? found : std::string_view();
}

class TwilioProvider final : public Provider {
 public:
  TwilioProvider(TwilioSettings settings, const ProviderServices& services)
      : settings_(std::move(settings)),
        url_(settings_.host + "/2010-04-01/Accounts/" + settings_.account_sid + "/Messages.json"),
        authorization_("Basic " + base64(settings_.account_sid + ":" + settings_.auth_token)),
        clock_(services.clock),
        door_(services.own_http) {}

  void send(Outgoing message, Done done) override {
    outbound::Request request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Authorization", authorization_},
                       {"Content-Type", "application/x-www-form-urlencoded"}};
    append_form(request.body, "To", message.target.address);
    if (settings_.from) append_form(request.body, "From", *settings_.from);
    if (settings_.messaging_service_sid) {
      append_form(request.body, "MessagingServiceSid", *settings_.messaging_service_sid);
    }
    append_form(request.body, "Body", message.content.text);
    if (settings_.status_callback) {
      append_form(request.body, "StatusCallback",
                  callback_for(*settings_.status_callback, message.id));
    }
    request.traceparent = message.traceparent;
    const std::string size = described(size_of_sms(message.content.text));
    send_call(
        door_, std::move(request), message.deadline,
        [&clock = clock_, size](const outbound::Answer& answer) {
          SendResult result = judge_twilio(answer, clock.now());
          if (result.verdict == Verdict::kAccepted) result.detail = size;
          return result;
        },
        std::move(done));
  }

 private:
  const TwilioSettings settings_;
  const std::string url_, authorization_;
  const base::Clock& clock_;
  const HttpDoor door_;
};

base::Result<std::unique_ptr<Provider>> make(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(TwilioSettings settings, read_text(text));
  return std::unique_ptr<Provider>(std::make_unique<TwilioProvider>(std::move(settings), services));
}

struct Code {
  std::int64_t code;
  Verdict verdict;
};
// Twilio's error dictionary, those that a message's creation is answered with.
constexpr std::array kCodes{Code{20003, Verdict::kCredential}, Code{20005, Verdict::kCredential},
                            Code{20006, Verdict::kCredential}, Code{20008, Verdict::kCredential},
                            Code{20429, Verdict::kThrottled},  Code{14107, Verdict::kThrottled},
                            Code{21211, Verdict::kSuppress},   Code{21214, Verdict::kSuppress},
                            Code{21217, Verdict::kSuppress},   Code{21610, Verdict::kSuppress},
                            Code{21614, Verdict::kSuppress},   Code{21408, Verdict::kRefused},
                            Code{21612, Verdict::kRefused},    Code{21606, Verdict::kCredential},
                            Code{21603, Verdict::kCredential}, Code{21611, Verdict::kThrottled},
                            Code{21602, Verdict::kOurBug},     Code{21604, Verdict::kOurBug},
                            Code{21605, Verdict::kOurBug},     Code{21617, Verdict::kOurBug}};

std::optional<Verdict> verdict_of(std::int64_t code) {
  const auto* found = std::ranges::find(kCodes, code, &Code::code);
  if (found != kCodes.end()) return found->verdict;
  if (code >= 30000 && code < 40000) return Verdict::kRefused;
  return std::nullopt;
}

Verdict by_status(int status) {
  if (status == 401 || status == 403) return Verdict::kCredential;
  if (status == 429) return Verdict::kThrottled;
  if (status == 503) return Verdict::kRetry;
  return status >= 500 || status < 400 ? Verdict::kAmbiguous : Verdict::kOurBug;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string_view parameter(const Parameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameters::value_type::first);
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

// The words that carriers take for it, alone in a message.
bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  const std::string_view word = base::trim_spaces(text);
  return std::ranges::any_of(words,
                             [&](std::string_view w) { return base::ascii_iequals(w, word); });
}

std::optional<Report::Kind> inbound_kind(const Parameters& parameters) {
  const std::string_view type = parameter(parameters, "OptOutType");
  const std::string_view body = parameter(parameters, "Body");
  if (type == "STOP" || is_one_of(body, {"stop", "stopall", "unsubscribe", "cancel", "end", "quit",
                                         "revoke", "optout"})) {
    return Report::Kind::kStop;
  }
  if (type == "START" || is_one_of(body, {"start", "unstop", "yes"})) return Report::Kind::kStart;
  return std::nullopt;
}

std::optional<Report::Kind> status_kind(std::string_view status) {
  if (status == "sent") return Report::Kind::kSent;
  if (status == "delivered") return Report::Kind::kDelivered;
  if (status == "read") return Report::Kind::kOpened;
  if (status == "undelivered" || status == "failed") return Report::Kind::kFailed;
  return std::nullopt;
}

// Which message the signed URL names; empty: none. nullopt: nothing is signed. Behind a proxy the
// URL that was called is not the one that was signed: the one that Twilio was told counts too.
std::optional<std::string_view> signed_message(const TwilioSettings& settings,
                                               const Callback& callback,
                                               const Parameters& parameters) {
  const auto given =
      std::ranges::find(callback.headers, "x-twilio-signature", &Parameters::value_type::first);
  if (given == callback.headers.end()) return std::nullopt;
  const auto holds = [&](std::string_view url) {
    return base::constant_time_equals(given->second,
                                      twilio_signature(settings.auth_token, url, parameters));
  };
  const std::string_view message = message_of(callback.url);
  if (holds(callback.url)) return message;
  if (!settings.status_callback) return std::nullopt;
  if (!message.empty() && holds(callback_for(*settings.status_callback, message))) return message;
  if (holds(*settings.status_callback)) return std::string_view();
  return std::nullopt;
}

base::Result<std::vector<Report>> read_callback(std::string_view text, const Callback& callback) {
  ASHLAR_ASSIGN(const TwilioSettings settings, read_text(text));
  const std::optional<Parameters> parameters = parse_form(callback.body, kMaxParameters);
  if (!parameters) {
    return base::fail(base::Code::kInvalid, "callback_malformed", "The body is no form.");
  }
  const std::optional<std::string_view> message = signed_message(settings, callback, *parameters);
  if (!message) {
    return base::fail(base::Code::kForbidden, "callback_signature",
                      "X-Twilio-Signature is not that of this URL and these parameters.");
  }
  Report report;
  report.provider_ref = parameter(*parameters, "MessageSid");
  report.at = callback.now;
  const std::string_view status = parameter(*parameters, "MessageStatus");
  const auto kind = status.empty() ? inbound_kind(*parameters) : status_kind(status);
  if (!kind) return std::vector<Report>{};  // queued, sending; an answer that is no opt-out
  report.kind = *kind;
  if (status.empty()) {
    report.address = parameter(*parameters, "From");
    report.dedupe = report.provider_ref + ":inbound";
  } else {
    report.message_id = *message;
    report.dedupe = report.provider_ref + ":" + std::string(status);
    report.detail = parameter(*parameters, "ErrorCode");
  }
  return std::vector{std::move(report)};
}

}  // namespace

SendResult judge_twilio(const outbound::Answer& answer, base::Time now) {
  SendResult result = answered(answer);
  const base::Result<json::Value> body = json::parse(answer.body);
  const json::Value* sid = body.ok() ? body->find("sid") : nullptr;
  if (answer.status >= 200 && answer.status < 300) {
    // Something between us and Twilio may have answered: without a sid nothing is known.
    if (sid == nullptr || sid->if_string() == nullptr) return result;
    result.verdict = Verdict::kAccepted;
    result.provider_ref = *sid->if_string();
    result.detail.clear();
    return result;
  }
  result.verdict = by_status(answer.status);
  const json::Value* code = body.ok() ? body->find("code") : nullptr;
  if (code != nullptr && code->if_integer() != nullptr) {
    result.code = std::to_string(*code->if_integer());
    if (answer.status < 500) {
      result.verdict = verdict_of(*code->if_integer()).value_or(result.verdict);
    }
  }
  if (result.verdict == Verdict::kThrottled || result.verdict == Verdict::kRetry) {
    const auto pause = outbound::retry_after_of(answer, now);
    if (pause) result.retry_after = *pause;
  }
  return result;
}

std::string twilio_signature(std::string_view token, std::string_view url,
                             std::vector<std::pair<std::string, std::string>> parameters) {
  std::ranges::sort(parameters);
  std::string text(url);
  for (const auto& [name, value] : parameters) text += name + value;
  std::array<unsigned char, EVP_MAX_MD_SIZE> tag{};
  unsigned int size = 0;
  HMAC(EVP_sha1(), token.data(), static_cast<int>(token.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), tag.data(), &size);
  return base64({reinterpret_cast<const char*>(tag.data()), size});
}

ProviderKind twilio_kind() {
  return {.type = "twilio",
          .channel = Channel::kSms,
          .secrets = {"auth_token"},
          .check = check,
          .make = make,
          .read_callback = read_callback};
}

}  // namespace ashlar::notifications
