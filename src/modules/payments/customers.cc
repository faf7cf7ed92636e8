#include "modules/payments/customers.h"

#include <array>

#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

class Encoder {
 public:
  explicit Encoder(json::Writer& json) : json_(json) {}
  void operator()(std::string_view name, const std::string& text) {
    if (!text.empty()) json_.key(name).string(text);
  }
  void operator()(std::string_view name, std::int64_t number) {
    if (number != 0) json_.key(name).integer(number);
  }
  void operator()(std::string_view name, int number) { (*this)(name, std::int64_t{number}); }
  void operator()(std::string_view name, bool value) {
    if (value) json_.key(name).boolean(true);
  }
  void operator()(std::string_view name, base::Time at) { (*this)(name, base::to_micros(at)); }
  void operator()(std::string_view name, PayoutState state) {
    json_.key(name).string(name_of(state));
  }
  void operator()(std::string_view name, const Pairs& pairs) {
    if (pairs.empty()) return;
    json_.key(name).begin_array();
    for (const auto& [key, value] : pairs) {
      json_.begin_array().string(key).string(value).end_array();
    }
    json_.end_array();
  }

 private:
  json::Writer& json_;
};

class Decoder {
 public:
  explicit Decoder(const json::Value& from) : from_(from) {}
  void operator()(std::string_view name, std::string& to) {
    const json::Value* value = from_.find(name);
    if (value == nullptr) return;
    if (const std::string* text = value->if_string()) {
      to = *text;
    } else {
      sound_ = false;
    }
  }
  void operator()(std::string_view name, std::int64_t& to) {
    const json::Value* value = from_.find(name);
    if (value == nullptr) return;
    if (const std::int64_t* number = value->if_integer()) {
      to = *number;
    } else {
      sound_ = false;
    }
  }
  void operator()(std::string_view name, int& to) {
    std::int64_t number = to;
    (*this)(name, number);
    to = static_cast<int>(number);
  }
  void operator()(std::string_view name, bool& to) {
    const json::Value* value = from_.find(name);
    if (value != nullptr && value->if_boolean() != nullptr) to = *value->if_boolean();
  }
  void operator()(std::string_view name, base::Time& to) {
    std::int64_t micros = base::to_micros(to);
    (*this)(name, micros);
    to = base::from_micros(micros);
  }
  void operator()(std::string_view name, PayoutState& to) {
    std::string text;
    (*this)(name, text);
    for (int i = 0; i <= static_cast<int>(PayoutState::kFailed); ++i) {
      if (name_of(static_cast<PayoutState>(i)) == text) {
        to = static_cast<PayoutState>(i);
        return;
      }
    }
    sound_ = false;
  }
  void operator()(std::string_view name, Pairs& to) {
    const json::Value* value = from_.find(name);
    if (value == nullptr) return;
    if (value->if_array() == nullptr) {
      sound_ = false;
      return;
    }
    for (const json::Value& one : *value->if_array()) {
      const json::Value::Array* pair = one.if_array();
      if (pair == nullptr || pair->size() != 2 || (*pair)[0].if_string() == nullptr ||
          (*pair)[1].if_string() == nullptr) {
        sound_ = false;
        return;
      }
      to.emplace_back(*(*pair)[0].if_string(), *(*pair)[1].if_string());
    }
  }
  [[nodiscard]] bool sound() const { return sound_; }

 private:
  const json::Value& from_;
  bool sound_ = true;
};

template <class Visitor, class C>
void fields_of_customer(C& customer, Visitor&& visit) {
  visit("id", customer.id);
  visit("name", customer.name);
  visit("email", customer.email);
  visit("phone", customer.phone);
  visit("description", customer.description);
  visit("metadata", customer.metadata);
  visit("default_method", customer.default_method);
  visit("deleted", customer.deleted);
  visit("created_at", customer.created_at);
}
template <class Visitor, class M>
void fields_of_method(M& method, Visitor&& visit) {
  visit("id", method.id);
  visit("provider", method.provider);
  visit("token", method.token);
  visit("customer", method.customer);
  visit("network", method.network);
  visit("last4", method.last4);
  visit("exp_month", method.exp_month);
  visit("exp_year", method.exp_year);
  visit("metadata", method.metadata);
  visit("created_at", method.created_at);
}
template <class Visitor, class P>
void fields_of_payout(P& payout, Visitor&& visit) {
  visit("id", payout.id);
  visit("state", payout.state);
  visit("amount", payout.amount);
  visit("currency", payout.currency);
  visit("provider", payout.provider);
  visit("destination", payout.destination);
  visit("descriptor", payout.descriptor);
  visit("reference", payout.reference);
  visit("failure", payout.failure);
  visit("metadata", payout.metadata);
  visit("created_at", payout.created_at);
}

template <class Fields>
std::string encode(const Fields& fields) {
  std::string text;
  json::Writer json(text);
  json.begin_object();
  fields(Encoder(json));
  json.end_object();
  return text;
}

template <class T, class Fields>
base::Result<T> decode(std::string_view text, const Fields& fields) {
  const auto value = json::parse(text);
  if (value.ok() && value->if_object() != nullptr) {
    Decoder decoder(*value);
    T made;
    fields(made, decoder);
    if (decoder.sound()) return made;
  }
  return base::fail(base::Code::kInternal, "payment_object_damaged",
                    "A stored customer, method or payout cannot be read.");
}

}  // namespace

std::string_view name_of(PayoutState state) {
  static constexpr std::array<std::string_view, 5> kNames{"open", "unknown", "in_transit", "paid",
                                                          "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string to_json(const Customer& customer) {
  return encode([&](auto&& visit) { fields_of_customer(customer, visit); });
}
std::string to_json(const Method& method) {
  return encode([&](auto&& visit) { fields_of_method(method, visit); });
}
std::string to_json(const Payout& payout) {
  return encode([&](auto&& visit) { fields_of_payout(payout, visit); });
}
base::Result<Customer> customer_of(std::string_view json) {
  return decode<Customer>(json, [](Customer& to, Decoder& d) { fields_of_customer(to, d); });
}
base::Result<Method> method_of(std::string_view json) {
  return decode<Method>(json, [](Method& to, Decoder& d) { fields_of_method(to, d); });
}
base::Result<Payout> payout_of(std::string_view json) {
  return decode<Payout>(json, [](Payout& to, Decoder& d) { fields_of_payout(to, d); });
}

}  // namespace ashlar::payments
