#include "modules/notifications/push/fcm_message.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "modules/notifications/push/push_http.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

constexpr base::Millis kThrottled{60'000};
constexpr std::int64_t kLongestTtlS = 28 * 24 * 3600;

std::int64_t ttl_s(const Outgoing& message, base::Time now) {
  if (!message.expires_at) return kLongestTtlS;
  return std::clamp<std::int64_t>(
      std::chrono::floor<base::Seconds>(*message.expires_at - now).count(), 0, kLongestTtlS);
}

// {"key": "text", …}
base::Result<std::string> data_of(const Rendered& content) {
  json::Value::Object members;
  if (!content.data.empty()) {
    auto parsed = json::parse(content.data);
    if (!parsed.ok() || parsed->if_object() == nullptr) {
      return base::fail(base::Code::kInvalid, "push_data", "data is no JSON object");
    }
    members = std::move(*parsed->if_object());
  }
  std::string text;
  json::Writer w(text);
  w.begin_object();
  bool has_url = false;
  for (const auto& [key, value] : members) {
    w.key(key).string(value.if_string() != nullptr ? *value.if_string() : json::to_text(value));
    has_url = has_url || key == "url";
  }
  if (!content.url.empty() && !has_url) w.key("url").string(content.url);
  w.end_object();
  return text;
}

std::string notification_of(const Rendered& content) {
  std::string text;
  json::Writer w(text);
  w.begin_object();
  if (!content.subject.empty()) w.key("title").string(content.subject);
  if (!content.text.empty()) w.key("body").string(content.text);
  w.end_object();
  return text;
}

void write_android(json::Writer& w, const Outgoing& message, std::int64_t ttl) {
  w.key("android").begin_object();
  w.key("priority").string(message.urgent ? "HIGH" : "NORMAL");
  w.key("ttl").string(std::to_string(ttl) + "s");
  if (!message.collapse_key.empty()) w.key("collapse_key").string(message.collapse_key);
  w.end_object();
}

void write_apns(json::Writer& w, const Outgoing& message, base::Time now, bool shows) {
  w.key("apns").begin_object().key("headers").begin_object();
  w.key("apns-priority").string(message.urgent && shows ? "10" : "5");
  if (message.expires_at) {
    w.key("apns-expiration")
        .string(std::to_string(base::to_unix_seconds(std::max(*message.expires_at, now))));
  }
  w.end_object().end_object();
}

void write_webpush(json::Writer& w, const Outgoing& message, std::int64_t ttl) {
  w.key("webpush").begin_object().key("headers").begin_object();
  w.key("TTL").string(std::to_string(ttl));
  w.key("Urgency").string(message.urgent ? "high" : "normal");
  w.end_object();
  if (message.content.url.starts_with("https://")) {
    w.key("fcm_options").begin_object().key("link").string(message.content.url).end_object();
  }
  w.end_object();
}

// What an error says of itself.
struct Fault {
  std::string code;       // errorCode, else status
  bool of_token = false;  // a violation of message.token
};

void read_detail(const json::Value& detail, Fault& fault) {
  const json::Value* code = detail.find("errorCode");
  if (code != nullptr && code->if_string() != nullptr) fault.code = *code->if_string();
  const json::Value* violations = detail.find("fieldViolations");
  if (violations == nullptr || violations->if_array() == nullptr) return;
  for (const json::Value& violation : *violations->if_array()) {
    const json::Value* field = violation.find("field");
    if (field == nullptr || field->if_string() == nullptr) continue;
    fault.of_token = fault.of_token || *field->if_string() == "message.token";
  }
}

Fault fault_of(std::string_view body) {
  Fault fault;
  const auto parsed = json::parse(body);
  const json::Value* error = parsed.ok() ? parsed->find("error") : nullptr;
  if (error == nullptr) return fault;
  const json::Value* status = error->find("status");
  if (status != nullptr && status->if_string() != nullptr) fault.code = *status->if_string();
  const json::Value* details = error->find("details");
  if (details == nullptr || details->if_array() == nullptr) return fault;
  for (const json::Value& detail : *details->if_array()) read_detail(detail, fault);
  return fault;
}

}  // namespace

base::Result<std::string> fcm_message(const Outgoing& message, base::Time now) {
  ASHLAR_ASSIGN(const std::string data, data_of(message.content));
  const std::string notification = notification_of(message.content);
  const std::size_t size = data.size() + notification.size();
  if (size > kMaxFcmPayloadBytes) {
    return base::fail(base::Code::kInvalid, "payload_too_large",
                      "the message has " + std::to_string(size) + " bytes, Firebase takes 4096");
  }
  const bool shows = notification != "{}";
  const std::int64_t ttl = ttl_s(message, now);
  std::string body;
  json::Writer w(body);
  w.begin_object().key("message").begin_object();
  w.key("token").string(message.target.address);
  if (shows) w.key("notification").raw(notification);
  if (data != "{}") w.key("data").raw(data);
  write_android(w, message, ttl);
  write_apns(w, message, now, shows);
  write_webpush(w, message, ttl);
  w.end_object().end_object();
  return body;
}

SendResult fcm_verdict(const outbound::Answer& answer, base::Time now) {
  SendResult result = by_status(answer, now);
  if (answer.status == 200) {
    const auto body = json::parse(answer.body);
    const json::Value* name = body.ok() ? body->find("name") : nullptr;
    if (name != nullptr && name->if_string() != nullptr) {
      result.provider_ref = detail_of(*name->if_string());
    }
    return result;
  }
  const Fault fault = fault_of(answer.body);
  result.code = detail_of(fault.code);
  const bool unregistered = answer.status == 404 && fault.code == "UNREGISTERED";
  const bool wrong_token = answer.status == 400 && fault.of_token;
  const bool other_sender = answer.status == 403 && fault.code == "SENDER_ID_MISMATCH";
  if (unregistered || wrong_token || other_sender) {
    result.verdict = Verdict::kDropToken;
  } else if (answer.status == 401 || answer.status == 403) {
    result.verdict = Verdict::kCredential;
  } else if (answer.status == 429 && !result.retry_after) {
    result.retry_after = kThrottled;
  }
  return result;
}

}  // namespace ashlar::notifications
