#include "modules/notifications/web/slack_provider.h"

#include <memory>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/web/web_call.h"
#include "modules/notifications/web/web_settings.h"
#include "platform/json/parse.h"
#include "platform/outbound/retry_after.h"

namespace ashlar::notifications {
namespace {

struct SlackSettings {
  std::string url;
};

const json::Schema<SlackSettings>& settings_schema() {
  static const auto kSchema =
      json::Schema<SlackSettings>("SlackSettings", "An incoming webhook of a channel.")
          .required("url", &SlackSettings::url, {.min_length = 1, .max_length = 2048});
  return kSchema;
}

base::Result<SlackSettings> read(const json::Value& given) {
  ASHLAR_ASSIGN(SlackSettings settings, settings_schema().parse(given));
  ASHLAR_TRY(check_operators_url(settings.url, "/url"));
  return settings;
}

base::Result<std::string> check(const json::Value& given) {
  ASHLAR_ASSIGN(const SlackSettings settings, read(given));
  return settings_text(settings_schema(), settings);
}

// What Slack would take for its own marks (docs: "Escaping text").
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string body_of(const Rendered& content) {
  std::string text;
  if (!content.subject.empty()) text += "*" + escaped(content.subject) + "*\n";
  text += escaped(content.text);
  if (!content.url.empty()) text += "\n" + escaped(content.url);
  std::string body;
  json::Writer(body).begin_object().key("text").string(text).end_object();
  return body;
}

class SlackProvider final : public Provider {
 public:
  SlackProvider(SlackSettings settings, const ProviderServices& services)
      : settings_(std::move(settings)), clock_(services.clock), door_(services.own_http) {}

  void send(Outgoing message, Done done) override {
    outbound::Request request;
    request.method = "POST";
    request.url = settings_.url;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body_of(message.content);
    request.traceparent = message.traceparent;
    send_call(
        door_, std::move(request), message.deadline,
        [&clock = clock_](const outbound::Answer& answer) {
          return judge_slack(answer, clock.now());
        },
        std::move(done));
  }

 private:
  const SlackSettings settings_;
  const base::Clock& clock_;
  const HttpDoor door_;
};

base::Result<std::unique_ptr<Provider>> make(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(text));
  ASHLAR_ASSIGN(SlackSettings settings, read(value));
  return std::unique_ptr<Provider>(std::make_unique<SlackProvider>(std::move(settings), services));
}

}  // namespace

SendResult judge_slack(const outbound::Answer& answer, base::Time now) {
  SendResult result = answered(answer);
  result.code = answer.status == 200 ? "" : result.detail.substr(0, result.detail.find(' '));
  switch (answer.status) {
    case 200:
      result.verdict = Verdict::kAccepted;
      result.detail.clear();
      break;
    case 401:
    case 403:
    case 404:
    case 410:
      result.verdict = Verdict::kCredential;
      break;
    case 429:
      result.verdict = Verdict::kThrottled;
      break;
    case 503:
      result.verdict = Verdict::kRetry;
      break;
    default:
      result.verdict =
          answer.status >= 500 || answer.status < 400 ? Verdict::kAmbiguous : Verdict::kOurBug;
  }
  if (const auto pause = outbound::retry_after_of(answer, now)) result.retry_after = *pause;
  return result;
}

ProviderKind slack_kind() {
  return {.type = "slack",
          .channel = Channel::kChat,
          .secrets = {"url"},
          .check = check,
          .make = make,
          .read_callback = nullptr};
}

}  // namespace ashlar::notifications
