#include "modules/notifications/push/apns_message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "modules/notifications/push/push_http.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/outbound/retry_after.h"
#include "platform/security/digest.h"

namespace ashlar::notifications {
namespace {

// How long it is kept for a device that is off, where the message says nothing.
constexpr base::Seconds kKept{28 * 24 * 3600};
constexpr base::Millis kThrottled{60'000};
constexpr std::size_t kMaxTokenHex = 256;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

bool is_header_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string collapse_id(const std::string& key) {
  if (key.size() <= kMaxCollapseIdBytes && is_header_text(key)) return key;
  return base::base64url_encode(security::sha256(key));
}

// The object; an empty one for no text. nullopt: no object.
std::optional<json::Value::Object> object_of(std::string_view text) {
  if (text.empty()) return json::Value::Object{};
  auto parsed = json::parse(text);
  if (!parsed.ok() || parsed->if_object() == nullptr) return std::nullopt;
  return std::move(*parsed->if_object());
}

void write_aps(json::Writer& w, const Outgoing& message, const json::Value* own) {
  const Rendered& content = message.content;
  const auto has = [own](std::string_view key) {
    return own != nullptr && own->find(key) != nullptr;
  };
  const bool shows = !content.subject.empty() || !content.text.empty();
  w.begin_object();
  if (shows && !has("alert")) {
    w.key("alert").begin_object();
    if (!content.subject.empty()) w.key("title").string(content.subject);
    if (!content.text.empty()) w.key("body").string(content.text);
    w.end_object();
  }
  if (shows && !has("sound")) w.key("sound").string("default");
  if (shows && !message.category.empty() && !has("thread-id")) {
    w.key("thread-id").string(message.category);
  }
  if (!shows && !has("alert") && !has("content-available")) w.key("content-available").integer(1);
  if (own != nullptr) {
    for (const auto& [key, value] : *own->if_object()) w.key(key).value(value);
  }
  w.end_object();
}

}  // namespace

std::string uuid_of(std::string_view id) {
  std::string bytes = security::sha256(id).substr(0, 16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fU) | 0x80U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fU) | 0x80U);
  const std::string hex = base::hex_encode(bytes);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

base::Result<ApnsMessage> apns_message(const Outgoing& message, std::string_view topic,
                                       base::Time now) {
  const std::string& token = message.target.address;
  if (token.empty() || token.size() > kMaxTokenHex || !is_hex(token)) {
    return base::fail(base::Code::kInvalid, "device_token", "a device token is hexadecimal");
  }
  const auto data = object_of(message.content.data);
  if (!data) return base::fail(base::Code::kInvalid, "push_data", "data is no JSON object");
  const json::Value* own = nullptr;
  bool has_url = false;
  for (const auto& [key, value] : *data) {
    if (key == "aps" && value.if_object() != nullptr) own = &value;
    has_url = has_url || key == "url";
  }
  const bool background = message.content.subject.empty() && message.content.text.empty() &&
                          (own == nullptr || own->find("alert") == nullptr);

  ApnsMessage made;
  json::Writer w(made.payload);
  w.begin_object().key("aps");
  write_aps(w, message, own);
  for (const auto& [key, value] : *data) {
    if (key != "aps") w.key(key).value(value);
  }
  if (!message.content.url.empty() && !has_url) w.key("url").string(message.content.url);
  w.end_object();
  if (made.payload.size() > kMaxApnsPayloadBytes) {
    return base::fail(
        base::Code::kInvalid, "payload_too_large",
        "the payload has " + std::to_string(made.payload.size()) + " bytes, Apple takes 4096");
  }

  made.path = "/3/device/" + token;
  made.id = uuid_of(message.id);
  const base::Time until = message.expires_at.value_or(now + kKept);
  const bool at_once = message.urgent && !background;  // Apple refuses 10 for a background push
  made.fields = {
      {"apns-topic", std::string(topic)},
      {"apns-push-type", background ? "background" : "alert"},
      {"apns-priority", at_once ? "10" : "5"},
      {"apns-id", made.id, true},
      {"apns-expiration", std::to_string(base::to_unix_seconds(until)), true},
  };
  if (!message.collapse_key.empty()) {
    made.fields.push_back({"apns-collapse-id", collapse_id(message.collapse_key), true});
  }
  return made;
}

SendResult apns_verdict(const outbound::Answer& answer, base::Time now) {
  SendResult result = by_status(answer, now);
  if (answer.status == 200) {
    result.provider_ref = outbound::header_of(answer, "apns-id");
    return result;
  }
  const auto body = json::parse(answer.body);
  const json::Value* reason = body.ok() ? body->find("reason") : nullptr;
  if (reason != nullptr && reason->if_string() != nullptr) {
    result.code = detail_of(*reason->if_string());
  }
  const std::string_view code = result.code;
  if (answer.status == 410) {
    result.verdict = Verdict::kDropToken;
    const json::Value* since = body.ok() ? body->find("timestamp") : nullptr;
    if (since != nullptr && since->if_integer() != nullptr) {
      const std::int64_t ms = std::clamp<std::int64_t>(*since->if_integer(), 0, 1LL << 50);
      result.gone_since = base::from_micros(ms * 1000);
    }
  } else if (code == "BadDeviceToken" || code == "DeviceTokenNotForTopic") {
    result.verdict = Verdict::kQuarantine;
  } else if (code == "IdleTimeout") {
    result.verdict = Verdict::kRetry;
  } else if (answer.status == 403) {
    result.verdict = Verdict::kCredential;
  } else if (answer.status == 429) {
    result.scope = code == "TooManyRequests" ? ThrottleScope::kAddress : ThrottleScope::kProvider;
    if (!result.retry_after) result.retry_after = kThrottled;
  }
  return result;
}

}  // namespace ashlar::notifications
