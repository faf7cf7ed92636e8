// The JSON of customers, payment methods and payouts. As payments_json.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "modules/payments/customers.h"
#include "platform/json/schema.h"

namespace ashlar::payments {

// Asked for

struct NewCustomerJson {
  std::optional<std::string> name, email, phone, description;
  json::Value::Object metadata;
};

struct CustomerPatchJson {
  json::Patch<std::optional<std::string>> name, email, phone, description, default_payment_method;
  json::Patch<json::Value::Object> metadata;
};

struct NewMethodJson {
  std::string token;
  std::optional<std::string> provider, customer, network, last4;
  std::optional<std::int64_t> exp_month, exp_year;
  json::Value::Object metadata;
};

struct MethodPatchJson {
  json::Patch<std::int64_t> exp_month, exp_year;
  json::Patch<json::Value::Object> metadata;
};

struct AttachJson {
  std::string customer;
};

struct NewPayoutJson {
  std::int64_t amount = 0;
  std::string currency;
  std::optional<std::string> provider, destination, statement_descriptor;
  json::Value::Object metadata;
};

// Given

struct CustomerJson {
  std::string id;
  std::optional<std::string> name, email, phone, description, default_payment_method;
  json::Value::Object metadata;
  base::Time created_at{};
};

struct MethodJson {
  std::string id, provider;
  std::optional<std::string> customer, network, last4;
  std::optional<std::int64_t> exp_month, exp_year;
  json::Value::Object metadata;
  base::Time created_at{};
};

struct PayoutJson {
  std::string id, state, provider;
  std::int64_t amount = 0;
  std::string currency;
  std::optional<std::string> destination, statement_descriptor, reference, failure;
  json::Value::Object metadata;
  base::Time created_at{};
};

const json::Schema<MethodPatchJson>& method_patch_schema();
const json::Schema<AttachJson>& attach_schema();
const json::Schema<NewCustomerJson>& new_customer_schema();
const json::Schema<CustomerPatchJson>& customer_patch_schema();
const json::Schema<NewMethodJson>& new_method_schema();
const json::Schema<NewPayoutJson>& new_payout_schema();
const json::Schema<CustomerJson>& customer_schema();
const json::Schema<json::Page<CustomerJson>>& customer_page_schema();
const json::Schema<MethodJson>& method_schema();
const json::Schema<json::Page<MethodJson>>& method_page_schema();
const json::Schema<PayoutJson>& payout_schema();
const json::Schema<json::Page<PayoutJson>>& payout_page_schema();

CustomerJson json_of(const Customer& customer);
MethodJson json_of(const Method& method);
PayoutJson json_of(const Payout& payout);

}  // namespace ashlar::payments
