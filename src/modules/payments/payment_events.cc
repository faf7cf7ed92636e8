#include "modules/payments/payment_events.h"

#include <array>
#include <type_traits>

#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

struct Named {
  std::string_view name;
  bool published;
};
constexpr std::array<Named, kEventTypes> kTypes{{
    {"payment.created", true},
    {"payment.updated", true},
    {"payment.authorizing", false},
    {"payment.action_needed", true},
    {"payment.authorized", true},
    {"payment.declined", true},
    {"payment.authorize_not_done", false},
    {"payment.capturing", false},
    {"payment.captured", true},
    {"payment.capture_not_done", false},
    {"payment.canceling", false},
    {"payment.canceled", true},
    {"payment.cancel_not_done", false},
    {"payment.authorization_expired", true},
    {"payment.processing", true},
    {"charge.updated", true},
    {"refund.created", true},
    {"refund.unknown", false},
    {"refund.pending", true},
    {"refund.succeeded", true},
    {"refund.failed", true},
    {"refund.canceled", true},
    {"refund.updated", true},
    {"dispute.opened", true},
    {"dispute.updated", true},
    {"dispute.submitted", true},
    {"dispute.won", true},
    {"dispute.lost", true},
}};

// Every field with its name in JSON, once for both directions.
template <class Event, class Visitor>
void each_field(Event& event, Visitor&& visit) {
  visit("part", event.part);
  visit("charge", event.charge);
  visit("reference", event.reference);
  visit("provider", event.provider);
  visit("token", event.token);
  visit("code", event.code);
  visit("message", event.message);
  visit("reason", event.reason);
  visit("url", event.url);
  visit("network", event.network);
  visit("last4", event.last4);
  visit("amount", event.amount);
  visit("fee", event.fee);
  visit("last", event.last);
  visit("expired", event.expired);
  visit("expires_at", event.expires_at);
  visit("available_on", event.available_on);
  visit("due_by", event.due_by);
  visit("currency", event.currency);
  visit("customer", event.customer);
  visit("method", event.method);
  visit("description", event.description);
  visit("descriptor", event.descriptor);
  visit("receipt_email", event.receipt_email);
  visit("merchant_reference", event.merchant_reference);
  visit("manual", event.manual);
  visit("off_session", event.off_session);
  visit("metadata", event.metadata);
  visit("evidence", event.evidence);
}

class Encoder {
 public:
  explicit Encoder(json::Writer& json) : json_(json) {}

  void operator()(std::string_view name, const std::string& text) {
    if (!text.empty()) json_.key(name).string(text);
  }
  void operator()(std::string_view name, Money number) {
    if (number != 0) json_.key(name).integer(number);
  }
  void operator()(std::string_view name, bool value) {
    if (value) json_.key(name).boolean(true);
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& value) {
    if (!value) return;
    json_.key(name);
    write(*value);
  }

 private:
  void write(const std::string& text) { json_.string(text); }
  void write(bool value) { json_.boolean(value); }
  void write(base::Time at) { json_.integer(base::to_micros(at)); }
  // An array: the order of pairs is the caller's.
  void write(const Pairs& pairs) {
    json_.begin_array();
    for (const auto& [key, value] : pairs) {
      json_.begin_array().string(key).string(value).end_array();
    }
    json_.end_array();
  }

  json::Writer& json_;
};

class Decoder {
 public:
  explicit Decoder(const json::Value& from) : from_(from) {}

  template <class T>
  void operator()(std::string_view name, T& to) {
    if (const json::Value* value = from_.find(name)) sound_ = read(*value, to) && sound_;
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& to) {
    if (const json::Value* value = from_.find(name)) {
      sound_ = read(*value, to.emplace()) && sound_;
    }
  }
  [[nodiscard]] bool sound() const { return sound_; }

 private:
  static bool read(const json::Value& value, std::string& to) {
    const std::string* text = value.if_string();
    if (text != nullptr) to = *text;
    return text != nullptr;
  }
  static bool read(const json::Value& value, Money& to) {
    const std::int64_t* number = value.if_integer();
    if (number != nullptr) to = *number;
    return number != nullptr;
  }
  static bool read(const json::Value& value, bool& to) {
    const bool* flag = value.if_boolean();
    if (flag != nullptr) to = *flag;
    return flag != nullptr;
  }
  static bool read(const json::Value& value, base::Time& to) {
    Money micros = 0;
    if (!read(value, micros)) return false;
    to = base::from_micros(micros);
    return true;
  }
  static bool read(const json::Value& value, Pairs& to) {
    const json::Value::Array* pairs = value.if_array();
    if (pairs == nullptr) return false;
    for (const json::Value& one : *pairs) {
      const json::Value::Array* pair = one.if_array();
      std::string key;
      std::string text;
      if (pair == nullptr || pair->size() != 2 || !read((*pair)[0], key) || !read((*pair)[1], text))
        return false;
      to.emplace_back(std::move(key), std::move(text));
    }
    return true;
  }

  const json::Value& from_;
  bool sound_ = true;
};

}  // namespace

std::string_view name_of(EventType type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::optional<EventType> event_type_of(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].name == name) return static_cast<EventType>(i);
  }
  return std::nullopt;
}

bool is_published(EventType type) { return kTypes[static_cast<std::size_t>(type)].published; }

std::string to_json(const PaymentEvent& event) {
  std::string text;
  text.reserve(192);
  json::Writer json(text);
  json.begin_object();
  each_field(event, Encoder(json));
  json.end_object();
  return text;
}

base::Result<PaymentEvent> event_of(EventType type, base::Time at, std::string_view body) {
  const auto damaged = [&] {
    return base::fail(base::Code::kInternal, "payment_event_damaged",
                      "An event of a payment cannot be read: " + std::string(name_of(type)));
  };
  const auto value = json::parse(body);
  if (!value.ok() || value->if_object() == nullptr) return damaged();
  PaymentEvent event;
  event.type = type;
  event.at = at;
  Decoder decoder(*value);
  each_field(event, decoder);
  if (!decoder.sound()) return damaged();
  return event;
}

}  // namespace ashlar::payments
