#include "modules/notifications/push/web_push.h"

#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "modules/notifications/push/push_http.h"
#include "modules/notifications/push/push_settings.h"
#include "modules/notifications/push/vapid.h"
#include "modules/notifications/push/web_push_message.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/outbound/target.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxSubjectBytes = 512;
constexpr std::size_t kMaxKeyText = 128;

struct Settings {
  std::string subject;
  std::optional<P256Key> key;
  std::int64_t pad_to = 0;
  std::string host;
};

// Of the two places where the private key may stand; nullopt: in neither.
base::Result<std::optional<P256Key>> key_of(const json::Value& given, const json::Value& vapid) {
  const bool inside = vapid.find("private_key") != nullptr;
  if (!inside && given.find("vapid_private_key") == nullptr) return std::optional<P256Key>();
  const char* place = inside ? "vapid/private_key" : "vapid_private_key";
  ASHLAR_ASSIGN(const std::string text,
                text_setting(inside ? vapid : given, inside ? "private_key" : place, kMaxKeyText));
  const auto bytes = base::base64url_decode(text);
  auto key = bytes ? P256Key::of_private(*bytes) : std::nullopt;
  if (!key) return wrong_setting(place, "a private key is 32 bytes in base64url.");
  return key;
}

base::Result<Settings> settings_of(const json::Value& given) {
  Settings s;
  ASHLAR_ASSIGN(s.host, host_setting(given));
  const json::Value* vapid = given.find("vapid");
  if (vapid == nullptr || vapid->if_object() == nullptr) {
    return wrong_setting("vapid", "vapid is an object with a subject.");
  }
  ASHLAR_ASSIGN(s.subject, text_setting(*vapid, "subject", kMaxSubjectBytes));
  if (!s.subject.starts_with("mailto:") && !s.subject.starts_with("https://")) {
    return wrong_setting("vapid/subject", "subject is a mailto: or https: URL.");
  }
  ASHLAR_ASSIGN(s.key, key_of(given, *vapid));
  const json::Value* open = vapid->find("public_key");
  if (open != nullptr) {
    const std::string* text = open->if_string();
    if (text == nullptr || !s.key || *text != base::base64url_encode(s.key->public_bytes())) {
      return wrong_setting("vapid/public_key", "public_key does not belong to the private key.");
    }
  }
  if (const json::Value* pad = given.find("pad_to")) {
    if (pad->if_integer() == nullptr || *pad->if_integer() < 0 ||
        *pad->if_integer() > static_cast<std::int64_t>(kMaxPushPlainBytes)) {
      return wrong_setting("pad_to", "pad_to is a number from 0 to 3993.");
    }
    s.pad_to = *pad->if_integer();
  }
  return s;
}

base::Result<std::string> checked(const json::Value& given) {
  ASHLAR_ASSIGN(Settings s, settings_of(given));
  if (!s.key) s.key = P256Key::generate();
  std::string text;
  json::Writer w(text);
  w.begin_object().key("vapid").begin_object().key("subject").string(s.subject);
  w.key("public_key").string(base::base64url_encode(s.key->public_bytes())).end_object();
  w.key("vapid_private_key").string(base::base64url_encode(s.key->private_bytes()));
  w.key("pad_to").integer(s.pad_to);
  if (!s.host.empty()) w.key("host").string(s.host);
  w.end_object();
  return text;
}

class WebPush final : public Provider {
 public:
  WebPush(const Settings& settings, const ProviderServices& services)
      : clock_(services.clock),
        entropy_(services.entropy),
        vapid_(*settings.key, settings.subject, services.clock),
        pad_to_(static_cast<std::size_t>(settings.pad_to)),
        door_(PushDoor::of(services, false)),
        own_door_(PushDoor::of(services, true)),
        own_host_(settings.host) {}

  void send(Outgoing message, Done done) override {
    const std::string& endpoint = message.target.address;
    const bool own = is_own(endpoint);
    auto target = outbound::check_target(endpoint, {.allow_private = own});
    if (!target.ok()) return done(refused(Verdict::kQuarantine, target.error()));
    if (!target->secure && !own) {
      return done(refused(Verdict::kQuarantine, base::fail(base::Code::kInvalid, "device_token",
                                                           "an endpoint is an https URL")));
    }
    auto made = web_push_message(message, clock_.now(), pad_to_, entropy_);
    if (!made.ok()) {
      const std::string_view reason = made.error().reason;
      const Verdict verdict = reason == "device_token"        ? Verdict::kQuarantine
                              : reason == "payload_too_large" ? Verdict::kRefused
                                                              : Verdict::kOurBug;
      return done(refused(verdict, made.error()));
    }
    made->fields.push_back({"authorization", vapid_.authorization(origin_of(*target))});
    outbound::Http2Request request{.url = endpoint,
                                   .fields = std::move(made->fields),
                                   .body = std::move(made->body),
                                   .deadline = message.deadline};
    ask(own ? own_door_ : door_, std::move(request),
        [done = std::move(done), &clock = clock_](const PushAnswer& answer) {
          done(judge(answer, clock.now()));
        });
  }

 private:
  [[nodiscard]] bool is_own(const std::string& endpoint) const {
    return !own_host_.empty() && endpoint.starts_with(own_host_) &&
           endpoint.size() > own_host_.size() && endpoint[own_host_.size()] == '/';
  }

  static std::string origin_of(const outbound::Target& target) {
    const bool usual = target.port == (target.secure ? 443 : 80);
    return (target.secure ? "https://" : "http://") + target.host +
           (usual ? "" : ":" + std::to_string(target.port));
  }

  static SendResult refused(Verdict verdict, const base::Error& error) {
    SendResult result;
    result.verdict = verdict;
    result.code = error.reason;
    result.detail = error.detail;
    return result;
  }

  static SendResult judge(const PushAnswer& answer, base::Time now) {
    if (answer.answer) return web_push_verdict(*answer.answer, now);
    if (answer.forbidden) {
      return refused(Verdict::kQuarantine,
                     base::fail(base::Code::kForbidden, "target_forbidden", answer.detail));
    }
    return web_push_silence(without_answer(answer));
  }

  const base::Clock& clock_;
  base::Entropy& entropy_;
  Vapid vapid_;
  const std::size_t pad_to_;
  const PushDoor door_;
  const PushDoor own_door_;
  const std::string own_host_;
};

base::Result<std::unique_ptr<Provider>> made(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const json::Value given, json::parse(text));
  ASHLAR_ASSIGN(const Settings settings, settings_of(given));
  if (!settings.key) return wrong_setting("vapid/private_key", "a private key is needed.");
  return std::unique_ptr<Provider>(std::make_unique<WebPush>(settings, services));
}

}  // namespace

ProviderKind webpush_kind() {
  return {.type = "webpush",
          .channel = Channel::kPush,
          .secrets = {"vapid_private_key"},
          .is_one_service = false,
          .check = checked,
          .make = made,
          .read_callback = nullptr};
}

}  // namespace ashlar::notifications
