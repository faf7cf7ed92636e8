#include "modules/notifications/push/fcm.h"

#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "modules/notifications/push/fcm_message.h"
#include "modules/notifications/push/google_token.h"
#include "modules/notifications/push/push_http.h"
#include "modules/notifications/push/push_settings.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/outbound/target.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kHost = "https://fcm.googleapis.com";
constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";
constexpr std::size_t kMaxTextBytes = 512;

struct Settings {
  ServiceAccount account;
  std::string host;
};

// The file as Google gives it: an object, or its text.
base::Result<json::Value> account_file(const json::Value& given) {
  const json::Value* file = given.find("service_account");
  if (file != nullptr && file->if_string() != nullptr) {
    auto parsed = json::parse(*file->if_string());
    if (parsed.ok() && parsed->if_object() != nullptr) return parsed;
  } else if (file != nullptr && file->if_object() != nullptr) {
    return *file;
  }
  return wrong_setting("service_account",
                       "service_account is the JSON file of a service account of the project.");
}

base::Result<Settings> settings_of(const json::Value& given) {
  Settings s;
  ASHLAR_ASSIGN(s.host, host_setting(given));
  ASHLAR_ASSIGN(const json::Value file, account_file(given));
  ASHLAR_ASSIGN(s.account.project_id, text_setting(file, "project_id", kMaxTextBytes));
  ASHLAR_ASSIGN(s.account.client_email, text_setting(file, "client_email", kMaxTextBytes));
  ASHLAR_ASSIGN(s.account.private_key, pem_setting(file, "private_key"));
  if (!RsaKey::of_pem(s.account.private_key)) {
    return wrong_setting("service_account/private_key",
                         "private_key is no RSA key of 2048 bits or more.");
  }
  if (file.find("private_key_id") != nullptr) {
    ASHLAR_ASSIGN(s.account.private_key_id, text_setting(file, "private_key_id", kMaxTextBytes));
  }
  s.account.token_uri = kTokenUri;
  if (file.find("token_uri") != nullptr) {
    ASHLAR_ASSIGN(s.account.token_uri, text_setting(file, "token_uri", kMaxTextBytes));
  }
  ASHLAR_TRY(outbound::check_target(s.account.token_uri, {.allow_private = !s.host.empty()},
                                    "/service_account/token_uri"));
  return s;
}

base::Result<std::string> checked(const json::Value& given) {
  ASHLAR_ASSIGN(const Settings s, settings_of(given));
  std::string text;
  json::Writer w(text);
  w.begin_object().key("service_account").begin_object();
  w.key("project_id").string(s.account.project_id);
  w.key("client_email").string(s.account.client_email);
  w.key("private_key").string(s.account.private_key);
  if (!s.account.private_key_id.empty()) w.key("private_key_id").string(s.account.private_key_id);
  w.key("token_uri").string(s.account.token_uri).end_object();
  w.key("project_id").string(s.account.project_id);
  if (!s.host.empty()) w.key("host").string(s.host);
  w.end_object();
  return text;
}

class Fcm final : public Provider {
 public:
  Fcm(const Settings& settings, RsaKey key, const ProviderServices& services)
      : clock_(services.clock),
        shared_(std::make_shared<Shared>(settings, std::move(key), services)) {}

  void send(Outgoing message, Done done) override {
    auto body = fcm_message(message, clock_.now());
    if (!body.ok()) {
      SendResult result;
      const std::string_view reason = body.error().reason;
      result.verdict = reason == "payload_too_large" ? Verdict::kRefused : Verdict::kOurBug;
      result.code = reason;
      result.detail = body.error().detail;
      return done(std::move(result));
    }
    auto sending =
        std::make_shared<Sending>(shared_, std::move(*body), message.deadline, std::move(done));
    start(sending);
  }

 private:
  // What outlives the provider, for the requests that are under way.
  struct Shared {
    Shared(const Settings& settings, RsaKey key, const ProviderServices& services)
        : clock(services.clock),
          door(PushDoor::of(services, !settings.host.empty())),
          url((settings.host.empty() ? std::string(kHost) : settings.host) + "/v1/projects/" +
              base::percent_encode(settings.account.project_id) + "/messages:send"),
          token(std::make_shared<GoogleToken>(settings.account, std::move(key), door,
                                              services.clock)) {}
    const base::Clock& clock;
    const PushDoor door;
    const std::string url;
    const std::shared_ptr<GoogleToken> token;
  };

  struct Sending {
    Sending(std::shared_ptr<Shared> own_shared, std::string own_body, base::Mono own_deadline,
            Done own_done)
        : shared(std::move(own_shared)),
          body(std::move(own_body)),
          deadline(own_deadline),
          done(std::move(own_done)) {}
    void end(SendResult result) const { done(std::move(result)); }

    const std::shared_ptr<Shared> shared;
    const std::string body;
    const base::Mono deadline;
    const Done done;
    std::string bearer;
    bool again = false;  // a 401 has been answered by a new token
  };

  static void start(const std::shared_ptr<Sending>& sending) {
    sending->shared->token->with(
        sending->deadline, [sending](const std::string& bearer, const SendResult& why) {
          if (bearer.empty()) return sending->end(why);
          sending->bearer = bearer;
          outbound::Http2Request request{
              .url = sending->shared->url,
              .fields = {{"content-type", "application/json"}, {"authorization", bearer}},
              .body = sending->body,
              .deadline = sending->deadline};
          ask(sending->shared->door, std::move(request),
              [sending](const PushAnswer& answer) { answered(sending, answer); });
        });
  }

  static void answered(const std::shared_ptr<Sending>& sending, const PushAnswer& answer) {
    if (!answer.answer) return sending->end(without_answer(answer));
    SendResult result = fcm_verdict(*answer.answer, sending->shared->clock.now());
    const bool stale = result.status == 401 && result.code != "THIRD_PARTY_AUTH_ERROR";
    if (!stale) return sending->end(std::move(result));
    const bool renewed = sending->shared->token->refused(sending->bearer);
    if (!renewed || std::exchange(sending->again, true)) return sending->end(std::move(result));
    start(sending);
  }

  const base::Clock& clock_;
  const std::shared_ptr<Shared> shared_;
};

base::Result<std::unique_ptr<Provider>> made(std::string_view text,
                                             const ProviderServices& services) {
  ASHLAR_ASSIGN(const json::Value given, json::parse(text));
  ASHLAR_ASSIGN(const Settings settings, settings_of(given));
  auto key = RsaKey::of_pem(settings.account.private_key);
  if (!key) return wrong_setting("service_account/private_key", "private_key is no RSA key.");
  return std::unique_ptr<Provider>(std::make_unique<Fcm>(settings, std::move(*key), services));
}

}  // namespace

ProviderKind fcm_kind() {
  return {.type = "fcm",
          .channel = Channel::kPush,
          .secrets = {"service_account"},
          .check = checked,
          .make = made,
          .read_callback = nullptr};
}

}  // namespace ashlar::notifications
