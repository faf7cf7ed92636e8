#include "modules/notifications/push/apns.h"

#include <atomic>
#include <utility>

#include "base/clock.h"
#include "modules/notifications/push/apns_message.h"
#include "modules/notifications/push/apns_token.h"
#include "modules/notifications/push/push_http.h"
#include "modules/notifications/push/push_settings.h"
#include "modules/notifications/push/token_rejections.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kProduction = "https://api.push.apple.com";
constexpr std::string_view kSandbox = "https://api.sandbox.push.apple.com";
constexpr std::size_t kMaxIdBytes = 64;
constexpr std::size_t kMaxTopicBytes = 255;

struct Settings {
  std::string key, key_id, team_id, topic, environment, host;
};

base::Result<Settings> settings_of(const json::Value& given) {
  Settings s;
  ASHLAR_ASSIGN(s.key, pem_setting(given, "key"));
  if (!P256Key::of_pem(s.key)) {
    return wrong_setting("key", "key is no private key on the curve P-256 (Apple's .p8 file).");
  }
  ASHLAR_ASSIGN(s.key_id, text_setting(given, "key_id", kMaxIdBytes));
  ASHLAR_ASSIGN(s.team_id, text_setting(given, "team_id", kMaxIdBytes));
  ASHLAR_ASSIGN(s.topic, text_setting(given, "topic", kMaxTopicBytes));
  s.environment = "production";
  if (const json::Value* environment = given.find("environment")) {
    const std::string* name = environment->if_string();
    if (name == nullptr || (*name != "production" && *name != "sandbox")) {
      return wrong_setting("environment", "environment is \"production\" or \"sandbox\".");
    }
    s.environment = *name;
  }
  ASHLAR_ASSIGN(s.host, host_setting(given));
  return s;
}

base::Result<std::string> checked(const json::Value& given) {
  ASHLAR_ASSIGN(const Settings s, settings_of(given));
  std::string text;
  json::Writer w(text);
  w.begin_object().key("key").string(s.key).key("key_id").string(s.key_id);
  w.key("team_id").string(s.team_id).key("topic").string(s.topic);
  w.key("environment").string(s.environment);
  if (!s.host.empty()) w.key("host").string(s.host);
  w.end_object();
  return text;
}

class Apns final : public Provider {
 public:
  Apns(const Settings& settings, P256Key key, const ProviderServices& services)
      : shared_(std::make_shared<Shared>(settings, std::move(key), services)),
        door_(PushDoor::of(services, !settings.host.empty())),
        topic_(settings.topic) {
    if (!settings.host.empty()) {
      origin_ = settings.host;
    } else {
      origin_ = settings.environment == "sandbox" ? kSandbox : kProduction;
    }
  }

  void send(Outgoing message, Done done) override {
    auto made = apns_message(message, topic_, shared_->clock.now());
    if (!made.ok()) return done(refused(made.error()));
    std::string bearer = shared_->token.bearer();
    made->fields.push_back({"authorization", bearer});
    outbound::Http2Request request{.url = origin_ + made->path,
                                   .fields = std::move(made->fields),
                                   .body = std::move(made->payload),
                                   .deadline = message.deadline};
    ask(door_, std::move(request),
        [shared = shared_, bearer = std::move(bearer), id = std::move(made->id),
         done = std::move(done)](PushAnswer answer) { done(shared->judge(answer, bearer, id)); });
  }

 private:
  // What outlives the provider, for the requests that are under way.
  struct Shared {
    Shared(const Settings& settings, P256Key key, const ProviderServices& services)
        : clock(services.clock),
          log(services.log),
          bursts(services.metrics.make_counter(
              "ashlar_notifications_apns_token_bursts_total",
              "Device tokens that Apple rejected in such a number that the environment is wrong")),
          token(std::move(key), settings.key_id, settings.team_id, services.clock),
          topic(settings.topic) {}

    SendResult judge(const PushAnswer& answer, const std::string& bearer, const std::string& id) {
      if (!answer.answer) return without_answer(answer);
      SendResult result = apns_verdict(*answer.answer, clock.now());
      if (result.verdict == Verdict::kAccepted && result.provider_ref.empty()) {
        result.provider_ref = id;
      }
      if (result.code == "ExpiredProviderToken" && token.expired(bearer)) {
        result.verdict = Verdict::kRetry;
      }
      const bool rejected = result.verdict == Verdict::kQuarantine;
      const bool judged =
          rejected || result.verdict == Verdict::kAccepted || result.verdict == Verdict::kDropToken;
      if (judged && rejections.record(rejected, clock.mono())) {
        result.verdict = Verdict::kCredential;
        result.detail =
            "Most device tokens are rejected (" + result.code +
            "): is environment or topic another than the app's? Devices are left as they are.";
        bursts.add();
        const std::int64_t minute = clock.mono().time_since_epoch() / std::chrono::minutes(1);
        if (warned_minute.exchange(minute) != minute)
          log.warn("APNs rejects most device tokens", {{"topic", topic}, {"code", result.code}});
      }
      return result;
    }

    const base::Clock& clock;
    obs::Log& log;
    obs::Counter& bursts;
    ApnsToken token;
    TokenRejections rejections;
    std::atomic<std::int64_t> warned_minute{-1};
    const std::string topic;
  };

  static SendResult refused(const base::Error& error) {
    SendResult result;
    const std::string_view reason = error.reason;
    result.verdict = reason == "device_token"        ? Verdict::kQuarantine
                     : reason == "payload_too_large" ? Verdict::kRefused
                                                     : Verdict::kOurBug;
    result.code = reason;
    result.detail = error.detail;
    return result;
  }

  const std::shared_ptr<Shared> shared_;
  const PushDoor door_;
  const std::string topic_;
  std::string origin_;
};

base::Result<std::unique_ptr<Provider>> made(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const json::Value given, json::parse(text));
  ASHLAR_ASSIGN(const Settings settings, settings_of(given));
  auto key = P256Key::of_pem(settings.key);
  if (!key) return wrong_setting("key", "key is no private key on the curve P-256.");
  return std::unique_ptr<Provider>(std::make_unique<Apns>(settings, std::move(*key), services));
}

}  // namespace

ProviderKind apns_kind() {
  return {.type = "apns",
          .channel = Channel::kPush,
          .secrets = {"key"},
          .check = checked,
          .make = made,
          .read_callback = nullptr};
}

}  // namespace ashlar::notifications
