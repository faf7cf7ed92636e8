#include "modules/notifications/web/http_provider.h"

#include <memory>
#include <span>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/web/web_call.h"
#include "modules/notifications/web/web_settings.h"
#include "platform/json/parse.h"
#include "platform/outbound/retry_after.h"
#include "platform/outbound/standard_webhooks.h"

namespace ashlar::notifications {
namespace {

struct HttpSettings {
  std::string url, secret;
};

const json::Schema<HttpSettings>& settings_schema() {
  static const auto kSchema =
      json::Schema<HttpSettings>("HttpProviderSettings", "A service of one's own.")
          .required("url", &HttpSettings::url, {.min_length = 1, .max_length = 2048})
          .required("secret", &HttpSettings::secret, {.min_length = 1, .max_length = 200});
  return kSchema;
}

base::Result<HttpSettings> read(const json::Value& given) {
  ASHLAR_ASSIGN(HttpSettings settings, settings_schema().parse(given));
  ASHLAR_TRY(check_operators_url(settings.url, "/url"));
  if (!outbound::SigningKey::parse(settings.secret)) {
    return wrong_setting("/secret", "secret_malformed",
                         "A secret is whsec_ with base64 of 24 to 64 bytes.");
  }
  return settings;
}

base::Result<std::string> check(const json::Value& given) {
  ASHLAR_ASSIGN(const HttpSettings settings, read(given));
  return settings_text(settings_schema(), settings);
}

std::string body_of(const Outgoing& message) {
  std::string body;
  json::Writer w(body);
  const auto text = [&w](std::string_view key, std::string_view value) {
    if (!value.empty()) w.key(key).string(value);
  };
  w.begin_object().key("id").string(message.id).key("to").begin_object();
  text("address", message.target.address);
  text("device", message.target.device);
  w.end_object().key("content").begin_object();
  text("subject", message.content.subject);
  text("text", message.content.text);
  text("html", message.content.html);
  text("url", message.content.url);
  if (!message.content.data.empty()) w.key("data").raw(message.content.data);
  w.end_object();
  text("category", message.category);
  text("unsubscribe_url", message.unsubscribe_url);
  if (message.expires_at) text("expires_at", base::format_rfc3339(*message.expires_at));
  w.end_object();
  return body;
}

class HttpProvider final : public Provider {
 public:
  HttpProvider(HttpSettings settings, outbound::SigningKey key, const ProviderServices& services)
      : settings_(std::move(settings)),
        key_(std::move(key)),
        clock_(services.clock),
        door_(services.own_http) {}

  void send(Outgoing message, Done done) override {
    outbound::Request request;
    request.method = "POST";
    request.url = settings_.url;
    request.body = body_of(message);
    request.headers =
        outbound::signed_headers(std::span(&key_, 1), message.id, clock_.now(), request.body);
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("User-Agent", "Ashlar-Notifications/1");
    request.traceparent = message.traceparent;
    send_call(
        door_, std::move(request), message.deadline,
        [&clock = clock_](const outbound::Answer& answer) {
          return judge_http(answer, clock.now());
        },
        std::move(done));
  }

 private:
  const HttpSettings settings_;
  const outbound::SigningKey key_;
  const base::Clock& clock_;
  const HttpDoor door_;
};

base::Result<std::unique_ptr<Provider>> make(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(text));
  ASHLAR_ASSIGN(HttpSettings settings, read(value));
  outbound::SigningKey key = *outbound::SigningKey::parse(settings.secret);
  return std::unique_ptr<Provider>(
      std::make_unique<HttpProvider>(std::move(settings), std::move(key), services));
}

Verdict verdict_of(int status) {
  if (status >= 200 && status < 300) return Verdict::kAccepted;
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 410:  // the service's own URL: it says nothing of whom it was about
      return Verdict::kCredential;
    case 422:
      return Verdict::kRefused;
    case 429:
    case 502:
    case 503:
    case 504:
      return Verdict::kThrottled;
    default:
      return status >= 500 ? Verdict::kAmbiguous : Verdict::kOurBug;
  }
}

}  // namespace

SendResult judge_http(const outbound::Answer& answer, base::Time now) {
  SendResult result = answered(answer);
  result.verdict = verdict_of(answer.status);
  if (result.verdict == Verdict::kAccepted) {
    result.detail.clear();
    const base::Result<json::Value> body = json::parse(answer.body);
    const json::Value* ref = body.ok() ? body->find("ref") : nullptr;
    if (ref != nullptr && ref->if_string() != nullptr) {
      result.provider_ref = ref->if_string()->substr(0, 255);
    }
  } else if (const auto pause = outbound::retry_after_of(answer, now)) {
    result.retry_after = *pause;
  }
  return result;
}

ProviderKind http_kind() {
  return {.type = "http",
          .channel = Channel::kHttp,
          .secrets = {"secret"},
          .check = check,
          .make = make,
          .read_callback = nullptr};
}

}  // namespace ashlar::notifications
