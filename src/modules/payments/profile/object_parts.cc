#include "modules/payments/profile/object_parts.h"

#include <chrono>

#include "platform/json/writer.h"

namespace ashlar::payments::profile {

using json::Writer;

void write_text(Writer& out, std::string_view text) {
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

void write_text(Writer& out, std::string_view key, std::string_view text) {
  out.key(key);
  write_text(out, text);
}

void write_number(Writer& out, std::string_view key, std::int64_t number) {
  out.key(key);
  if (number == 0) {
    out.null();
  } else {
    out.integer(number);
  }
}

void write_time(Writer& out, std::string_view key, std::optional<base::Time> time) {
  out.key(key);
  if (!time) {
    out.null();
    return;
  }
  out.integer(std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count());
}

void write_nulls(Writer& out, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) out.key(key).null();
}

void write_pairs(Writer& out, std::string_view key, const Pairs& pairs) {
  out.key(key).begin_object();
  for (const auto& [name, value] : pairs) out.key(name).string(value);
  out.end_object();
}

void write_billing_details(Writer& out) {
  out.key("billing_details").begin_object().key("address").begin_object();
  write_nulls(out, {"city", "country", "line1", "line2", "postal_code", "state"});
  out.end_object();
  write_nulls(out, {"email", "name", "phone", "tax_id"});
  out.end_object();
}

base::Status write_customer_of(Writer& out, const std::string& id, const Scene& scene,
                               const Expand* expand) {
  if (id.empty() || expand == nullptr || scene.reads == nullptr) {
    write_text(out, id);
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const Customer customer, scene.reads->customer(id));
  return write_customer(out, customer, scene, *expand);
}

base::Status write_method_of(Writer& out, const std::string& id, const Scene& scene,
                             const Expand& expand) {
  if (scene.reads == nullptr) {
    out.string(id);
    return base::ok_status();
  }
  const base::Result<Method> method = scene.reads->method(id);
  if (method.ok()) return write_payment_method(out, *method, scene, expand);
  if (method.error().code != base::Code::kNotFound) return method.error();
  return write_payment_method(out, method_of_token(id), scene, expand);
}

base::Status write_entry_of(Writer& out, const std::string& id, const Payment& payment,
                            const Scene& scene, const Expand* expand) {
  if (expand == nullptr || scene.reads == nullptr) {
    out.string(id);
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const Entry entry, scene.reads->entry(id));
  return write_balance_transaction(out, entry, &payment, scene, *expand);
}

}  // namespace ashlar::payments::profile
