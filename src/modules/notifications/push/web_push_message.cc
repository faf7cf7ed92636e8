#include "modules/notifications/push/web_push_message.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/encoding.h"
#include "base/entropy.h"
#include "modules/notifications/push/p256.h"
#include "modules/notifications/push/push_http.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/outbound/retry_after.h"
#include "platform/security/digest.h"

namespace ashlar::notifications {
namespace {

constexpr std::int64_t kLongestTtlS = 28 * 24 * 3600;
constexpr std::size_t kTopicBytes = 24;  // 32 characters of base64url

std::optional<std::string> decoded(const json::Value& keys, std::string_view name) {
  const json::Value* value = keys.find(name);
  if (value == nullptr || value->if_string() == nullptr) return std::nullopt;
  std::string_view text = *value->if_string();
  while (text.ends_with('=')) text.remove_suffix(1);
  return base::base64url_decode(text);
}

base::Result<std::string> plain_of(const Outgoing& message) {
  const Rendered& content = message.content;
  std::string text;
  json::Writer w(text);
  w.begin_object();
  if (!content.subject.empty()) w.key("title").string(content.subject);
  if (!content.text.empty()) w.key("body").string(content.text);
  if (!content.url.empty()) w.key("url").string(content.url);
  if (!message.collapse_key.empty()) w.key("tag").string(message.collapse_key);
  if (!content.data.empty()) {
    const auto data = json::parse(content.data);
    if (!data.ok() || data->if_object() == nullptr) {
      return base::fail(base::Code::kInvalid, "push_data", "data is no JSON object");
    }
    w.key("data").value(*data);
  }
  w.end_object();
  if (text.size() > kMaxPushPlainBytes) {
    return base::fail(
        base::Code::kInvalid, "payload_too_large",
        "the message has " + std::to_string(text.size()) + " bytes, a push service takes 3993");
  }
  return text;
}

}  // namespace

std::optional<BrowserKeys> browser_keys(std::string_view extra) {
  const auto keys = json::parse(extra);
  if (!keys.ok()) return std::nullopt;
  auto p256dh = decoded(*keys, "p256dh");
  auto auth = decoded(*keys, "auth");
  if (!p256dh || !auth || auth->size() != kPushAuthBytes) return std::nullopt;
  return BrowserKeys{std::move(*p256dh), std::move(*auth)};
}

base::Result<WebPushMessage> web_push_message(const Outgoing& message, base::Time now,
                                              std::size_t pad_to, base::Entropy& entropy) {
  ASHLAR_ASSIGN(const std::string plain, plain_of(message));
  const std::optional<BrowserKeys> keys = browser_keys(message.target.extra);
  std::optional<std::string> body;
  if (keys) {
    std::string salt(kPushSaltBytes, '\0');
    entropy.fill(std::as_writable_bytes(std::span(salt)));
    const P256Key key = P256Key::generate();
    body = encrypt_push(plain, *keys, {key, salt}, pad_to);
  }
  if (!body) {
    return base::fail(base::Code::kInvalid, "device_token",
                      "the subscription's keys p256dh and auth are none");
  }
  WebPushMessage made;
  made.body = std::move(*body);
  std::int64_t ttl = kLongestTtlS;
  if (message.expires_at) {
    ttl = std::clamp<std::int64_t>(
        std::chrono::floor<base::Seconds>(*message.expires_at - now).count(), 0, kLongestTtlS);
  }
  made.fields = {{"ttl", std::to_string(ttl), true},
                 {"urgency", message.urgent ? "high" : "normal"},
                 {"content-encoding", "aes128gcm"},
                 {"content-type", "application/octet-stream"}};
  if (!message.collapse_key.empty()) {
    const std::string hash = security::sha256(message.collapse_key).substr(0, kTopicBytes);
    made.fields.push_back({"topic", base::base64url_encode(hash), true});
  }
  return made;
}

SendResult web_push_verdict(const outbound::Answer& answer, base::Time now) {
  SendResult result = by_status(answer, now);
  switch (answer.status) {
    case 404:
    case 410:
      result.verdict = Verdict::kDropToken;
      break;
    case 401:
    case 403:
      result.verdict = Verdict::kQuarantine;
      break;
    case 413:
      result.verdict = Verdict::kRefused;
      result.code = "payload_too_large";
      break;
    default:
      break;
  }
  if (result.verdict == Verdict::kAccepted) {
    result.provider_ref = detail_of(outbound::header_of(answer, "location"));
  }
  return web_push_silence(std::move(result));
}

SendResult web_push_silence(SendResult result) {
  if (result.verdict == Verdict::kRetry) result.verdict = Verdict::kThrottled;
  result.scope = ThrottleScope::kAddress;
  return result;
}

}  // namespace ashlar::notifications
