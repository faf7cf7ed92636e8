// What the native API takes and gives of customers, payment methods and payouts, described.
#include "modules/payments/customers_json.h"
#include "modules/payments/field_rules.h"

namespace ashlar::payments {
namespace {

constexpr const char* kProviderDoc = "The first one of the settings unless given.";

const json::Choices kPayoutStates{"open", "unknown", "in_transit", "paid", "failed"};

}  // namespace

const json::Schema<NewCustomerJson>& new_customer_schema() {
  static const auto kSchema =
      json::Schema<NewCustomerJson>("CreateCustomer", "Somebody who pays.")
          .optional("name", &NewCustomerJson::name, {.max_length = 256, .example = "Ada Lovelace"})
          .optional("email", &NewCustomerJson::email,
                    {.max_length = 512, .example = "ada@example.com"})
          .optional("phone", &NewCustomerJson::phone, text_rules({}, 64))
          .optional("description", &NewCustomerJson::description, text_rules("For people.", 1000))
          .optional("metadata", &NewCustomerJson::metadata, metadata_rules());
  return kSchema;
}

const json::Schema<CustomerPatchJson>& customer_patch_schema() {
  static const auto kSchema =
      json::Schema<CustomerPatchJson>("UpdateCustomer", "What to change; the rest stays.")
          .optional("name", &CustomerPatchJson::name, text_rules({}, 256))
          .optional("email", &CustomerPatchJson::email, text_rules({}, 512))
          .optional("phone", &CustomerPatchJson::phone, text_rules({}, 64))
          .optional("description", &CustomerPatchJson::description, text_rules("For people.", 1000))
          .optional("default_payment_method", &CustomerPatchJson::default_payment_method,
                    text_rules("pm_…, one of this customer's.", 255))
          .optional("metadata", &CustomerPatchJson::metadata,
                    {.doc = kMergedDoc, .example = kMetadataExample});
  return kSchema;
}

const json::Schema<NewMethodJson>& new_method_schema() {
  static const auto kSchema =
      json::Schema<NewMethodJson>("CreatePaymentMethod", "A provider's token, kept to pay again.")
          .required("token", &NewMethodJson::token,
                    {.doc = "Of the provider; never a card number.",
                     .min_length = 1,
                     .max_length = 255,
                     .example = "pm_card_visa"})
          .optional("provider", &NewMethodJson::provider,
                    {.doc = kProviderDoc, .max_length = 64, .example = "sandbox"})
          .optional("customer", &NewMethodJson::customer, {.doc = "cus_…", .max_length = 64})
          .optional("network", &NewMethodJson::network,
                    {.doc = "To show, where the provider does not say it.", .max_length = 64})
          .optional("last4", &NewMethodJson::last4,
                    {.doc = "To show: the last four digits, no more.", .pattern = "^[0-9]{4}$"})
          .optional("exp_month", &NewMethodJson::exp_month, {.min = 1, .max = 12})
          .optional("exp_year", &NewMethodJson::exp_year, {.min = 2000, .max = 2199})
          .optional("metadata", &NewMethodJson::metadata, metadata_rules());
  return kSchema;
}

const json::Schema<MethodPatchJson>& method_patch_schema() {
  static const auto kSchema =
      json::Schema<MethodPatchJson>("UpdatePaymentMethod", "What to change; the rest stays.")
          .optional("exp_month", &MethodPatchJson::exp_month, {.min = 1, .max = 12})
          .optional("exp_year", &MethodPatchJson::exp_year, {.min = 2000, .max = 2199})
          .optional("metadata", &MethodPatchJson::metadata,
                    {.doc = kMergedDoc, .example = kMetadataExample});
  return kSchema;
}

const json::Schema<AttachJson>& attach_schema() {
  static const auto kSchema =
      json::Schema<AttachJson>("AttachPaymentMethod", "Whose it is from now on.")
          .required("customer", &AttachJson::customer,
                    {.min_length = 1, .max_length = 64, .example = "cus_9fK2pQx7"});
  return kSchema;
}

const json::Schema<NewPayoutJson>& new_payout_schema() {
  static const auto kSchema =
      json::Schema<NewPayoutJson>("CreatePayout", "Money to your bank account.")
          .required("amount", &NewPayoutJson::amount, amount_rules())
          .required("currency", &NewPayoutJson::currency, currency_rules())
          .optional("provider", &NewPayoutJson::provider, text_rules(kProviderDoc, 64))
          .optional("destination", &NewPayoutJson::destination,
                    text_rules("The bank account, as the provider calls it.", 255))
          .optional("statement_descriptor", &NewPayoutJson::statement_descriptor,
                    text_rules("What is on your own statement.", 22))
          .optional("metadata", &NewPayoutJson::metadata, metadata_rules());
  return kSchema;
}

const json::Schema<CustomerJson>& customer_schema() {
  static const auto kSchema =
      json::Schema<CustomerJson>("Customer", "Somebody who pays.")
          .required("id", &CustomerJson::id, {.example = "cus_9fK2pQx7"})
          .required("name", &CustomerJson::name)
          .required("email", &CustomerJson::email)
          .required("phone", &CustomerJson::phone)
          .required("description", &CustomerJson::description)
          .required("default_payment_method", &CustomerJson::default_payment_method)
          .required("metadata", &CustomerJson::metadata)
          .required("created_at", &CustomerJson::created_at);
  return kSchema;
}

const json::Schema<MethodJson>& method_schema() {
  static const auto kSchema =
      json::Schema<MethodJson>("PaymentMethod", "A provider's token.")
          .required("id", &MethodJson::id, {.example = "pm_7Xk2mPq9Rt4v"})
          .required("provider", &MethodJson::provider, {.example = "sandbox"})
          .required("customer", &MethodJson::customer)
          .required("network", &MethodJson::network, {.example = "visa"})
          .required("last4", &MethodJson::last4, {.example = "4242"})
          .required("exp_month", &MethodJson::exp_month)
          .required("exp_year", &MethodJson::exp_year)
          .required("metadata", &MethodJson::metadata)
          .required("created_at", &MethodJson::created_at);
  return kSchema;
}

const json::Schema<PayoutJson>& payout_schema() {
  static const auto kSchema =
      json::Schema<PayoutJson>("Payout", "Money to your bank account.")
          .required("id", &PayoutJson::id, {.example = "po_7Xk2mPq9Rt4v"})
          .required("state", &PayoutJson::state,
                    {.doc = "failed: the money is available again.", .one_of = kPayoutStates})
          .required("provider", &PayoutJson::provider, {.example = "sandbox"})
          .required("amount", &PayoutJson::amount, {.doc = kAmountDoc})
          .required("currency", &PayoutJson::currency)
          .required("destination", &PayoutJson::destination)
          .required("statement_descriptor", &PayoutJson::statement_descriptor)
          .required("reference", &PayoutJson::reference, {.doc = "The provider's own id."})
          .required("failure", &PayoutJson::failure)
          .required("metadata", &PayoutJson::metadata)
          .required("created_at", &PayoutJson::created_at);
  return kSchema;
}

const json::Schema<json::Page<PayoutJson>>& payout_page_schema() {
  static const auto kSchema = json::page_schema(payout_schema());
  return kSchema;
}

const json::Schema<json::Page<CustomerJson>>& customer_page_schema() {
  static const auto kSchema = json::page_schema(customer_schema());
  return kSchema;
}

const json::Schema<json::Page<MethodJson>>& method_page_schema() {
  static const auto kSchema = json::page_schema(method_schema());
  return kSchema;
}

}  // namespace ashlar::payments
